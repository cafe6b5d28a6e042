"""How late an end is seen, and for how many calls, on the virtual clock: budgets that no machine changes."""

import pytest

from waiting import waiting

pytestmark = pytest.mark.long


# With replica counts, sooner than any peer but those that ask every second, for a third of their calls. Without, within
# 5 % of the peers that ask every 5 s (2.9 s late on average, 115 calls in 10 minutes, 24 in 2).
@pytest.mark.parametrize(("counts", "lag", "calls"), [(True, 2.0, 30), (False, 3.05, 25.2)])
def test_an_end_is_seen_soon_on_average(counts: bool, lag: float, calls: float) -> None:  # noqa: FBT001
    found = waiting(2, counts=counts, runs=120)

    assert found.results == {"succeeded"}
    assert found.lag <= lag
    assert found.calls <= calls


@pytest.mark.parametrize(("counts", "most", "calls"), [(True, 2.8, 140), (False, 6.1, 121)])
def test_an_end_is_never_seen_late(counts: bool, most: float, calls: float) -> None:  # noqa: FBT001
    found = waiting(10, counts=counts, runs=10)

    assert found.most <= most  # the interval and its jitter, and two calls
    assert found.calls <= calls


def test_a_rollout_that_ends_just_within_the_timeout_is_no_timeout() -> None:
    assert waiting(59, counts=False, runs=2).results == {"succeeded"}
