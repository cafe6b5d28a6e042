"""How often: when to retry a call, how often to poll, how long the API may fail. All in seconds.

Randomness is an argument, so that a test sees the schedule that its seed stands for.
"""

import math
from dataclasses import dataclass
from enum import Enum
from random import Random

from cerebras_deploy.errors import CallError, Fate

RETRY_BASE, RETRY_CAP = 1.0, 15.0
RETRY_AFTER_CAP = 60.0
POLL_CAP = 60.0
LEAST_SPACING = 2.0
SPACING_CAP = 24.0  # for a hundred jobs behind 300 requests a minute, which have one for every 20 s each
RETRY_SHARE = (1 / 6, 1 / 2)  # of the spacing: in between lies the wait after a 429
RECOVERY = 0.9  # of the spacing, after a good read
RETRY_AFTER_SPREAD = 0.15  # of what the server asks for, since it may ask the same of many
JITTER = 0.1
HEARTBEAT = 60.0  # between log lines while nothing changes


def retry_delay(attempt: int, retry_after: float | None, rng: Random) -> float:
    """Return how long to wait before the next try of a call that failed `attempt` times in a row (from 1).

    The server's `Retry-After` is obeyed for up to a minute, but it makes no wait shorter: servers send a 0 for ever.
    Jitter keeps many jobs from coming back at the same moment.
    """
    own = rng.uniform(0, min(RETRY_CAP, RETRY_BASE * 2 ** min(attempt - 1, 10)))
    if retry_after is None:
        return own
    asked = min(max(retry_after, 0.0), RETRY_AFTER_CAP)
    return max(own, asked + rng.uniform(0, max(JITTER, asked * RETRY_AFTER_SPREAD)))


class Rhythm(Enum):
    """How often to read, by the news that can be: the interval times `share`, but from `least` to `most` seconds.

    An interval that is shorter than `least` stays as it is.
    """

    SLOW = (1.6, 0.0, math.inf)  # the end cannot be near
    BASE = (1.0, 0.0, math.inf)  # nothing is known of the end
    QUICK = (0.2, 2.0, math.inf)  # the rollout goes wrong
    CONFIRM = (0.2, 2.0, 5.0)  # what was read is to be confirmed, by a few reads
    QUICKEST = (0.15, 0.75, math.inf)  # a rollout that goes well can end at any moment

    def __init__(self, share: float, least: float, most: float) -> None:
        self.share, self.least, self.most = share, least, most

    def seconds(self, interval: float) -> float:
        """Return the time between reads, for a poll interval."""
        return min(max(interval * self.share, min(interval, self.least)), self.most)


@dataclass
class Pace:
    """How often to poll: by the rhythm, ± 10 %, and not more often than a limit on requests lets through.

    `spacing` is the time between good reads that the limit has taught. `turned_away`: there was a 429 since the latest
    one. All jobs behind one limit are to get an equal share. So one spacing holds for all rhythms, a 429 doubles it
    only once until a read goes well, and who was turned away comes back sooner than who was not.
    """

    interval: float
    spacing: float = 0.0
    turned_away: bool = False

    def delay(self, rng: Random, rhythm: Rhythm = Rhythm.BASE) -> float:
        """Return the wait before the next read."""
        seconds = min(rhythm.seconds(self.interval), max(POLL_CAP, self.interval))
        return max(seconds, self.spacing) * rng.uniform(1 - JITTER, 1 + JITTER)

    def retry_delay(self, error: CallError, attempt: int, rng: Random) -> float:
        """Return the wait before the next try of a call that failed like this, `attempt` times in a row.

        After a 429 the spacing decides, unless the server asks for a longer wait: a long poll interval makes it no
        longer, since only so much time is given to failures. After all else the function `retry_delay` decides.
        """
        if error.fate is not Fate.THROTTLED:
            return retry_delay(attempt, error.retry_after, rng)
        spaced = min(self.spacing, SPACING_CAP) * rng.uniform(*RETRY_SHARE)
        return spaced if error.retry_after is None else max(spaced, retry_delay(1, error.retry_after, rng))

    def throttled(self) -> None:
        """Note a 429."""
        if not self.turned_away:
            self.spacing = min(2 * max(self.spacing, self.interval, LEAST_SPACING), max(SPACING_CAP, self.interval))
        self.turned_away = True

    def succeeded(self) -> None:
        """Note a good read: without a 429 before it, there may be room for more."""
        self.spacing *= 1.0 if self.turned_away else RECOVERY
        self.turned_away = False


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
