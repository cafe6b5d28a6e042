"""What a re-run waits for. What else is waited for before a deployment: test_start.py and test_replace.py."""

import pytest

from cerebras_deploy.steps.waiting import Agreement
from helpers import presented
from helpers.stage import EPOCH


@pytest.mark.parametrize(("attempt", "least"), [("1", 0), ("2", 20), ("7", 20)])
def test_only_a_re_run_looks_for_20_s_before_it_deploys(attempt: str, least: float) -> None:
    there = presented.api()

    there.stage.play({"timeout": "10m"}, env={"GITHUB_RUN_ATTEMPT": attempt})

    assert least <= there.deployed[0] - EPOCH < least + 15


def test_what_two_looks_find_stands_if_they_are_2_s_apart() -> None:
    agreement = Agreement()

    assert [agreement.stands("live", at) for at in (5.0, 6.9, 7.0)] == [False, False, True]
    assert [agreement.stands("gone", at) for at in (8.0, 10.0)] == [False, True]


def test_a_re_run_makes_five_looks_however_slowly_they_come() -> None:
    there = presented.api()

    there.stage.play({"timeout": "30m", "poll-interval": "1m"}, env={"GITHUB_RUN_ATTEMPT": "2"})

    assert there.reads >= 5
