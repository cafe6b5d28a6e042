"""The deployment that is followed: which entry is it, and which are older or newer."""

from collections.abc import Sequence

import pytest

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.decide.target import Target
from helpers import make


def untimed(line: str) -> DeployedModel:
    return make.entry(f"{line} 0").model_copy(update={"created": None})


def ids(entries: Sequence[DeployedModel]) -> str:
    return "".join(entry.id for entry in entries)


class TestWhatIsOlderAndNewer:
    ENTRIES = make.endpoint("a 1 complete 10", "b 3 complete 20", "ours 2 queued 20", "c 4 queued 30").deployed_models

    @pytest.mark.parametrize(
        ("target", "older", "newer"),
        [
            (Target("ours", 20), "ab", "c"),
            (Target("ours", 20, frozenset("ab")), "ab", "c"),
            (Target("ours", None, frozenset("a")), "a", "cb"),
            (Target("ours", 20, frozenset("abc")), "abc", ""),
            (Target("ours"), "", ""),
        ],
        ids=["by time", "by what was there and time", "by what was there", "all was there", "not known"],
    )
    def test_by_what_was_there_before_the_call_or_else_by_time(self, target: Target, older: str, newer: str) -> None:
        assert ids(target.older_than_it(self.ENTRIES)) == older
        assert ids(target.newer_than_it(self.ENTRIES)) == newer

    def test_one_without_a_time_may_be_older_unless_what_was_there_before_the_call_is_known(self) -> None:
        entries = [untimed("a 1 complete"), make.entry("ours 2 queued 20"), untimed("b 3 queued")]

        assert ids(Target("ours", 20).older_than_it(entries)) == "ab"
        assert ids(Target("ours", 20, frozenset("a")).older_than_it(entries)) == "a"
        assert ids(Target("ours").older_than_it(entries)) == ""
        assert Target("ours", 20, frozenset("a")).newer_than_it(entries) == []

    def test_but_it_may_be_newer_unless_it_was_there_or_is_ours(self) -> None:
        entries = [
            untimed("a 1 complete"),
            make.entry("c 3 queued 30"),
            untimed("b 3 queued"),
            untimed("ours 2 queued"),
        ]

        assert ids(Target("ours", 20, frozenset("a")).may_be_newer(entries)) == "cb"
        assert ids(Target("ours", 20).may_be_newer(entries)) == "cab"

    def test_all_forms_of_its_id_are_it(self) -> None:
        target = Target("ours", 20, forms=frozenset({"also"}))

        assert target.ids == {"ours", "also"}
        assert ids(target.newer_than_it(make.endpoint("also 2 queued 30", "ours 2 queued 31").deployed_models)) == ""


class TestTimesThatKeepTheOrder:
    ENTRIES = make.endpoint(
        "a 1 complete 10", "b 3 complete 20", "early 2 queued 15", "same 2 queued 20", "c 4 error 30"
    )

    def times(self, target: Target, *more: DeployedModel) -> dict[str, float | None]:
        entries = (*self.ENTRIES.deployed_models, *more)
        ordered = target.in_order(self.ENTRIES.model_copy(update={"deployed_models": entries}))
        return {entry.id: entry.created for entry in ordered.deployed_models}

    def test_what_was_listed_before_the_call_is_older_whatever_the_clocks_say(self) -> None:
        times = self.times(Target("early", older=frozenset("ab")), untimed("d 1 queued"))

        assert times == {"a": 10, "b": 20, "early": 21, "same": 21, "c": 30, "d": None}

    def test_without_such_a_list_or_a_time_in_it_the_times_stay(self) -> None:
        as_they_are = {"a": 10, "b": 20, "early": 15, "same": 20, "c": 30}

        assert self.times(Target("early")) == as_they_are
        assert self.times(Target("early", older=frozenset())) == as_they_are
        assert self.times(Target("early", older=frozenset("d")), untimed("d 1 complete")) == as_they_are | {"d": None}


@pytest.mark.parametrize(
    ("deployed", "listed", "is_another"),
    [
        ("2", "3", True),
        ("2", "2", False),
        ("2", "stable", False),
        (None, "3", False),
        ("production", "2", False),
    ],
)
def test_another_version_is_another_integer(deployed: str | None, listed: str, *, is_another: bool) -> None:
    target = Target("ours", model=make.name(deployed) if deployed else None)

    assert target.is_of_another_version(make.entry(f"ours {listed} queued 20")) == is_another


def test_an_entry_whose_model_is_no_name_is_of_no_other_version() -> None:
    assert not Target("ours", model=make.name()).is_of_another_version(make.entry("ours 2 queued 20", model="?"))


def test_a_deployment_is_named_by_its_id_only_where_that_is_said() -> None:
    assert not Target("ours").by_id


@pytest.mark.parametrize(
    ("target", "entries", "found"),
    [
        (Target("ours"), ["ours 2 complete 20", "b 3 complete 20", "c 3 complete 30", "d 2 complete 20"], "b"),
        (Target("ours", 20, frozenset()), ["ours 2 complete 20", "b 3 complete 20"], ""),
        (Target("ours", 20), ["b 3 complete 20", "c 4 complete 20"], ""),
    ],
    ids=["not told", "by what was there", "not listed"],
)
def test_of_those_of_the_same_second_nobody_knows_which_is_newer(
    target: Target, entries: list[str], found: str
) -> None:
    listed = make.endpoint(*entries).deployed_models

    assert ids(target.made_with_it(listed)) == found
    assert set(found) <= set(ids(target.may_be_newer(listed)))


def test_one_without_a_time_was_made_with_no_other() -> None:
    assert Target("ours").made_with_it([untimed("ours 2 complete"), untimed("b 3 complete")]) == []
