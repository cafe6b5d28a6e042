"""What goes over the wire, as far as this action looks at it: a request, and its reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

BODY_LIMIT = 4 * 1024 * 1024  # bytes; an endpoint's status has about 300 of them for each entry


@dataclass(frozen=True)
class Request:
    """One request; `body` is sent as JSON. `once`: it changes something, so that it must not be sent twice unseen."""

    method: str
    url: str
    key: str = field(repr=False)
    body: dict[str, object] | None = None
    once: bool = False


class Answer(NamedTuple):
    """One HTTP reply. Header names are in lower case; `seconds` is how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


class Call(NamedTuple):
    """What one call did, for the counters and the debug log. `seconds` is how long it took.

    `ok`: its reply was an answer, which a 404 is where something is only looked up.
    """

    method: str
    path: str
    outcome: str
    seconds: float
    ok: bool


# Sends a request, which may take so many seconds, and returns the reply.
Ask = Callable[[Request, float], Answer]
