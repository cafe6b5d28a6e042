"""Reading with patience: retries within the failure budget, a pace, and a deadline. Times are those of `Clock.now`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Protocol, TypeVar

from cerebras_deploy.clock import Clock
from cerebras_deploy.decide.giving_up import Deadline, Refusals
from cerebras_deploy.decide.schedule import FAILURE_BUDGET, Outage, Pace, call_bound, retry_delay
from cerebras_deploy.errors import CallError, Fate, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span

T = TypeVar("T")

MOMENT = 0.001  # seconds; the rounding of floats stays below it


class PatienceListener(Protocol):
    """Is told what the retries go through; see `tell.journal.Journal`."""

    def failing(self, error: CallError, left: float) -> None:
        """Hear of a failed call. In `left` seconds the retries end."""
        ...

    def recovered(self, after: float) -> None:
        """Hear that a call went well again, after so many seconds."""
        ...


LASTING_BUDGET = 60.0  # seconds, for what waiting does not change, before any good read


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
    _answers: int = field(default=0, init=False)  # reads that went well
    _refusals: Refusals = field(default_factory=Refusals, init=False)

    def within(self, seconds: float) -> "Patience":
        """Return patience with a deadline so many seconds from now, at full pace and with an unused failure budget."""
        return replace(
            self,
            pace=Pace(self.pace.interval),
            deadline=Deadline(seconds, self.clock.now() + seconds),
            outage=Outage(total=self.outage.total),
            first_read_sent=None,
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
        self._answers += 1

    def read_next(self, read: Callable[[], T], *, poll_fast: bool = False) -> T:
        """Wait for the poll interval, and read again; see `read`.

        At the deadline there is one last read. Calling this once more raises the `Stop` of a timeout.
        """
        if self.was_last_read:
            raise Stop(self.deadline.end())
        self.pause(self.pace.delay(self.rng, poll_fast=poll_fast))
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
        if error.fate is Fate.THROTTLED:
            self.pace.throttled()
        outage = self.outage.length(self.clock.now())
        if end := self._hopeless(error, outage, is_last=is_last):
            raise Stop(end) from error
        left = self.left if attempt else self._budget(error) - outage
        if not self.is_over:
            self.listener.failing(error, min(left, self.left))
        delay = retry_delay(attempt or self.outage.failures, error.retry_after, self.rng)
        if error.fate is Fate.THROTTLED and error.retry_after is None:
            delay = max(delay, self.pace.delay(self.rng))
        self.pause(min(delay, left))

    def _read_too_early(self, error: CallError) -> None:
        """Note a reply that tells nothing new: the API answers, so that this is no outage."""
        self._went_well()
        if self.was_last_read:
            raise Stop(self.deadline.end(error))
        self.listener.failing(error, self.left)
        self.pause(self.pace.delay(self.rng, poll_fast=True))

    def _hopeless(self, error: CallError, outage: float, *, is_last: bool) -> End | None:
        stands = self._refusals.failed(error, self.clock.now())
        if error.fate is Fate.DENIED and (stands or not self._answers):
            return End(Result.REFUSED, str(error), error.hint, call_error=str(error))
        if error.is_misread and not self._answers and self._refusals.is_misread(self.clock.now()):
            return End(Result.UNREACHABLE, str(error), error.hint, call_error=str(error))
        if outage >= self._budget(error) and not self.is_over:
            reason = f"the API could not be asked for {span(outage)}: {error}"
            return End(Result.UNREACHABLE, reason, error.hint, call_error=str(error))
        return self.deadline.end(error) if is_last else None

    def _budget(self, error: CallError) -> float:
        """Return for how long calls may fail like this."""
        return LASTING_BUDGET if error.is_lasting and not self._answers else FAILURE_BUDGET

    def _went_well(self) -> None:
        self._answers += 1
        self._refusals = Refusals()
        self.pace.succeeded()
        if outage := self.outage.ended(self.clock.now()):
            self.listener.recovered(outage)
