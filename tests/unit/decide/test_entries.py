"""What an endpoint's entries say together."""

import itertools

import pytest

from cerebras_deploy.decide.entries import live, previous, unknown_and_old, version_of
from cerebras_deploy.decide.target import Target
from helpers import make


class TestUnknownOthers:
    def test_newer_entries_in_an_unknown_word_that_are_not_young_are_named(self) -> None:
        old, young = make.entry("a 3 frobnicating 20", is_young=False), make.entry("b 4 pondering 30")

        found = unknown_and_old(make.endpoint("old 1 complete 10", old, young).deployed_models)

        assert found == [old]

    def test_what_is_older_than_the_live_one_and_what_is_over_is_not(self) -> None:
        stale = make.entry("stale 3 frobnicating 5", is_young=False)

        assert unknown_and_old(make.endpoint(stale, "old 1 complete 10", "k 4 queued 30").deployed_models) == []


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
