"""No test hangs: each has its time, and the rest of the run goes on. hanging.py has those that try."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.repository import ROOT

HANGING = Path(__file__).parent / "hanging.py"
HANG = (
    "test_in_a_loop",
    "test_in_a_lock",
    "test_in_the_wait_for_a_process",
    "test_in_the_wait_for_a_thread",
    "test_in_an_example",
)
HEEDLESS = "test_in_what_heeds_no_signal"
STUCK = "test_in_the_end_of_a_fixture_after_a_failure"


def pytest_on(*options: str) -> str:
    """Run the tests that hang as this project runs its own, but for a second at most."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:schemathesis",
        "-p",
        "no:cacheprovider",
        "--tb",
        "no",
        "--timeout",
        "1",
    ]
    done = subprocess.run(
        [*command, *options, str(HANGING)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},  # so that the reasons are not cut
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def ended(text: str, how: str) -> dict[str, str]:
    """Read pytest's closing list: of each test that ended so, why."""
    return dict(re.findall(rf"^{how} tests/repository/hanging\.py::(\w+) - (.*)$", text, re.MULTILINE))


@pytest.mark.timeout(180)  # six that hang, one after another
@pytest.mark.long
def test_one_that_hangs_fails_by_name_and_the_others_run() -> None:
    text = pytest_on("-k", f"not {HEEDLESS}")

    failed, wrong = ended(text, "FAILED"), ended(text, "ERROR")
    assert failed.keys() == {*HANG, STUCK}
    assert [name for name in HANG if "TooLong" not in failed[name]] == []
    assert "TooLong" in wrong[STUCK]
    assert re.search(r"= 6 failed, 2 passed, 1 deselected, 1 error in ", text)


@pytest.mark.long
def test_a_worker_that_heeds_no_signal_is_ended_and_another_takes_its_place() -> None:
    text = pytest_on("-n", "2")

    failed = ended(text, "FAILED")
    assert failed.keys() == {*HANG, STUCK, HEEDLESS}
    assert "crashed" in failed[HEEDLESS]
    assert re.search(r"= 7 failed, 2 passed, 1 error in ", text)


def test_each_has_a_minute_by_default(request: pytest.FixtureRequest) -> None:
    left, _ = signal.getitimer(signal.ITIMER_REAL)

    assert request.config.getini("timeout") == "60"
    assert 0 < left <= float(request.config.getoption("timeout") or 60)


@pytest.mark.long
def test_what_takes_long_by_nature_has_more() -> None:
    left, _ = signal.getitimer(signal.ITIMER_REAL)

    assert 60 < left <= 180
