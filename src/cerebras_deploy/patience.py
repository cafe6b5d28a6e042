"""Reading with patience: retries within the failure budget, a pace, and a deadline. Times are those of `Clock.now`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from cerebras_deploy.clock import Clock
from cerebras_deploy.decide.call_bound import CALL_BOUND, call_bound
from cerebras_deploy.decide.giving_up import Deadline, PatienceListener, Retries
from cerebras_deploy.decide.schedule import Outage, Pace, Rhythm
from cerebras_deploy.errors import CallError, Fate, Stop

T = TypeVar("T")

MOMENT = 0.001  # seconds; the rounding of floats stays below it


@dataclass
class Patience:
    """Reads until the deadline, and retries what may be temporary.

    `first_read_sent` is when the first read of the run was sent, if that was before anybody asked for it (see
    `api.early`).
    """

    clock: Clock
    rng: Random
    listener: PatienceListener
    pace: Pace
    deadline: Deadline
    outage: Outage
    first_read_sent: float | None = None
    was_last_read: bool = field(default=False, init=False)  # the latest read began at the deadline
    _retries: Retries = field(default_factory=Retries, init=False)
    _answered_at: float = field(init=False)  # when the latest good read ended

    def within(self, seconds: float) -> "Patience":
        """Return patience with a deadline so many seconds from now, at full pace and with an unused failure budget."""
        return replace(
            self,
            pace=Pace(self.pace.interval),
            deadline=Deadline(self.clock.now() + seconds),
            outage=Outage(total=self.outage.total),
        )

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self.deadline.at - self.clock.now()

    @property
    def is_over(self) -> bool:
        """Whether the deadline is reached."""
        return self.left < MOMENT

    @property
    def call_bound(self) -> float:
        """Seconds that one call may take now."""
        return call_bound(self.left)

    @property
    def last_read_age(self) -> float:
        """Seconds since the latest read that went well."""
        return self.clock.now() - self._answered_at

    @property
    def answered_time(self) -> float:
        """The clock's time less all outages, to measure what lasts."""
        now = self.clock.now()
        return now - self.outage.total - self.outage.length(now)

    def read(self, read: Callable[[], T]) -> T:
        """Return what `read` returns; a `CallError` that may be temporary is retried.

        Raises a `Stop`: refused if the API says no, unreachable when the failure budget is spent, timed out when a read
        that began at the deadline fails.
        """
        while True:
            sent = self.clock.now() if self.first_read_sent is None else self.first_read_sent
            self.first_read_sent = None
            self.was_last_read = self.deadline.at - sent < MOMENT
            try:
                value = read()
            except CallError as error:
                if error.is_stale:
                    self._read_too_early(error)
                else:
                    self.back_off(error, sent, is_last=self.was_last_read)
            else:
                self._went_well()
                return value

    def heard(self) -> None:
        """Note that the API has answered a part of a read: it knows this key, so that its next no may be a slip."""
        self._retries.answered()
        self._answered_at = self.clock.now()

    def read_next(self, read: Callable[[], T], rhythm: Rhythm = Rhythm.BASE) -> T:
        """Wait as the rhythm says, and read again; see `read`.

        At the deadline there is one last read. Calling this once more raises the `Stop` of a timeout.
        """
        if self.was_last_read:
            raise Stop(self.deadline.end())
        self.pause(self.pace.delay(self.rng, rhythm))
        return self.read(read)

    def pause(self, seconds: float) -> None:
        """Wait, but not past the deadline."""
        self.clock.sleep(min(seconds, max(self.left, 0.0)))

    def back_off(self, error: CallError, sent: float, *, attempt: int = 0, is_last: bool = False) -> None:
        """Note a call that failed, and wait before its next try. `sent` is when it was sent, on the clock.

        `attempt` is given for a call between reads: those refill the failure budget, so that the deadline bounds it.
        Raises a `Stop` if another try has no point, or no time: `is_last` says that this one was the last.
        """
        self.outage.failed(sent)
        bound = call_bound(self.deadline.at - sent)
        cause = self._retries.cause_of(error, was_short=bound < CALL_BOUND and error.seconds >= bound - MOMENT)
        if error.fate is Fate.THROTTLED:
            self.pace.throttled()
        now = self.clock.now()
        outage = self.outage.length(now)
        end = self._retries.end(error, now, 0.0 if self.is_over else outage)
        if end or is_last:
            raise Stop(end or self.deadline.end(cause)) from error
        left = self.left if attempt else self._retries.budget(error) - outage
        if not self.is_over:
            self.listener.failing(error, min(left, self.left))
        self.pause(min(self.pace.retry_delay(error, attempt or self.outage.failures, self.rng), left))

    def _read_too_early(self, error: CallError) -> None:
        """Note a reply that tells nothing new: the API answers, so that this is no outage."""
        self._went_well()
        if self.was_last_read:
            raise Stop(self.deadline.end(error))
        self.listener.failing(error, self.left)
        self.pause(self.pace.delay(self.rng, Rhythm.CONFIRM))

    def _went_well(self) -> None:
        self._retries.went_well()
        self._answered_at = self.clock.now()
        self.pace.succeeded()
        if outage := self.outage.ended(self.clock.now()):
            self.listener.recovered(outage)
