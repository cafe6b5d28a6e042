"""Whether a version is slower, by pairs: what the bound is, and how often it errs."""

from math import comb

import pytest

from cerebras_deploy.decide.slowdown import LEAST_PAIRS, Slowdown, bound_rank, slowdown
from slowdown_rates import rate

NOISES = (0.15, 0.3, 0.5)


@pytest.mark.parametrize("count", range(1, 60))
def test_the_bound_is_the_greatest_value_that_is_above_the_median_in_5_percent_of_cases_at_most(count: int) -> None:
    def risk(rank: int) -> float:
        return float(sum(comb(count, heads) for heads in range(rank)) / 2**count)

    rank = bound_rank(count)

    assert risk(rank) <= 0.05 < risk(rank + 1)


@pytest.mark.parametrize(("count", "rank"), [(0, 0), (4, 0), (5, 1), (8, 2), (20, 6), (50, 19), (1000, 474)])
def test_the_bounds_of_tables(count: int, rank: int) -> None:
    assert bound_rank(count) == rank


def test_the_figures_are_of_the_middle_pair() -> None:
    found = slowdown([(1.0, 2.0), (1.0, 1.0), (2.0, 5.0), (0.5, 4.0), (1.0, 1.5), (1.0, 3.0), (1.0, 1.2)])

    assert found == Slowdown(7, 2.0, 1.0, 1.0)


def test_100_ms_are_not_too_much_yet() -> None:
    assert not Slowdown(9, 2.0, 2.0, 0.1).exceeds(0.2)
    assert Slowdown(9, 2.0, 2.0, 0.11).exceeds(0.2)


def test_without_pairs_there_is_nothing_to_say_and_few_have_no_bound() -> None:
    assert slowdown([]) is None
    few = slowdown([(1.0, 9.0)] * (LEAST_PAIRS - 1))
    assert few
    assert (few.bound, few.exceeds(0.2)) == (None, False)
    assert slowdown([(0.0, 1.0)]) == Slowdown(1, 1000.0, None, 1.0)  # an answer that took no time


@pytest.mark.parametrize(
    ("old", "new", "is_too_slow"),
    [(1.0, 1.2, False), (1.0, 1.21, True), (0.2, 0.3, False), (0.2, 0.31, True), (0.01, 0.1, False)],
)
def test_it_is_too_slow_by_share_and_by_100_ms(old: float, new: float, *, is_too_slow: bool) -> None:
    found = slowdown([(old, new)] * 20)

    assert found
    assert found.exceeds(0.2) == is_too_slow


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("size", [5, 20, 50])
def test_with_nothing_changed_it_is_judged_slower_in_half_a_percent_of_runs_at_most(size: int, noise: float) -> None:
    assert rate(size, noise, 1.0, 2000) <= 0.005


@pytest.mark.long
@pytest.mark.parametrize("noise", NOISES)
def test_with_a_thousand_questions_too(noise: float) -> None:
    assert rate(1000, noise, 1.0, 1000) <= 0.005


def test_at_50_questions_a_version_that_takes_1_4_times_as_long_is_seen() -> None:
    assert rate(50, 0.15, 1.4, 1000) >= 0.95
