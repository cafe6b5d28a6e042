"""When to retry a call, how often to poll, and how long the API may fail."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.decide.schedule import HEARTBEAT, Outage, Pace, call_bound, retry_delay

SEEDS = range(200)


def delays(pace: Pace, *, poll_fast: bool = False) -> tuple[float, float]:
    """Return the shortest and the longest wait of many."""
    many = [pace.delay(Random(seed), poll_fast=poll_fast) for seed in SEEDS]
    return min(many), max(many)


class TestRetryOfOneCall:
    @pytest.mark.parametrize(("attempt", "cap"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (6, 15), (5000, 15)])
    def test_full_jitter_from_one_second_to_fifteen(self, attempt: int, cap: float) -> None:
        many = [retry_delay(attempt, None, Random(seed)) for seed in SEEDS]

        assert 0 <= min(many) < 0.1 * cap
        assert 0.9 * cap < max(many) <= cap

    @given(st.floats(0, 60), st.integers(1, 50), st.integers())
    def test_retry_after_is_obeyed(self, asked: float, attempt: int, seed: int) -> None:
        assert asked <= retry_delay(attempt, asked, Random(seed)) <= asked + 1

    @given(st.floats(60, 1e12))
    def test_retry_after_is_obeyed_for_a_minute_at_most(self, asked: float) -> None:
        assert 60 <= retry_delay(1, asked, Random(1)) <= 61


class TestHowOftenToPoll:
    @pytest.mark.parametrize("interval", [0.1, 5, 60, 600])
    def test_the_interval_within_a_tenth(self, interval: float) -> None:
        shortest, longest = delays(Pace(interval))

        assert 0.9 * interval <= shortest < 0.95 * interval
        assert 1.05 * interval < longest <= 1.1 * interval

    @pytest.mark.parametrize(("interval", "fast"), [(5, 2), (30, 6), (600, 120), (2, 2), (0.5, 0.5)])
    def test_near_the_end_every_two_seconds_or_faster_or_slower_if_the_interval_is(
        self, interval: float, fast: float
    ) -> None:
        shortest, longest = delays(Pace(interval), poll_fast=True)

        assert 0.9 * fast <= shortest
        assert longest <= 1.1 * fast

    def test_a_throttled_read_doubles_it(self) -> None:
        pace = Pace(5)
        pace.throttled()

        shortest, longest = delays(pace)

        assert shortest >= 9
        assert longest <= 11

    @pytest.mark.parametrize("interval", [0.1, 5, 60])
    @pytest.mark.parametrize("poll_fast", [False, True])
    def test_doubling_ends_at_a_minute(self, interval: float, *, poll_fast: bool) -> None:
        pace = Pace(interval)
        for _ in range(100):
            pace.throttled()

        shortest, longest = delays(pace, poll_fast=poll_fast)

        assert shortest >= 54
        assert longest <= 66

    def test_a_longer_interval_is_never_shortened(self) -> None:
        pace = Pace(600)
        for _ in range(100):
            pace.throttled()

        shortest, longest = delays(pace)

        assert shortest >= 540
        assert longest <= 660

    @pytest.mark.parametrize("interval", [0.1, 5, 600])
    def test_success_lets_it_recover(self, interval: float) -> None:
        pace = Pace(interval)
        for _ in range(100):
            pace.throttled()
        for _ in range(40):
            pace.succeeded()

        assert delays(pace) == delays(Pace(interval))

    def test_it_does_not_recover_at_once(self) -> None:
        pace = Pace(5)
        for _ in range(4):
            pace.throttled()
        pace.succeeded()

        assert delays(pace)[0] > 6


class TestHowLongInAll:
    @pytest.mark.parametrize(("left", "bound"), [(3600, 30), (28, 30), (27, 29), (10, 12), (0, 2)])
    def test_a_call_is_bounded_by_thirty_seconds_and_the_deadline(self, left: float, bound: float) -> None:
        assert call_bound(left) == bound

    def test_past_the_deadline_the_last_read_still_has_a_moment(self) -> None:
        assert 0 < call_bound(-5) <= 2

    def test_a_heartbeat_comes_every_minute(self) -> None:
        assert HEARTBEAT == 60


class TestOutage:
    def test_it_counts_failures_from_the_first_and_begins_anew_after_a_good_call(self) -> None:
        outage = Outage()
        assert (outage.failures, outage.total, outage.length(50)) == (0, 0, 0)

        outage.failed(10)
        outage.failed(20)
        assert (outage.failures, outage.length(50)) == (2, 40)
        assert outage.ended(50) == 40
        assert (outage.failures, outage.total, outage.length(60)) == (0, 40, 0)


def test_what_a_server_asks_for_is_never_less_than_nothing() -> None:
    assert 0 <= retry_delay(1, 0.0, Random(1)) <= 0.1


def test_success_halves_the_slowdown() -> None:
    pace = Pace(5, slowdown=8)
    pace.succeeded()

    assert pace.slowdown == 4


def test_past_the_deadline_a_call_has_a_second() -> None:
    assert call_bound(-60) == 1


def test_a_wait_is_a_minute_at_most_unless_the_interval_is_longer() -> None:
    assert delays(Pace(5, slowdown=30))[1] <= 66
    assert delays(Pace(5, slowdown=30))[0] >= 54
