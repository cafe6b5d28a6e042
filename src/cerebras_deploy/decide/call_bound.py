"""How long one whole call may take, in seconds."""

CALL_BOUND = 30.0  # so that a reply that trickles in is bounded too
GRACE = 2.0  # past the deadline, for the last read
LEAST_BOUND = 1.0  # for a call that starts when the grace is used up


def call_bound(left: float) -> float:
    """Return how long one whole call may take, with `left` until the deadline (negative after it)."""
    return min(CALL_BOUND, max(left + GRACE, LEAST_BOUND))
