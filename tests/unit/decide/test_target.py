"""The deployment that is followed: which entry is it, and which are older or newer."""

from collections.abc import Sequence

import pytest

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.decide.target import Target
from helpers import make

OLD = "old 1 complete 10"
OURS = "ours 2 {} 20"


def ours(state: str, *others: str) -> list[str]:
    return [OLD, OURS.format(state), *others]


class TestWhatIsOlderAndNewer:
    ENTRIES = make.endpoint("a 1 complete 10", "b 3 complete 20", "ours 2 queued 20", "c 4 queued 30").deployed_models

    @staticmethod
    def ids(entries: Sequence[DeployedModel]) -> str:
        return "".join(entry.id for entry in entries)

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
        assert self.ids(target.older_than_it(self.ENTRIES)) == older
        assert self.ids(target.newer_than_it(self.ENTRIES)) == newer

    def test_one_without_a_time_may_be_older_than_a_deployment_of_somebody_else(self) -> None:
        entries = [make.entry("u 3 complete 0").model_copy(update={"created": None}), *self.ENTRIES]

        assert self.ids(Target("ours", 20).older_than_it(entries)) == "uab"
        assert self.ids(Target("ours", 20, frozenset("a")).older_than_it(entries)) == "a"
        assert self.ids(Target("ours").older_than_it(entries)) == ""
