"""What can go wrong, and what to do about it.

Two families: a `CallError` is one HTTP call that failed, for whoever made the call to judge; a `Stop` ends the
run, and carries the `Result` that the workflow reads.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import ClassVar


class Result(StrEnum):
    """What the step concluded: the `result` output."""

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    TRIGGERED = "triggered"
    PLANNED = "planned"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    SMOKE_TEST_FAILED = "smoke-test-failed"
    PROMOTION_FAILED = "promotion-failed"
    TIMED_OUT = "timed-out"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    INVALID_INPUT = "invalid-input"

    @property
    def green(self) -> bool:
        """Whether the step ends with exit code 0."""
        return self in {Result.SUCCEEDED, Result.UNCHANGED, Result.TRIGGERED, Result.PLANNED}


class Fate(Enum):
    """How far a request that got no good answer may have come."""

    UNSENT = auto()  # it never left: connection refused, DNS, TLS
    THROTTLED = auto()  # answered 429: turned away before it was looked at
    UNKNOWN = auto()  # it may have been processed: reply lost, unreadable, 408 or 5xx
    DENIED = auto()  # the API said no


@dataclass(eq=False)
class CallError(Exception):
    """One call that failed.

    `reason` is the API's or the network's own words, cut and in one line; `retry_after` is in seconds.
    """

    fate: Fate
    reason: str
    status: int | None = None
    retry_after: float | None = None
    hint: str = ""
    ray: str = ""  # Cloudflare's id of the request, which support can look up

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.reason} (cf-ray {self.ray})" if self.ray else self.reason


@dataclass(eq=False)
class Stop(Exception):
    """The end of the run: why, and what to do next."""

    result: ClassVar[Result]
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        """Say it in one line."""
        return self.reason


class Refused(Stop):
    """The API or the plan says no."""

    result = Result.REFUSED


@dataclass(eq=False)
class InvalidInput(Stop):
    """Inputs that cannot be used; nothing was sent. `problems` has a line for each."""

    result = Result.INVALID_INPUT
    problems: tuple[str, ...] = ()


class Unreachable(Stop):
    """The API could not be asked for longer than the failure budget: nobody knows."""

    result = Result.UNREACHABLE


class TimedOut(Stop):
    """The bound on the whole run was reached."""

    result = Result.TIMED_OUT


class PromotionFailed(Stop):
    """The version serves, and an alias could not be moved to it. The hint is the call that repairs it."""

    result = Result.PROMOTION_FAILED


@dataclass(eq=False)
class Interrupted(Stop):
    """The job was cancelled: SIGINT or SIGTERM came. `sent`: a request was out, and its reply is not read."""

    result = Result.INTERRUPTED
    reason: str = "the job was cancelled"
    sent: bool = False
