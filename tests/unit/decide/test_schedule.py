"""When to retry a call, how often to poll, and how long the API may fail."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.decide.schedule import HEARTBEAT, Outage, Pace, Rhythm, retry_delay
from cerebras_deploy.errors import CallError, Fate

SEEDS = range(200)


def delays(pace: Pace, rhythm: Rhythm = Rhythm.BASE) -> tuple[float, float]:
    """Return the shortest and the longest wait of many."""
    many = [pace.delay(Random(seed), rhythm) for seed in SEEDS]
    return min(many), max(many)


class TestRetryOfOneCall:
    @pytest.mark.parametrize(("attempt", "cap"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (6, 15), (5000, 15)])
    def test_full_jitter_from_one_second_to_fifteen(self, attempt: int, cap: float) -> None:
        many = [retry_delay(attempt, None, Random(seed)) for seed in SEEDS]

        assert 0 <= min(many) < 0.1 * cap
        assert 0.9 * cap < max(many) <= cap

    @given(st.floats(0, 60), st.integers(1, 50), st.integers())
    def test_retry_after_is_obeyed(self, asked: float, attempt: int, seed: int) -> None:
        assert asked <= retry_delay(attempt, asked, Random(seed)) <= max(asked * 1.15 + 0.1, 15)

    @given(st.floats(60, 1e12))
    def test_retry_after_is_obeyed_for_a_minute_at_most(self, asked: float) -> None:
        assert 60 <= retry_delay(1, asked, Random(1)) <= 69

    def test_those_who_are_asked_for_the_same_wait_do_not_come_back_at_once(self) -> None:
        many = [retry_delay(1, 60.0, Random(seed)) for seed in SEEDS]

        assert max(many) - min(many) > 8


class TestHowOftenToPoll:
    @pytest.mark.parametrize("interval", [0.1, 5, 60, 600])
    def test_the_interval_within_a_tenth(self, interval: float) -> None:
        shortest, longest = delays(Pace(interval))

        assert 0.9 * interval <= shortest < 0.95 * interval
        assert 1.05 * interval < longest <= 1.1 * interval

    @pytest.mark.parametrize(
        ("rhythm", "interval", "seconds"),
        [
            (Rhythm.SLOW, 5, 8),
            (Rhythm.SLOW, 600, 600),  # what is long already is not made longer
            (Rhythm.QUICK, 5, 2),
            (Rhythm.QUICK, 30, 6),
            (Rhythm.QUICK, 600, 120),
            (Rhythm.QUICK, 0.5, 0.5),
            (Rhythm.CONFIRM, 5, 2),
            (Rhythm.CONFIRM, 20, 4),
            (Rhythm.CONFIRM, 600, 5),
            (Rhythm.CONFIRM, 0.5, 0.5),
            (Rhythm.QUICKEST, 5, 0.75),
            (Rhythm.QUICKEST, 30, 4.5),
            (Rhythm.QUICKEST, 2, 0.75),
            (Rhythm.QUICKEST, 0.5, 0.5),
        ],
    )
    def test_the_rhythm_scales_with_the_interval(self, rhythm: Rhythm, interval: float, seconds: float) -> None:
        shortest, longest = delays(Pace(interval), rhythm)

        assert 0.9 * seconds <= shortest
        assert longest <= 1.1 * seconds


def throttled(pace: Pace, times: int) -> Pace:
    """Return it after so many reads that were turned away, each followed by a good one."""
    for _ in range(times):
        pace.throttled()
        pace.succeeded()
    return pace


class TestALimitOnRequests:
    def test_a_throttled_read_doubles_the_wait(self) -> None:
        pace = throttled(Pace(5), 1)

        shortest, longest = delays(pace)

        assert shortest >= 9
        assert longest <= 11

    @pytest.mark.parametrize("rhythm", list(Rhythm))
    @pytest.mark.parametrize("interval", [0.1, 5])
    def test_all_rhythms_are_spaced_alike_so_that_all_jobs_get_an_equal_share(
        self, interval: float, rhythm: Rhythm
    ) -> None:
        shortest, longest = delays(throttled(Pace(interval), 100), rhythm)

        assert shortest >= 21.6
        assert longest <= 26.4

    def test_several_429s_in_a_row_count_once(self) -> None:
        pace = Pace(5)
        for _ in range(9):
            pace.throttled()

        assert pace.spacing == 10

    def test_what_was_turned_away_comes_back_sooner_than_what_was_not(self) -> None:
        pace = Pace(5)
        pace.throttled()
        again = [pace.retry_delay(CallError(Fate.THROTTLED, "HTTP 429"), 1, Random(seed)) for seed in SEEDS]

        assert 1.6 <= min(again) < 2
        assert 4.8 < max(again) <= 5

    def test_the_spacing_says_nothing_of_other_failures(self) -> None:
        pace = Pace(5)
        pace.throttled()
        error = CallError(Fate.UNSENT, "no connection", retry_after=7)

        assert pace.retry_delay(error, 3, Random(7)) == retry_delay(3, 7, Random(7))

    @pytest.mark.parametrize(("asked", "shortest", "longest"), [(0, 1.6, 5), (4, 4, 5), (20, 20, 23)])
    def test_the_longer_wait_counts_if_the_server_asks_for_one(
        self, asked: float, shortest: float, longest: float
    ) -> None:
        pace = Pace(5)
        pace.throttled()
        error = CallError(Fate.THROTTLED, "HTTP 429", retry_after=asked)
        many = [pace.retry_delay(error, 9, Random(seed)) for seed in SEEDS]

        assert shortest <= min(many) < shortest * 1.2
        assert longest * 0.9 < max(many) <= longest

    def test_a_long_interval_makes_the_way_back_no_longer(self) -> None:
        pace = Pace(600)
        pace.throttled()
        again = [pace.retry_delay(CallError(Fate.THROTTLED, "HTTP 429"), 1, Random(seed)) for seed in SEEDS]

        assert 10 < max(again) <= 12

    def test_a_short_interval_comes_back_no_sooner(self) -> None:
        pace = Pace(0.1)
        pace.throttled()

        assert pace.spacing == 4

    def test_a_longer_interval_is_never_shortened(self) -> None:
        shortest, longest = delays(throttled(Pace(600), 100))

        assert shortest >= 540
        assert longest <= 660

    def test_a_good_read_that_follows_a_429_makes_no_room(self) -> None:
        pace = throttled(Pace(5), 1)
        assert pace.spacing == 10

        pace.succeeded()
        assert pace.spacing == 9

    @pytest.mark.parametrize("interval", [0.1, 5, 600])
    def test_success_lets_it_recover(self, interval: float) -> None:
        pace = throttled(Pace(interval), 100)
        for _ in range(60):
            pace.succeeded()

        assert delays(pace) == delays(Pace(interval))


class TestHowLongInAll:
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


@pytest.mark.parametrize("asked", [0.0, -5.0])
def test_a_server_that_asks_for_no_wait_for_ever_is_not_asked_all_the_time(asked: float) -> None:
    assert sum(retry_delay(attempt, asked, Random(attempt)) for attempt in range(1, 51)) > 50 * 15 / 3
    assert all(0 <= retry_delay(attempt, asked, Random(attempt)) <= 15 for attempt in range(1, 51))


def test_a_slow_wait_is_a_minute_at_most_unless_the_interval_is_longer() -> None:
    assert delays(Pace(50), Rhythm.SLOW)[1] <= 66
    assert delays(Pace(50), Rhythm.SLOW)[0] >= 54
