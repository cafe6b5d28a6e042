"""What is raised: a `CallError` for one failed HTTP call, which the caller judges; a `Stop` to end the run, or a part.

Neither is changed on its way: whoever knows more raises a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from cerebras_deploy.result import End, Result


class Fate(Enum):
    """How far a request without a usable reply may have come."""

    UNSENT = auto()  # it never left: connection refused, DNS, TLS
    THROTTLED = auto()  # answered 429: turned away before it was looked at
    UNKNOWN = auto()  # it may have been processed: reply lost, unreadable, 408 or 5xx
    DENIED = auto()  # the API said no


@dataclass(eq=False)
class CallError(Exception):
    """One call that failed.

    `reason` is the API's or the network's own words, cut to one line. `retry_after` and `seconds`, how long the call
    took, are in seconds. `ray` is Cloudflare's ID of the request, which support can look up. `is_misread`: a reply
    came, and is not what the API is known to say, so that waiting may not help. `is_stale`: it is older than another.
    `is_lasting`: waiting does not change it: a certificate, an unknown host, a proxy that refuses. `is_page`: the reply
    is neither JSON nor empty, so that it may not be the API's.
    """

    fate: Fate
    reason: str
    status: int | None = None
    retry_after: float | None = None
    hint: str = ""
    ray: str = ""
    seconds: float = 0.0
    is_misread: bool = False
    is_stale: bool = False
    is_lasting: bool = False
    is_page: bool = False

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.reason} (cf-ray {self.ray})" if self.ray else self.reason

    def about(self, call: str) -> "CallError":
        """Return it with the call's name before the reason."""
        return replace(self, reason=f"{call}: {self.reason}")

    def with_hint(self, hint: str) -> "CallError":
        """Return it with another hint, unless that is empty."""
        return replace(self, hint=hint or self.hint)


NO_ROOM_HINT = "raise the container's limit on processes and threads (`--pids-limit`)"


class NoThreadError(OSError):
    """There is no room for another thread or process, which `NO_ROOM_HINT` tells what to do about."""


class Stop(Exception):
    """Ends the run, or a part of it, with `end`."""

    def __init__(self, end: End) -> None:
        super().__init__(end.reason)
        self.end = end


class Interrupted(Stop):
    """The job was canceled: SIGINT or SIGTERM came.

    `sent`: a request was out, and its reply was not read. `seconds` is how long that request had taken.
    """

    def __init__(self, hint: str = "", *, sent: bool = False, seconds: float = 0.0) -> None:
        super().__init__(End(Result.INTERRUPTED, "the job was canceled", hint))
        self.sent, self.seconds = sent, seconds


def refused(reason: str, hint: str = "") -> Stop:
    """Return the stop for what the API or the plan does not allow."""
    return Stop(End(Result.REFUSED, reason, hint))


def end_of(part: Callable[[], End]) -> End:
    """Run a part to its end, whether it returns that or raises it. Only here does a stop become an end."""
    try:
        return part()
    except Stop as stop:
        return stop.end


def invalid_input(*problems: str) -> Stop:
    """Return the stop for inputs, or variables of the runner, that cannot be used: a line for each."""
    reason = "; ".join(problem.removesuffix(".") for problem in problems)
    return Stop(End(Result.INVALID_INPUT, reason, problems=problems))
