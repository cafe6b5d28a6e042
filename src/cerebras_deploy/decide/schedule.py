"""How often and how long: when to retry a call, how often to poll, how long the API may fail. All in seconds.

Randomness is an argument, so that a test sees the schedule that its seed stands for.
"""

from dataclasses import dataclass
from random import Random

RETRY_BASE, RETRY_CAP = 1.0, 15.0
RETRY_AFTER_CAP = 60.0
CALL_BOUND = 30.0  # for one whole call, so that a reply that trickles in is bounded too
GRACE = 2.0  # past the deadline, for the last read
LEAST_BOUND = 1.0  # for a call that starts when the grace is used up
POLL_CAP = 60.0
FAST = 2.0  # between reads while the end is near, if the interval is not long
FASTER = 5  # times as often while the end is near, if the interval is long
JITTER = 0.1
HEARTBEAT = 60.0  # between log lines while nothing changes


def retry_delay(attempt: int, retry_after: float | None, rng: Random) -> float:
    """Return how long to wait before the next try of a call that failed `attempt` times in a row (from 1).

    The server's `Retry-After` is obeyed for up to a minute. Otherwise full jitter keeps many jobs from coming back at
    the same moment.
    """
    if retry_after is not None:
        return min(max(retry_after, 0.0), RETRY_AFTER_CAP) + rng.uniform(0, JITTER)
    return rng.uniform(0, min(RETRY_CAP, RETRY_BASE * 2 ** min(attempt - 1, 10)))


def call_bound(left: float) -> float:
    """Return how long one whole call may take, with `left` until the deadline (negative after it)."""
    return min(CALL_BOUND, max(left + GRACE, LEAST_BOUND))


@dataclass
class Pace:
    """How often to poll: every `interval` ± 10 %. A 429 halves the rate, down to once a minute; success doubles it."""

    interval: float
    slowdown: float = 1.0

    def delay(self, rng: Random, *, poll_fast: bool = False) -> float:
        """Return the wait before the next read."""
        base = min(self.interval, max(FAST, self.interval / FASTER)) if poll_fast else self.interval
        return min(base * self.slowdown, max(POLL_CAP, self.interval)) * rng.uniform(1 - JITTER, 1 + JITTER)

    def throttled(self) -> None:
        """Note a 429: poll half as often."""
        self.slowdown = min(self.slowdown * 2, max(POLL_CAP / min(self.interval, FAST), 1.0))

    def succeeded(self) -> None:
        """Note a good read: poll twice as often, up to the interval."""
        self.slowdown = max(1.0, self.slowdown / 2)


@dataclass
class Outage:
    """The failure budget: for how long calls have failed, with none between them that went well.

    `since` is when the first of them was sent, on the clock; None while all is well. `failures` counts them. `total` is
    the length of all outages that have ended.
    """

    since: float | None = None
    failures: int = 0
    total: float = 0.0

    def failed(self, sent: float) -> None:
        """Note a failed call that was sent at that time."""
        self.failures += 1
        self.since = sent if self.since is None else self.since

    def length(self, now: float) -> float:
        """Return how long it has lasted; 0 while all is well."""
        return 0.0 if self.since is None else now - self.since

    def ended(self, now: float) -> float:
        """Note a good call, and return how long the outage before it was."""
        length = self.length(now)
        self.total += length
        self.since, self.failures = None, 0
        return length
