"""When retries end: at the deadline, or at a no that stands. With patience: test_patience.py."""

import pytest

from cerebras_deploy.decide.giving_up import Deadline, Refusals
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.result import End, Result

NO = CallError(Fate.DENIED, "HTTP 403")
AWAY = CallError(Fate.UNKNOWN, "HTTP 503")
ODD = CallError(Fate.UNKNOWN, "the reply has changed", is_misread=True)


@pytest.mark.parametrize(
    ("times", "stands"), [((0, 2, 5), True), ((0, 2, 4.9), False), ((0, 5), False), ((0, 1, 2, 5), True)]
)
def test_a_no_stands_after_three_in_a_row_over_5_s(times: tuple[float, ...], *, stands: bool) -> None:
    refusals = Refusals()

    assert [refusals.failed(NO, at) for at in times][-1] == stands


def test_another_failure_between_begins_it_anew() -> None:
    refusals = Refusals()

    assert not any(refusals.failed(error, at) for at, error in enumerate((NO, NO, AWAY, NO, NO)))
    assert refusals.failed(NO, 10)


@pytest.mark.parametrize(("times", "stands"), [((0, 15, 30), True), ((0, 15, 29.9), False), ((0, 30), False)])
def test_replies_are_misread_for_good_after_three_in_a_row_over_30_s(times: tuple[float, ...], *, stands: bool) -> None:
    refusals = Refusals()
    for at in times:
        assert not refusals.failed(ODD, at)

    assert refusals.is_misread(times[-1]) == stands


def test_a_reply_that_is_no_reply_says_nothing_on_how_they_read() -> None:
    refusals = Refusals()
    for at, error in ((0, ODD), (15, AWAY), (30, ODD)):
        refusals.failed(error, at)

    assert not refusals.is_misread(40)


def test_at_the_deadline_it_is_timed_out_with_what_failed_last() -> None:
    deadline = Deadline(90, 100)
    failed = CallError(Fate.UNKNOWN, "HTTP 503", hint="look", ray="ray-1")

    assert deadline.end() == End(Result.TIMED_OUT, "the timeout of 1m30s was reached")
    assert deadline.end(failed) == End(
        Result.TIMED_OUT,
        "the timeout of 1m30s was reached, and the last read failed: HTTP 503 (cf-ray ray-1)",
        "look",
        call_error="HTTP 503 (cf-ray ray-1)",
    )
