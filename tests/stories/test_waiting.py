"""How late an end is seen, and for how many calls, on the virtual clock: budgets that no machine changes."""

import pytest

from waiting import EVEN, GROWING, HALVES, STILL, UNEVEN, UNKNOWN, waiting

pytestmark = pytest.mark.long


# Where counts move, sooner than any peer, for a quarter of the calls of the next one.
@pytest.mark.parametrize("counts", [EVEN, UNEVEN])
def test_where_counts_move_an_end_is_seen_within_a_second(counts: str) -> None:
    found = waiting(10, counts=counts, runs=60)

    assert found.results == {"succeeded"}
    assert found.lag <= 0.9
    assert found.most <= 1.6
    assert found.calls <= 120
    assert found.change <= 5
    assert found.error <= 4.5  # 3.0 s at the poll interval


@pytest.mark.parametrize("counts", [GROWING, HALVES])
def test_where_they_move_in_batches_it_is_too_for_more_calls(counts: str) -> None:
    found = waiting(10, counts=counts, runs=20)

    assert found.results == {"succeeded"}
    assert found.lag <= 0.95
    assert found.calls <= 200


# Elsewhere, as a peer that asks every 5 s (115 calls in 10 minutes).
@pytest.mark.parametrize(("counts", "runs"), [(UNKNOWN, 60), (STILL, 5)])
def test_where_no_counts_move_an_end_is_seen_at_the_poll_interval(counts: str, runs: int) -> None:
    found = waiting(10, counts=counts, runs=runs)

    assert found.results == {"succeeded"}
    assert found.lag <= 2.95 or runs < 60
    assert found.most <= 6.1  # the interval and its jitter, and two calls
    assert found.calls <= 115.5


def test_a_rollout_that_ends_just_within_the_timeout_is_no_timeout() -> None:
    assert waiting(59, counts=UNKNOWN, runs=2).results == {"succeeded"}
