"""When retries end: at the deadline, or at a no that stands. With patience: test_patience.py."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cerebras_deploy.decide.giving_up import Deadline, Retries
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.result import End, Result

NO = CallError(Fate.DENIED, "HTTP 403")
AWAY = CallError(Fate.UNKNOWN, "HTTP 503")
LASTING = CallError(Fate.UNSENT, "no such host", is_lasting=True)
ODD = CallError(Fate.UNKNOWN, "the reply has changed", is_misread=True)


def results(*failures: tuple[CallError, float, float], answered: bool = True) -> list[Result | None]:
    """Return how the run ends after each failure, its time, and how long the outage has lasted by then."""
    retries = Retries(answered)
    ends = [retries.end(*failure) for failure in failures]
    return [end.result if end else None for end in ends]


@pytest.mark.parametrize(
    ("times", "stands"), [((0, 2, 5), True), ((0, 2, 4.9), False), ((0, 5), False), ((0, 1, 2, 5), True)]
)
def test_a_no_stands_after_three_in_a_row_over_5_s(times: tuple[float, ...], *, stands: bool) -> None:
    *before, last = results(*((NO, at, at) for at in times))

    assert not any(before)
    assert last is (Result.REFUSED if stands else None)


def test_without_an_answer_before_it_a_no_stands_at_once() -> None:
    assert results((NO, 0, 0), answered=False) == [Result.REFUSED]


def test_another_failure_between_begins_it_anew() -> None:
    ends = results(*((error, at, at) for at, error in enumerate((NO, NO, AWAY, NO, NO, AWAY))), (NO, 10, 10))

    assert ends == [None] * 7


def test_a_good_read_begins_it_anew() -> None:
    retries = Retries()
    retries.went_well()
    for at in (0, 4):
        retries.end(NO, at, 0)
    retries.went_well()

    assert [retries.end(NO, at, 0) for at in (8, 9)] == [None, None]
    assert retries.end(NO, 13, 0) is not None


@pytest.mark.parametrize(("times", "stands"), [((0, 15, 30), True), ((0, 15, 29.9), False), ((0, 30), False)])
def test_replies_are_misread_for_good_after_three_in_a_row_over_30_s(times: tuple[float, ...], *, stands: bool) -> None:
    *before, last = results(*((ODD, at, at) for at in times), answered=False)

    assert not any(before)
    assert last is (Result.UNREACHABLE if stands else None)


def test_after_an_answer_replies_that_read_otherwise_may_pass() -> None:
    assert results(*((ODD, at, at) for at in (0, 15, 30, 45))) == [None] * 4


def test_a_reply_that_is_no_reply_says_nothing_on_how_they_read() -> None:
    assert results((ODD, 0, 0), (AWAY, 15, 15), (ODD, 30, 30), (ODD, 45, 45), answered=False) == [None] * 4


@pytest.mark.parametrize(
    ("error", "answered", "budget"), [(AWAY, True, 300), (AWAY, False, 300), (LASTING, True, 300), (LASTING, False, 60)]
)
def test_calls_may_fail_for_five_minutes_or_for_one_if_waiting_changes_nothing(
    error: CallError, budget: float, *, answered: bool
) -> None:
    assert Retries(answered).budget(error) == budget
    assert results((error, 500, budget - 0.1), answered=answered) == [None]
    assert results((error, 500, budget), answered=answered) == [Result.UNREACHABLE]


@pytest.mark.parametrize("part", [Retries.answered, Retries.went_well])
def test_part_of_a_read_is_an_answer_too(part: Callable[[Retries], None]) -> None:
    retries = Retries()
    part(retries)

    assert retries.end(NO, 0, 0) is None


@pytest.mark.parametrize(("error", "times"), [(NO, (0, 2, 5)), (ODD, (0, 15, 30)), (AWAY, (0, 0, 300))])
def test_an_end_has_the_words_of_the_call_that_failed_last(error: CallError, times: tuple[float, ...]) -> None:
    retries, last = Retries(), replace(error, hint="look", ray="ray-1")
    ends = [retries.end(last, at, at) for at in times]

    assert ends[-1]
    assert (ends[-1].call_error, ends[-1].hint) == (f"{error.reason} (cf-ray ray-1)", "look")


def test_a_cause_is_what_failed_last_unless_that_had_less_time_than_the_one_before() -> None:
    retries = Retries()

    assert retries.cause_of(AWAY, was_short=True) is AWAY
    assert retries.cause_of(NO, was_short=True) is AWAY
    assert retries.cause_of(NO, was_short=False) is NO
    retries.went_well()
    assert retries.cause_of(AWAY, was_short=True) is AWAY


def test_at_the_deadline_it_is_timed_out_with_what_failed_last() -> None:
    deadline = Deadline(100)
    failed = CallError(Fate.UNKNOWN, "HTTP 503", hint="look", ray="ray-1")

    assert deadline.end() == End(Result.TIMED_OUT)
    assert deadline.end(failed) == End(
        Result.TIMED_OUT, "the last read failed: HTTP 503 (cf-ray ray-1)", "look", call_error="HTTP 503 (cf-ray ray-1)"
    )
