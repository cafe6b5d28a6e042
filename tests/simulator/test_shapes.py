"""The forms in which the simulator may tell a status: the action comes to the same in each that can be understood."""

import pytest

from cerebras_simulator.api.shapes import SHAPES
from helpers.stage import Stage

NOT_UNDERSTOOD = {"live": {"status-words": "live=done"}}  # what it takes


@pytest.mark.parametrize("shape", SHAPES)
def test_the_action_understands_it_or_says_what_it_takes(shape: str) -> None:
    played = Stage("healthy", {"shape": shape}, latency=0.1).play({"timeout": "10m"} | NOT_UNDERSTOOD.get(shape, {}))

    assert played.result == "succeeded"
    assert played.deploy_calls == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rollout_that_fails_is_a_failure_in_each(shape: str) -> None:
    played = Stage("rollout-error", {"shape": shape}, latency=0.1).play({"timeout": "10m"})

    assert played.result == "failed"


def test_the_word_that_nobody_knows_is_told_with_the_line_to_add() -> None:
    played = Stage("healthy", {"shape": "live"}, latency=0.1).play({"timeout": "10m"})

    assert played.result == "timed-out"
    assert "`status-words: live=done`" in played.text
