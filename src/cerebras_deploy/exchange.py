"""HTTP: one request and its reply, bounded in all. The only user of httpx.

Every failure leaves here as a `CallError` that says how far the request may have come; nothing is retried here.
Redirects are not followed: the key goes to no other host.
"""

import os
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from cerebras_deploy import __version__
from cerebras_deploy.errors import CallError, Fate, Interrupted, InvalidInput
from cerebras_deploy.replies import Answer
from cerebras_deploy.text import Redactor, plain

Connect = Callable[[], httpx.Client]
Bounded = Callable[[Callable[[], Answer], float], Answer]

BODY_LIMIT = 4 * 1024 * 1024  # bytes; an endpoint's status has about 300 of them an entry
USER_AGENT = f"cerebras-deploy-action/{__version__}"  # the API's front turns away the libraries' defaults
# Raised before the first byte of the request is sent.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Request:
    """One request; `body` is sent as JSON."""

    method: str
    url: str
    key: str = field(repr=False)
    body: dict[str, object] | None = None


def open_client() -> httpx.Client:
    """Return a client with the environment's proxies and CAs.

    The CAs are those of SSL_CERT_FILE or else SSL_CERT_DIR, as httpx has it; without both the system's, where OpenSSL
    looks up the one that it needs: certifi's bundle would have to be read whole. Raises `InvalidInput` if what the
    environment names cannot be used.
    """
    try:
        bundle, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        return httpx.Client(
            follow_redirects=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT},
            verify=ssl.create_default_context(cafile=bundle, capath=None if bundle else folder),
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:  # ImportError: a SOCKS proxy
        names = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE or SSL_CERT_DIR"
        raise InvalidInput(f"the environment's {names} cannot be used: {plain(str(error), 200)}") from error


class Latch:
    """Settles between the caller, who may give up, and the worker, who may still send: never both.

    `meanwhile` is called once all of the request is out.
    """

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._meanwhile = meanwhile
        self._sent = False
        self._abandoned = False

    def abandon(self) -> bool:
        """Give up: nothing will be sent from now on. Return whether it was sent before."""
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
                self._meanwhile()


class Exchange:
    """Sends requests, one at a time.

    `bounded` runs what may block (see `watch.Clock.call`); `connect` opens an HTTP client, anew after a call that was
    given up. `took` is how many seconds the last request took, to its reply or its failure; one that was ahead, with
    what ran meanwhile.
    """

    def __init__(self, *, bounded: Bounded, redact: Redactor, connect: Connect = open_client) -> None:
        self._bounded, self._redact, self._connect = bounded, redact, connect
        self._http: httpx.Client | None = None
        self._ahead: tuple[Request, Answer | Exception] | None = None
        self.took = 0.0

    def close(self) -> None:
        """Close the connections; a call that still runs unseen ends at its next byte."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def ask(self, request: Request, within: float) -> Answer:
        """Return the reply to a request, which may take `within` seconds in all.

        Raises `CallError`, or `InvalidInput` if there can be no connection from this environment.
        """
        ahead, self._ahead = self._ahead, None
        match ahead:
            case (before, Exception() as error) if before == request or isinstance(error, Interrupted):
                raise error
            case (before, Answer() as answer) if before == request:
                return answer
            case _:
                return self._ask(request, within, Latch())

    def ask_ahead(self, request: Request, within: float, meanwhile: Callable[[], object]) -> None:
        """Ask what will be asked first, and keep what comes of it for then; `meanwhile` runs while the reply comes."""
        try:
            self._ahead = request, self._ask(request, within, Latch(meanwhile))
        except Exception as error:  # noqa: BLE001 - it is raised again for who asks
            self._ahead = request, error

    def _ask(self, request: Request, within: float, latch: Latch) -> Answer:
        began = time.monotonic()
        try:
            http = self._http = self._http or self._connect()
            return self._bounded(lambda: _receive(http, request, within, latch), within)
        except TimeoutError as error:
            sent = latch.abandon()
            self.close()
            fate = Fate.UNKNOWN if sent else Fate.UNSENT
            raise CallError(fate, f"no complete reply within {within:.0f} s") from error
        except httpx.HTTPError as error:
            fate = Fate.UNSENT if isinstance(error, _UNSENT) else Fate.UNKNOWN
            raise CallError(fate, self._redact(_network(error)), hint=_network_hint(error)) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise CallError(
                Fate.DENIED, plain(f"no usable address: {error}", 200), hint="correct `base-url`"
            ) from error
        except Interrupted as stop:
            stop.sent = latch.abandon()  # what was not sent yet will not go out any more
            raise
        finally:
            self.took = time.monotonic() - began


def _receive(http: httpx.Client, request: Request, within: float, latch: Latch) -> Answer:
    """Send one request and read its reply up to the limit."""
    built = http.build_request(
        request.method,
        request.url,
        json=request.body,
        headers={"Authorization": f"Bearer {request.key}"},
        timeout=within,
        extensions={"trace": latch.trace},
    )
    response = http.send(built, stream=True)
    try:
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > BODY_LIMIT:
                break
        return Answer(response.status_code, response.headers, bytes(content))
    finally:
        response.close()


def _network(error: httpx.HTTPError) -> str:
    """Say in words what the network did; httpx's own text is shown where it has one."""
    cause = _cause(error)
    words = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    if isinstance(cause, ssl.SSLError):
        said = f"TLS failed: {getattr(cause, 'verify_message', '') or getattr(cause, 'reason', '') or cause}"
    elif isinstance(error, httpx.ConnectTimeout):
        said = "no connection in time"
    elif isinstance(error, httpx.TimeoutException):
        said = "no reply in time"
    elif isinstance(error, httpx.ProxyError):
        said = f"the proxy refused: {error}"
    elif isinstance(error, httpx.ConnectError):
        said = f"no connection: {words}"
    else:
        said = f"connection lost: {words}"
    return plain(said, 200)


def _network_hint(error: httpx.HTTPError) -> str:
    if isinstance(_cause(error), ssl.SSLCertVerificationError):
        return "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"
    if isinstance(error, httpx.ProxyError):
        return "check HTTPS_PROXY, and NO_PROXY for what needs no proxy"
    return ""


def _cause(error: BaseException) -> BaseException:
    """Return the operating system's error at the bottom of the chain."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
