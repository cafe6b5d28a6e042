"""A thousand questions on a port: how long they take, how much memory, and that a cancel ends them at once."""

import sys
from pathlib import Path

import pytest

import runner
from helpers.simulated import simulator
from suite_bench import measure, run

pytestmark = pytest.mark.long


def test_it_takes_little_longer_than_a_plain_loop_and_little_memory() -> None:
    measured = measure(0.05)

    assert measured.action <= 1.3 * measured.plain, measured
    assert measured.memory < 60 * 1024, measured


def test_a_cancel_ends_it_within_two_seconds(tmp_path: Path) -> None:
    cancel = runner.Cancel(when_line_matches="questions, 8 at a time", after_seconds=1)
    with simulator("--scenario", "live", "--latency", "20") as url:
        result = run(url, tmp_path, cancel)

    assert result.outputs["result"] == "interrupted"
    assert result.cancelled_after is not None
    assert result.cancelled_after < 2
    assert "report" in result.outputs
    sys.stdout.write(f"{result.cancelled_after:.2f} s\n")
