"""HTTP: one request and its reply, bounded in all. With `network.py`, the only user of httpx.

Every failure leaves here as a `CallError` that says how far the request may have come. Nothing is retried here, and
redirects are not followed: the key goes to no other host.
"""

import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx

from cerebras_deploy.api.message import BODY_LIMIT, Answer, Request
from cerebras_deploy.api.network import call_error, open_client
from cerebras_deploy.errors import CallError, Fate, Interrupted
from cerebras_deploy.text import Redactor, plain

CONNECT_LIMIT = 5.0  # seconds for each address of a host, so that one that is dead leaves time for the next

Connect = Callable[[], httpx.Client]
Bounded = Callable[[Callable[[], Answer], float], Answer]


class Latch:
    """Decides between the caller, who may give up, and the worker, who may still send: never both.

    `on_request_sent` is called once the whole request is out.
    """

    def __init__(self, on_request_sent: Callable[[], object] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._on_request_sent = on_request_sent
        self._sent = False
        self._abandoned = False

    def abandon(self) -> bool:
        """Give up: nothing is sent from now on. Return whether it was sent before."""
        with self._lock:
            self._abandoned = True
            return self._sent

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Watch httpcore's events for the request's first byte and its last; a proxy's CONNECT is not the request."""
        match event:
            case "http11.send_request_headers.started" if info["request"].method != b"CONNECT":
                with self._lock:
                    if self._abandoned:
                        raise httpx.ConnectTimeout("given up before anything was sent")
                    self._sent = True
            case "http11.receive_response_headers.started" if self._sent:
                self._on_request_sent()


class Http:
    """Sends requests, one at a time.

    `bounded` runs what may block (see `clock.Clock.call`), and `now` is that clock's. `connect` opens an HTTP client,
    and opens another after a call that timed out.
    """

    def __init__(
        self, *, bounded: Bounded, now: Callable[[], float], redact: Redactor, connect: Connect = open_client
    ) -> None:
        self._bounded, self._now, self._redact, self._connect = bounded, now, redact, connect
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections; a call that is still running in its thread ends at its next byte."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def ask(self, request: Request, within: float, on_request_sent: Callable[[], object] = lambda: None) -> Answer:
        """Return the reply to a request, which may take `within` seconds in all.

        `on_request_sent` is called in the worker's thread when the whole request is out. Raises `CallError`; or a
        `Stop` if the environment allows no connection.
        """
        latch, began = Latch(on_request_sent), self._now()
        try:
            client = self._client = self._client or self._connect()
            answer = self._bounded(lambda: _receive(client, request, within, latch), within)
        except TimeoutError as error:
            fate = Fate.UNKNOWN if latch.abandon() else Fate.UNSENT
            self.close()
            raise CallError(fate, f"no complete reply within {within:.0f} s", seconds=self._now() - began) from error
        except httpx.HTTPError as error:
            raise call_error(error, self._redact, self._now() - began) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            reason = plain(f"no usable address: {error}", 200)
            raise CallError(Fate.DENIED, reason, hint="correct `base-url`", seconds=self._now() - began) from error
        except Interrupted as stop:  # what has not been sent yet never will be
            raise Interrupted(sent=latch.abandon(), seconds=self._now() - began) from stop
        return answer._replace(seconds=self._now() - began)


def _receive(client: httpx.Client, request: Request, within: float, latch: Latch) -> Answer:
    """Send one request and read its reply up to the limit."""
    built = client.build_request(
        request.method,
        request.url,
        json=request.body,
        headers={"Authorization": f"Bearer {request.key}"},
        timeout=httpx.Timeout(within, connect=min(within, CONNECT_LIMIT)),
        extensions={"trace": latch.trace},
    )
    response = client.send(built, stream=True)
    try:
        content = bytearray()
        for chunk in response.iter_bytes():  # a proxy may compress it although nobody asked for that
            content += chunk
            if len(content) > BODY_LIMIT:
                break
        response.headers.setdefault("date", formatdate(usegmt=True))  # of receipt, as RFC 9110, 6.6.1 has it
        return Answer(response.status_code, response.headers, bytes(content))
    finally:
        response.close()
