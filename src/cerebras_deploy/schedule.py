"""When to try again and how long to wait: three policies, kept apart. All times are in seconds.

Retry of one call, how often to poll, how long in all. Chance comes in as a `random.Random`, so that tests see the
schedule they asked for.
"""

from dataclasses import dataclass
from random import Random

RETRY_BASE, RETRY_CAP = 1.0, 15.0
RETRY_AFTER_CAP = 60.0
FAILURE_BUDGET = 300.0  # reads may fail in a row for as long; then nobody knows
CALL_BOUND = 30.0  # for one call in all, against slow drips too
GRACE = 2.0  # past the deadline, for the last read
LEAST_BOUND = 1.0  # when a call that began before the deadline has used up the grace
POLL_CAP = 60.0
FAST = 2.0  # between reads while the end is near, if no long interval was asked for
FASTER = 5  # times as often as that, if one was
JITTER = 0.1
HEARTBEAT = 60.0


def retry_delay(attempt: int, retry_after: float | None, rng: Random) -> float:
    """Return how long to wait before the next try of a call that failed `attempt` times in a row (from 1).

    The server's own `Retry-After` is obeyed up to a minute; else full jitter, so that many jobs don't come back at
    once.
    """
    if retry_after is not None:
        return min(max(retry_after, 0.0), RETRY_AFTER_CAP) + rng.uniform(0, JITTER)
    return rng.uniform(0, min(RETRY_CAP, RETRY_BASE * 2 ** min(attempt - 1, 10)))


def call_bound(left: float) -> float:
    """Return how long one call may take in all, with `left` until the deadline (negative after it)."""
    return min(CALL_BOUND, max(left + GRACE, LEAST_BOUND))


@dataclass
class Pace:
    """How often to poll: `interval` ± 10 %, doubled by every 429 up to a minute, and back by success."""

    interval: float
    slowdown: float = 1.0

    def delay(self, rng: Random, *, near_end: bool = False) -> float:
        """Return the wait before the next read; shorter while the end is near."""
        base = min(self.interval, max(FAST, self.interval / FASTER)) if near_end else self.interval
        return min(base * self.slowdown, max(POLL_CAP, self.interval)) * rng.uniform(1 - JITTER, 1 + JITTER)

    def throttled(self) -> None:
        """Note a 429: poll half as often."""
        self.slowdown = min(self.slowdown * 2, max(POLL_CAP / min(self.interval, FAST), 1.0))

    def succeeded(self) -> None:
        """Note a read that went well: poll twice as often, up to the interval."""
        self.slowdown = max(1.0, self.slowdown / 2)
