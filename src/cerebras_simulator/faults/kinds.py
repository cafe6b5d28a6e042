"""What can go wrong with a request, and how it is written: a fault is a frozen value."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from cerebras_simulator.faults.damage import Parameters, mangle
from cerebras_simulator.faults.raw_reply import BLANK, RawReply

#: How a request ends: with a reply, or by what happens to its connection.
Ending = Literal["reply", "refused", "reset", "silence"]


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it does, whether the request is processed all the same, its parameters' defaults."""

    about: str
    processed: bool = False
    ending: Ending = "reply"
    defaults: Parameters = field(default_factory=dict)


def _error(about: str, **defaults: Any) -> Kind:
    return Kind(about, defaults=defaults)


def _reply(about: str, **defaults: Any) -> Kind:
    return Kind(about, processed=True, defaults=defaults)


STATUS: Final = _error("this HTTP status; retry-date is in seconds from now", retry_after="", retry_date=0)
KINDS: Final[Mapping[str, Kind]] = {
    "refused": Kind("connection refused (reset, if the simulator listens on a port)", ending="refused"),
    "reset": Kind("connection reset", ending="reset"),
    "read-timeout": Kind("no reply, ever", processed=True, ending="silence"),
    "slow": _reply("a late reply", seconds=12.0),
    "truncated": _reply("half of the body, then the connection closes"),
    "drip": _reply("the body, one byte at a time", pause=1.0),
    "drip-headers": _reply("status line, headers and body, one byte at a time", pause=1.0),
    "huge": _reply("the body, followed by megabytes of spaces", mb=50),
    "content-type": _reply("another content type", to="text/plain"),
    "malformed": _reply("a body that is not JSON"),
    "body": _reply("another body", to="[]"),
    "nested": _reply("deeply nested objects", depth=100_000),
    "missing": _reply("a field is missing, or all are", field=""),
    "null": _reply("a field is null, or all are", field=""),
    "set": _reply("a field has another value, as JSON or text", field="", to=""),
    "types": _reply("a field has another type, or all have", field=""),
    "extra": _reply("objects have undocumented fields"),
    "clock": _reply("the server's clock is off by this many seconds from now on", by=3600),
    "html": _error("a proxy's HTML page", status=502),
    "cloudflare": _error("an error text of Cloudflare", code=1010),
    "empty": _error("no body at all", status=404),
    "detail-list": _error("an error with a list of details", status=400),
    "flat": _error("an error in the form of the inference API", status=400),
    "wrapped": _error("an error inside an object `error`", status=400),
    "redirect": _error("a redirect to another host", status=302, to="https://elsewhere.example/"),
}


@dataclass(frozen=True)
class Fault:
    """A fault of some kind, as it is written: `429;retry-after=7`, `reset-after`."""

    kind: str
    processed: bool
    ending: Ending
    parameters: Parameters

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fault, or raise a ValueError that says what is wrong with it."""
        name, *settings = text.split(";")
        found = re.fullmatch(r"(.+?)(?:-(before|after))?", name)
        kind = _kind(found[1]) if found else None
        if found is None or kind is None:
            raise ValueError(f"no fault {name!r}; there are: an HTTP status, {', '.join(KINDS)}")
        parameters = dict(kind.defaults) | dict(_setting(name, kind.defaults, setting) for setting in settings)
        processed = {"before": False, "after": True}.get(found[2] or "", kind.processed)
        return cls(found[1], processed, kind.ending, parameters)

    def mangle(self, reply: RawReply, now: float) -> RawReply:
        """Give what becomes of a reply at that unix time; it is not looked at if the request was not processed."""
        return mangle(self.kind, reply if self.processed else BLANK, self.parameters, now)


def _kind(name: str) -> Kind | None:
    return STATUS if re.fullmatch("[3-5][0-9][0-9]", name) else KINDS.get(name)


def _setting(fault: str, defaults: Parameters, text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    key = name.replace("-", "_")
    if key not in defaults:
        known = ", ".join(defaults).replace("_", "-") or "nothing"
        raise ValueError(f"{fault} takes no {name!r}, but {known}")
    try:
        number = type(defaults[key])(value)
    except ValueError:
        raise ValueError(f"{name} of {fault} is not a number: {value!r}") from None
    if not isinstance(number, str) and not _fits(key, number):
        raise ValueError(f"{name} of {fault} is {LIMITS.get(key, 'a number from 0 on')}, not {value}")
    return key, number


#: What numbers may be, where it is not any number from 0 on.
LIMITS: Final[Mapping[str, str]] = {
    "status": "an HTTP status from 200 to 599",
    "by": "a number",
    "retry_date": "a number",
}


def _fits(name: str, number: float) -> bool:
    if name == "status":
        return 200 <= number <= 599  # noqa: PLR2004  # as LIMITS says
    return math.isfinite(number) and (number >= 0 or name in LIMITS)


def describe() -> str:
    """List the kinds of faults, one a line."""
    shown = {"300 to 599": STATUS, **KINDS}
    return "\n".join(_line(name, kind) for name, kind in shown.items())


def _line(name: str, kind: Kind) -> str:
    names = {key.replace("_", "-"): value for key, value in kind.defaults.items()}
    defaults = "".join(f", {key}={value}" if value != "" else f", {key}" for key, value in names.items())
    return f"  {name:12}  {kind.about} ({'after' if kind.processed else 'before'}{defaults})"
