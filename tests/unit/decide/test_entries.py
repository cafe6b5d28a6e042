"""What an endpoint's entries say together."""

import itertools
from collections.abc import Sequence

import pytest

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.decide.entries import (
    doubts,
    in_flight,
    is_of_one_version,
    live,
    may_hide_newer,
    may_serve,
    newer_than_live,
    newest_first,
    previous,
    serves,
    unknown_and_old,
    version_of,
)
from cerebras_deploy.decide.target import Target
from helpers import make


def untimed(line: str) -> DeployedModel:
    return make.entry(f"{line} 0").model_copy(update={"created": None})


def ids(entries: Sequence[DeployedModel]) -> str:
    return "".join(entry.id for entry in entries)


class TestOrder:
    def test_of_the_same_second_one_that_is_not_done_counts_as_the_newer(self) -> None:
        for lines in itertools.permutations(("a 1 complete 10", "b 2 in_progress 10", "c 3 complete 9")):
            assert ids(newest_first(make.endpoint(*lines).deployed_models)) == "bac"

    def test_one_without_a_time_comes_last_and_may_be_newer_than_the_live_one_all_the_same(self) -> None:
        entries = [untimed("a 1 queued"), *make.endpoint("b 2 complete 20", "c 3 error 30").deployed_models]

        assert ids(newest_first(entries)) == "cba"
        assert ids(newer_than_live(entries)) == "ca"
        assert ids(newer_than_live([*entries, untimed("d 4 queued")])) == "cad"
        assert ids(newer_than_live([untimed("d 4 queued"), untimed("e 5 queued"), *entries[1:2]])) == "de"

    def test_without_a_live_one_all_may_be_newer(self) -> None:
        assert ids(newer_than_live(make.endpoint("a 1 error 10", "b 2 queued 20").deployed_models)) == "ba"


class TestLive:
    def test_the_only_one_that_is_done_needs_no_time(self) -> None:
        only = untimed("a 1 complete")

        assert live([only]) == only
        assert live([only, untimed("b 2 queued")]) == only

    def test_of_several_without_a_time_it_is_not_known(self) -> None:
        assert live([untimed("a 1 complete"), untimed("b 2 complete")]) is None
        assert live([]) is None

    def test_one_with_a_time_comes_before_those_without(self) -> None:
        timed = make.entry("b 2 complete 20")

        assert live([untimed("a 1 complete"), timed, untimed("c 3 complete")]) == timed


def test_in_flight_is_what_is_under_way_and_what_is_young_in_an_unknown_word() -> None:
    old, young = make.entry("a 3 odd 60", is_young=False), make.entry("b 3 odd 50")
    entries = make.endpoint("c 1 complete 10", "d 2 in_progress 20", "e 2 queued 30", "f 2 error 40", young, old)

    assert ids(in_flight(entries.deployed_models)) == "bed"


@pytest.mark.parametrize(
    ("unreadable", "created", "may"),
    [
        ((), 20.0, False),
        ((19.0,), 20.0, False),
        ((20.0,), 20.0, True),
        ((1.0, None), 20.0, True),
        ((1.0,), None, True),
        ((), None, False),
    ],
)
def test_what_cannot_be_read_may_be_newer_unless_it_tells_an_older_time(
    unreadable: tuple[float | None, ...], created: float | None, *, may: bool
) -> None:
    endpoint = make.endpoint().model_copy(update={"unreadable": unreadable})

    assert may_hide_newer(endpoint, created) == may


class TestDoubts:
    def said(self, *entries: str | DeployedModel, unreadable: tuple[float | None, ...] = ()) -> str:
        endpoint = make.endpoint(*entries).model_copy(update={"unreadable": unreadable})
        return doubts(endpoint, endpoint.deployed_models[0])

    def test_there_are_none_where_all_else_is_older_or_left_the_endpoint_as_it_was(self) -> None:
        back, gone = "b 3 rolled_back 30", make.entry("c 3 cancelled 40", rollout_replicas_updated=0)

        assert self.said("now 2 complete 20", "a 1 complete 10", back, gone, unreadable=(19.0,)) == ""

    def test_one_that_was_canceled_after_its_first_replica_may_have_changed_it(self) -> None:
        half = make.entry("c 3 cancelled 40", rollout_replicas_updated=1)

        assert self.said("now 2 complete 20", half) == (
            "deployment c (version 3) may be newer, and may have changed the endpoint"
        )

    def test_one_of_another_version_of_the_same_second_may_be_newer(self) -> None:
        assert self.said("now 2 complete 20", "b 3 complete 20").startswith("deployment b (version 3) may be newer")
        assert self.said("now 2 complete 20", "b 2 complete 20") == ""

    def test_its_own_words_or_time_may_speak_against_it(self) -> None:
        contradicted = make.entry("now 2 complete 20").model_copy(update={"contradicted": True})

        assert self.said(contradicted) == "deployment now (version 2) has contradictory statuses"
        assert self.said(untimed("now 2 complete")) == "the API gives no time for deployment now (version 2)"

    def test_what_cannot_be_read_may_be_newer(self) -> None:
        assert self.said("now 2 complete 20", unreadable=(30.0,)) == "an unreadable entry may be newer"


