"""The whole step: what is refused before anything is sent."""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from helpers.forged import ENDPOINT, OURS, Forged, stage
from helpers.stage import play

ASK = {"smoke-test-prompt": "Say hello.", "inference-api-key": "sim-inference-key"}


@pytest.mark.parametrize(
    "inputs",
    [
        ASK | {"smoke-test-expect": "(unclosed"},
        {"smoke-test-prompt": "Say hello."},
        {"smoke-test-expect": "hello"},
        {"smoke-test-max-latency": "1s"},
        ASK | {"smoke-test-max-latency": "31s"},
        {"promote-aliases": "Stable"},
        {"promote-aliases": "1"},
        {"on-failure": "retry"},
        {"wait": "false", "promote-aliases": "stable"},
        {"wait": "false", "on-failure": "rollback"},
        {"wait": "false"} | ASK,
        {"dry-run": "maybe"},
    ],
)
def test_bad_input_is_told_and_nothing_is_sent(inputs: Mapping[str, str]) -> None:
    played = play("healthy", inputs)

    assert played.result == "invalid-input"
    assert played.world.requests == []


class TestOutputsThatGetLost:
    """The file of the outputs cannot be written any more, from the deploy call on: its disk is full."""

    @staticmethod
    def full(call: str, _: int, reply: Any) -> Any:
        if call == "deploy":
            os.environ["GITHUB_OUTPUT"] = "/dev/full"
        return reply

    def test_the_rollout_is_watched_to_its_end_and_the_step_fails(self) -> None:
        played = stage(Forged(self.full)).play()

        assert played.exit_code == 1
        assert [(a.level, a.title) for a in played.log.annotations] == [
            ("error", "Outputs lost"),
            ("notice", f"Deployed: {ENDPOINT}"),
        ]
        lost, end = (annotation.message for annotation in played.log.annotations)
        assert "GITHUB_OUTPUT can't be written: [Errno 28] No space left on device. " in lost
        assert f"\nDeployment: {OURS}" in end

    def test_the_id_is_in_the_log_before_it_is_tried_to_write_it(self) -> None:
        text = stage(Forged(self.full)).play().text

        assert f"Deployment accepted: {OURS}. " in text.partition("Outputs lost")[0]
