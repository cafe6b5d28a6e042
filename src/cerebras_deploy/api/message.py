"""What goes over the wire, as far as this action looks at it: a request, and its reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Request:
    """One request; `body` is sent as JSON."""

    method: str
    url: str
    key: str = field(repr=False)
    body: dict[str, object] | None = None


class Answer(NamedTuple):
    """One HTTP reply. Header names are in lower case; `seconds` is how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


# Sends a request, which may take so many seconds, and returns the reply.
Ask = Callable[[Request, float], Answer]
