"""A reply on its way to the caller, before it is on any wire."""

import json
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class RawReply:
    """A reply on its way to the caller.

    Args:
        status: HTTP status.
        headers: without content-length.
        chunks: the body, in the pieces that are sent.
        declared: what content-length says; None sends none, in chunks. More than there is: the connection ends early.
        pause: seconds between one byte and the next.
        delay: seconds until it begins.
        slow_head: whether the pauses begin with the status line.

    """

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    declared: int | None
    pause: float = 0
    delay: float = 0
    slow_head: bool = False

    @property
    def body(self) -> bytes:
        """All that is sent of the body."""
        return b"".join(self.chunks)

    @property
    def cut(self) -> bool:
        """Whether the connection ends before the body does."""
        return self.declared is not None and self.declared > sum(map(len, self.chunks))


def raw_reply(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> RawReply:
    """Give a reply that says its length truly."""
    return RawReply(status, headers, (body,), len(body))


def json_reply(status: int, body: object, *headers: tuple[str, str]) -> RawReply:
    """Give a JSON reply."""
    return raw_reply(status, (("content-type", "application/json"), *headers), json.dumps(body).encode())


#: What a request that is not processed starts from.
BLANK: Final = json_reply(200, {})
