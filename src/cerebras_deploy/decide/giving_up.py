"""When retries end: at the deadline, or at a no that stands. All in seconds."""

from dataclasses import dataclass, field
from typing import Protocol

from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span

STEADY = 3  # failures of a kind in a row, before they count
DENIED_STANDS, MISREAD_STANDS = 5.0, 30.0  # seconds
FAILURE_BUDGET = 300.0  # seconds, for how long calls may fail in a row
LASTING_BUDGET = 60.0  # seconds, for what waiting does not change, before any good read


class PatienceListener(Protocol):
    """Is told what the retries go through; see `tell.journal.Journal`."""

    def failing(self, error: CallError, left: float) -> None:
        """Hear of a failed call. In `left` seconds the retries end; 0, if they are counted instead."""
        ...

    def recovered(self, after: float) -> None:
        """Hear that a call went well again, after so many seconds."""
        ...


@dataclass
class Retries:
    """What a run's calls so far have come to, which decides whether another try has a point.

    `has_answered`: one of them went well, so that a no may be the slip of one server, and what failed may pass.
    """

    has_answered: bool = False
    denied: int = 0
    denied_since: float = field(init=False)
    misread: int = 0
    misread_since: float = field(init=False)
    cause: CallError | None = None

    def answered(self) -> None:
        """Note that the API has answered a part of a read: it knows this key."""
        self.has_answered = True

    def went_well(self) -> None:
        """Note a good read."""
        self.has_answered = True
        self.denied = self.misread = 0
        self.cause = None

    def cause_of(self, error: CallError, *, was_short: bool) -> CallError:
        """Note a failed call, and return what the failures in a row are about.

        `was_short`: it had less time than others and used it up, which says less than what failed before it.
        """
        if self.cause is None or not was_short:
            self.cause = error
        return self.cause

    def budget(self, error: CallError) -> float:
        """Return for how long calls may fail like this."""
        return LASTING_BUDGET if error.is_lasting and not self.has_answered else FAILURE_BUDGET

    def end(self, error: CallError, now: float, outage: float) -> End | None:
        """Note a failed call after an outage of so many seconds. Return how the run ends if it is to be given up."""
        if self._is_denied(error, now):
            return End(Result.REFUSED, str(error), error.hint, call_error=str(error))
        if self._is_misread(error, now) and not self.has_answered:
            return End(Result.UNREACHABLE, str(error), error.hint, call_error=str(error))
        if outage >= self.budget(error):
            reason = f"no request succeeded for {span(outage)}: {error}"
            return End(Result.UNREACHABLE, reason, error.hint, call_error=str(error))
        return None

    def _is_denied(self, error: CallError, now: float) -> bool:
        """Whether it is a no of the API that stands, or the first that is heard of it."""
        if error.fate is not Fate.DENIED:
            self.denied = 0
            return False
        self.denied_since = self.denied_since if self.denied else now
        self.denied += 1
        stands = self.denied >= STEADY and now - self.denied_since >= DENIED_STANDS
        return stands or not self.has_answered

    def _is_misread(self, error: CallError, now: float) -> bool:
        """Whether replies have been other than known for long enough to say so."""
        self.misread_since = self.misread_since if self.misread else now
        self.misread = self.misread + 1 if error.is_misread else 0
        return self.misread >= STEADY and now - self.misread_since >= MISREAD_STANDS


@dataclass(frozen=True)
class Deadline:
    """When to end; `at` is on the clock."""

    at: float

    def end(self, error: CallError | None = None) -> End:
        """Return how a run that reached the deadline ends; `error` is what its last read failed with, if it did."""
        if error is None:
            return End(Result.TIMED_OUT)
        return End(Result.TIMED_OUT, f"the last read failed: {error}", error.hint, call_error=str(error))
