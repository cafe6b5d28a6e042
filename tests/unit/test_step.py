"""The whole step: what is refused before anything is sent."""

from collections.abc import Mapping

import pytest

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
