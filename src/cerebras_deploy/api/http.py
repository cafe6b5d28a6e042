"""HTTP: one request and its reply, bounded in all.

Every failure leaves here as a `CallError` that says how far the request may have come. Nothing is retried here, and
redirects are not followed: the key goes to no other host.
"""

from collections.abc import Callable
from email.utils import formatdate

import httpx

from cerebras_deploy.api.latch import Latch
from cerebras_deploy.api.message import BODY_LIMIT, Answer, Request
from cerebras_deploy.api.network import open_client, proxy_for
from cerebras_deploy.api.network_errors import CUT, call_error, is_certificate, peer
from cerebras_deploy.api.proxy import Proxy
from cerebras_deploy.errors import NO_ROOM_HINT, CallError, Fate, Interrupted, NoThreadError
from cerebras_deploy.text import Redactor, plain

CONNECT_LIMIT = 5.0  # seconds for each address of a host, so that one that is dead leaves time for the next

Connect = Callable[[Proxy | None], httpx.Client]
Bounded = Callable[[Callable[[], Answer], float], Answer]


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
        self._shown: str | None = None  # which certificate was shown that was not accepted; it is asked for once

    def close(self) -> None:
        """Close the connections; a call that is still running in its thread ends at its next byte."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def ask(self, request: Request, within: float, on_request_sent: Callable[[], object] = lambda: None) -> Answer:
        """Return the reply to a request, which may take `within` seconds in all.

        `on_request_sent` is called in the worker's thread when the whole request is out. A connection that was idle may
        have been cut, which shows only when it is used: so a request that must not be sent twice has one of its own,
        and any other is sent again over a new one. Raises `CallError`; or a `Stop` if the environment allows no
        connection.
        """
        latch, began, proxy = Latch(on_request_sent), self._now(), proxy_for(request.url)
        if request.once:
            self.close()
        try:
            client = self._client = self._client or self._connect(proxy)
            answer = self._bounded(lambda: self._receive(client, request, within, latch), within)
        except TimeoutError as error:
            fate = Fate.UNKNOWN if latch.abandon() else Fate.UNSENT
            self.close()
            what = f"no connection to {peer(request.url, proxy)}" if latch.is_connecting else "no complete reply"
            raise CallError(fate, f"{what} within {within:.0f} s", seconds=self._now() - began) from error
        except httpx.HTTPError as error:
            raise call_error(error, self._redact, self._now() - began, proxy, self._shown or "") from error
        except NoThreadError as error:
            raise CallError(Fate.UNSENT, str(error), hint=NO_ROOM_HINT, is_lasting=True) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            reason = plain(f"no usable address: {error}", 200)
            raise CallError(Fate.DENIED, reason, hint="correct `base-url`", seconds=self._now() - began) from error
        except Interrupted as stop:  # what has not been sent yet never will be
            raise Interrupted(sent=latch.abandon(), seconds=self._now() - began) from stop
        return answer._replace(seconds=self._now() - began)

    def _receive(self, client: httpx.Client, request: Request, within: float, latch: Latch) -> Answer:
        """Send one request, and read its reply. If a certificate was not accepted, note which one it is."""
        try:
            return _receive_once(client, request, within, latch)
        except CUT:
            if request.once or not latch.is_of_old_connection:
                raise
        except httpx.ConnectError as error:
            if self._shown is None and is_certificate(error):
                from cerebras_deploy.api.certificate import shown_certificate  # noqa: PLC0415 - few runs need it

                found = shown_certificate(request.url, proxy_for(request.url), min(within / 4, CONNECT_LIMIT))
                self._shown = self._redact(found)
            raise
        return _receive_once(client, request, within, latch)


def _receive_once(client: httpx.Client, request: Request, within: float, latch: Latch) -> Answer:
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
