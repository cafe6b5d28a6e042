"""When retries end: at the deadline, or at a no that stands. All in seconds."""

from dataclasses import dataclass

from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span

STEADY = 3  # failures of a kind in a row, before they count
DENIED_STANDS, MISREAD_STANDS = 5.0, 30.0  # seconds


@dataclass
class Refusals:
    """Failures in a row that may be a slip of one server: the API says no, or something that it is not known to say."""

    denied: int = 0
    denied_since: float = 0.0
    misread: int = 0
    misread_since: float = 0.0

    def failed(self, error: CallError, now: float) -> bool:
        """Note a failed call, and return whether the API's no stands."""
        self.misread_since = self.misread_since if self.misread else now
        self.misread = self.misread + 1 if error.is_misread else 0
        if error.fate is not Fate.DENIED:
            self.denied = 0
            return False
        self.denied_since = self.denied_since if self.denied else now
        self.denied += 1
        return self.denied >= STEADY and now - self.denied_since >= DENIED_STANDS

    def is_misread(self, now: float) -> bool:
        """Whether replies have been other than known for long enough to say so."""
        return self.misread >= STEADY and now - self.misread_since >= MISREAD_STANDS


@dataclass(frozen=True)
class Deadline:
    """When to end. `timeout` is the whole time allowed, for messages; `at` is when that is over, on the clock."""

    timeout: float
    at: float

    def end(self, error: CallError | None = None) -> End:
        """Return how a run that reached the deadline ends; `error` is what its last read failed with, if it did."""
        reason = f"the timeout of {span(self.timeout)} was reached"
        if error is None:
            return End(Result.TIMED_OUT, reason)
        return End(Result.TIMED_OUT, f"{reason}, and the last read failed: {error}", error.hint, call_error=str(error))