@pytest.mark.parametrize(
    ("listed", "wanted", "does", "may"),
    [
        (str(make.name("2")), make.name("2"), True, True),
        (str(make.name("3")), make.name("2"), False, False),
        (str(make.name("2")._replace(org="other")), make.name("2"), False, True),
        (str(make.name("2")._replace(architecture="other")), make.name("2"), False, False),
        (str(make.name("stable")), make.name("stable"), False, False),
        ("?", make.name("2"), False, False),
    ],
    ids=["it", "another integer", "another organization", "another architecture", "an alias", "no name"],
)
def test_an_entry_is_of_a_version_by_integer(listed: str, wanted: ModelName, *, does: bool, may: bool) -> None:
    entry = make.entry("a 1 complete 10", model=listed)

    assert (serves(entry, wanted), may_serve(entry, wanted)) == (does, may)


@pytest.mark.parametrize(
    ("models", "is_one"),
    [
        ([], False),
        ([str(make.name("1"))], True),
        ([str(make.name("1")), str(make.name("1")._replace(org="other"))], True),
        ([str(make.name("1")), str(make.name("3"))], False),
        ([str(make.name("1")), "?"], False),
        (["?", "?"], True),
        (["?", "!"], False),
    ],
)
def test_entries_are_of_one_version_by_its_name_or_else_by_its_text(models: Sequence[str], *, is_one: bool) -> None:
    assert is_of_one_version([make.entry("a 1 complete 10", model=model) for model in models]) == is_one


class TestUnknownOthers:
    def test_newer_entries_in_an_unknown_word_that_are_not_young_are_named(self) -> None:
        old, young = make.entry("a 3 frobnicating 20", is_young=False), make.entry("b 4 pondering 30")

        found = unknown_and_old(make.endpoint("old 1 complete 10", old, young).deployed_models)

        assert found == [old]

    def test_what_is_older_than_the_live_one_and_what_is_over_is_not(self) -> None:
        stale = make.entry("stale 3 frobnicating 5", is_young=False)

        known = make.entry("k 4 queued 30", is_young=False)

        assert unknown_and_old(make.endpoint(stale, "old 1 complete 10", known).deployed_models) == []


class TestPrevious:
    """The newest done entry of another version older than ours."""

    def test_before_the_deploy_call_it_is_the_newest_done_one(self) -> None:
        entries = make.endpoint("old 1 done 5", "now 3 complete 10", "next 4 in_progress 20").deployed_models

        found = previous(entries, make.name())

        assert found == entries[1]

    def test_it_is_older_than_ours(self) -> None:
        entries = make.endpoint("old 1 complete 10", "ours 2 complete 20", "newer 3 complete 30").deployed_models

        assert previous(Target("ours", 20).older_than_it(entries), make.name()) == entries[0]

    def test_an_older_deployment_of_the_same_version_is_passed_over(self) -> None:
        entries = make.endpoint("first 1 complete 5", "before 2 complete 10", "ours 2 in_progress 20").deployed_models

        assert previous(Target("ours", 20).older_than_it(entries), make.name()) == entries[0]

    def test_one_of_the_same_second_was_there_before_ours(self) -> None:
        entries = make.endpoint("old 1 complete 20", "ours 2 in_progress 20").deployed_models

        assert previous(Target("ours", 20).older_than_it(entries), make.name()) == entries[0]

    def test_what_failed_or_was_cancelled_never_served(self) -> None:
        entries = make.endpoint("a 1 failed 5", "b 3 cancelled 10", "c 4 rolled_back 15").deployed_models

        assert previous(Target("ours", 20).older_than_it(entries), make.name()) is None

    @pytest.mark.parametrize("created", [10, None])
    def test_of_two_versions_of_which_either_may_be_the_newer_it_is_neither(self, created: int | None) -> None:
        other = make.entry("b 3 complete 0").model_copy(update={"created": created})
        same = make.entry("b 1 complete 0").model_copy(update={"created": created})
        old = make.entry("a 1 complete 10")

        assert previous((old, other), make.name()) is None
        assert previous((old, same), make.name()) == old

    def test_there_is_none_on_a_new_endpoint(self) -> None:
        assert previous((), make.name()) is None


def test_live_is_the_newest_done_entry_in_whatever_order_they_are_listed() -> None:
    lines = ["a 1 complete 10", "b 2 done 30", "c 3 failed 40", "d 4 in_progress 50"]

    for order in itertools.permutations(lines):
        found = live(make.endpoint(*order).deployed_models)

        assert found is not None
        assert found.id == "b"


def test_a_version_is_named_for_people() -> None:
    assert version_of(make.entry("now 2 complete 10")) == "version 2"
    assert version_of(make.entry("now production complete 10")) == "version production"
    assert version_of(make.entry("now 2 complete 10", model="?")) == "an unreadable version"
