"""Which fault hits which request.

`Rules` alone decides. Two interpreters follow it: `injection` on a port, and in process a test's own transport,
which asks `world.faults.next(call)` before it calls the application, and lets the delay of its reply pass.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from cerebras_simulator.faults import kinds
from cerebras_simulator.faults.kinds import Fault

_ROOT: Final = "/management/v1"
#: The API's calls by the names that faults use.
CALLS: Final[Mapping[str, tuple[str, str]]] = {
    "deploy": ("POST", rf"{_ROOT}/endpoints/[^/]+:deployModel"),
    "status": ("GET", rf"{_ROOT}/endpoints/[^/]+"),
    "version": ("GET", rf"{_ROOT}/orgs/[^/]+/models/[^/]+/versions/[^/]+"),
    "aliases": ("PATCH", rf"{_ROOT}/orgs/[^/]+/models/[^/]+/versions/[^/]+"),
    "versions": ("GET", rf"{_ROOT}/orgs/[^/]+/models/[^/]+/versions"),
    "architectures": ("GET", rf"{_ROOT}/orgs/[^/]+/models"),
    "endpoints": ("GET", rf"{_ROOT}/orgs/[^/]+/endpoints"),
    "chat": ("POST", "/v1/chat/completions"),
    "models": ("GET", "/v1/models"),
}
ANY: Final = "*"
#: Any call, in a window of time; without a fault, connections are refused.
AWAY: Final = "away"

GRAMMAR: Final = """\
  CALL:WHICH=FAULT  CALL is {calls},
                    or * for any call.
                    WHICH counts the requests of that call from 1: 3, 3-8, 3- (from the third on), or * (all).
                    WHICH can also be a window of seconds: 0..60 starts when the rule is added, deploy+0..60 at
                    the next deploy call.
  away:FROM..TO     Refuse all connections in a window of seconds. Add =FAULT for another fault.
  FAULT is a kind, followed by any number of ;NAME=VALUE. Append -before or -after to the kind to choose whether
  the request is processed. The defaults are in brackets.

  Examples: deploy:1=reset-after, status:3-8=503, 'status:*=429;retry-after=7', chat:deploy+200..260=503
"""


def call_of(method: str, path: str) -> str | None:
    """Name the API's call that a request makes."""
    for call, (verb, pattern) in CALLS.items():
        if method == verb and re.fullmatch(pattern, path):
            return call
    return None


@dataclass(frozen=True)
class ByCount:
    """A fault on some requests of a call, counted from 1."""

    call: str
    first: int
    last: float
    fault: Fault


@dataclass(frozen=True)
class ByTime:
    """A fault on a call in a window of time, in seconds of the clock (whatever the speed of the world)."""

    call: str
    after_deploy: bool
    start: float
    end: float
    fault: Fault


Rule = ByCount | ByTime


def parse(text: str) -> Rule:
    """Read a rule: which requests, and the fault that hits them. Raises a ValueError that says what is wrong."""
    where, _, fault = text.partition("=")
    call, _, which = where.partition(":")
    window = re.fullmatch(r"(deploy\+)?(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)", which)
    count = re.fullmatch(r"(\d+)(-(\d*))?|\*", which)
    if window and call in {*CALLS, ANY, AWAY}:
        start, end = float(window[2]), float(window[3])
        if start >= end:
            raise ValueError(f"the window {which} ends before it starts: {text!r}")
        wanted, default = (ANY, "refused") if call == AWAY else (call, "")
        return ByTime(wanted, bool(window[1]), start, end, Fault.parse(fault or default))
    if not count or call not in {*CALLS, ANY}:
        raise ValueError(f"not of the form CALL:WHICH=FAULT or away:FROM..TO: {text!r}")
    first = int(count[1] or 1)
    last = first if count[1] and not count[2] else float(count[3] or "inf")
    if first < 1:
        raise ValueError(f"requests are counted from 1: {text!r}")
    if last < first:
        raise ValueError(f"the range {which} ends before it starts: {text!r}")
    return ByCount(call, first, last, Fault.parse(fault))


@dataclass(frozen=True)
class _Armed:
    """A rule and what it has seen since it was added; `origin` is where its window's time counts from."""

    rule: Rule
    text: str
    origin: float | None
    seen: int = 0

    def after(self, call: str | None, now: float) -> Self:
        match self.rule:
            case ByTime(after_deploy=True) if call == "deploy" and self.origin is None:
                return replace(self, origin=now)
            case ByCount(call=wanted) if wanted in {call, ANY}:
                return replace(self, seen=self.seen + 1)
            case _:
                return self

    def hits(self, call: str | None, now: float) -> bool:
        match self.rule:
            case ByTime(call=wanted, start=start, end=end):
                return wanted in {call, ANY} and self.origin is not None and start <= now - self.origin < end
            case ByCount(call=wanted, first=first, last=last):
                return wanted in {call, ANY} and first <= self.seen <= last


class Rules:
    """Decides which fault, if any, hits the next request; of several, the rule that was added first.

    Each rule counts requests and time from when it was added.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._armed: list[_Armed] = []
        #: Seconds by which the server's clock is off: the sum of the `clock` faults that have hit.
        self.skew = 0

    @property
    def rules(self) -> list[str]:
        """The rules in force, as they were written."""
        return [armed.text for armed in self._armed]

    def add(self, *rules: str) -> None:
        """Add rules, all or none of them."""
        parsed = [(parse(text), text) for text in rules]
        for rule, text in parsed:
            waits = isinstance(rule, ByTime) and rule.after_deploy
            self._armed.append(_Armed(rule, text, None if waits else self._now()))

    def clear(self) -> None:
        """Forget all rules."""
        self._armed.clear()

    def next(self, call: str | None) -> Fault | None:
        """Count a request of that call, and tell the fault that hits it."""
        now = self._now()
        self._armed = [armed.after(call, now) for armed in self._armed]
        fault = next((armed.rule.fault for armed in self._armed if armed.hits(call, now)), None)
        if fault and fault.kind == "clock":
            self.skew += fault.parameters["by"]
        return fault


def describe() -> str:
    """Explain how rules are written, and list the faults."""
    return GRAMMAR.format(calls=", ".join(CALLS)) + "\n" + kinds.describe()
