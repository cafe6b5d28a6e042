"""HTTP: the Management API's calls, one try each. The only user of httpx.

Every failure leaves here as a `CallError` that says how far the request may have come; nothing is retried here.
Redirects are not followed: the key goes to no other host.
"""

import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from cerebras_deploy import __version__
from cerebras_deploy.errors import CallError, Fate, Interrupted, InvalidInput
from cerebras_deploy.replies import Answer, failure, unreadable
from cerebras_deploy.text import Redactor, plain
from cerebras_deploy.wire import Aliases, Completion, Endpoint, Endpoints, ModelName, Operation, Version

R = TypeVar("R", bound=BaseModel)
Connect = Callable[[], httpx.Client]
Bounded = Callable[[Callable[[], Answer], float], Answer]

Body = dict[str, object]

_ROOT = "/management/v1"
ANSWER_TOKENS = 1024  # room for a reasoning model to get to its answer
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


def open_client() -> httpx.Client:
    """Return a client with the environment's proxies and private CAs.

    Raises `InvalidInput` if those cannot be used.
    """
    try:
        return httpx.Client(
            follow_redirects=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": USER_AGENT},
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:  # ImportError: a SOCKS proxy
        names = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE or SSL_CERT_DIR"
        raise InvalidInput(f"the environment's {names} cannot be used: {plain(str(error), 200)}") from error


@dataclass(frozen=True)
class Call:
    """What one call did, for the counters and the debug log. `seconds` is its latency."""

    method: str
    path: str
    outcome: str
    seconds: float
    ok: bool


class Latch:
    """Settles between the caller, who may give up, and the worker, who may still send: never both."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = False
        self._abandoned = False

    def abandon(self) -> bool:
        """Give up: nothing will be sent from now on. Return whether it was sent before."""
        with self._lock:
            self._abandoned = True
            return self._sent

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Watch httpcore's events for the request's first byte; a proxy's CONNECT is not the request."""
        if event == "http11.send_request_headers.started" and info["request"].method != b"CONNECT":
            with self._lock:
                if self._abandoned:
                    raise httpx.ConnectTimeout("given up before anything was sent")
                self._sent = True


class Api:
    """The calls the action makes, each bounded by `within` seconds in all.

    `bounded` runs what may block (see `watch.Clock.call`); `connect` opens an HTTP client, anew after a call that
    was given up; `observe` is told of every call.
    """

    def __init__(  # noqa: PLR0913 - what a client needs
        self,
        base_url: str,
        key: str,
        inference_key: str = "",
        *,
        bounded: Bounded,
        redact: Redactor,
        connect: Connect = open_client,
        observe: Callable[[Call], None],
    ) -> None:
        self._base_url, self._key, self._inference_key = base_url, key, inference_key
        self._bounded, self._redact, self._observe = bounded, redact, observe
        self._connect = connect
        self._http: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections; a call that still runs unseen ends at its next byte."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def endpoint(self, endpoint_id: str, within: float) -> Endpoint:
        """`GET /management/v1/endpoints/{endpoint_id}`: the endpoint and its deployments."""
        path = f"{_ROOT}/endpoints/{quote(endpoint_id, safe='')}"
        return self._send(Endpoint, f"endpoint {endpoint_id}", "GET", path, within=within)

    def version(self, model: ModelName, within: float) -> Version:
        """`GET …/versions/{version_id}`, by integer or alias."""
        return self._send(Version, f"version {model.version} of {model.architecture}", "GET", _of(model), within=within)

    def set_aliases(self, model: ModelName, aliases: tuple[str, ...], within: float) -> Aliases:
        """`PATCH …/versions/{version_id}`: the whole list, which replaces the one before."""
        what = f"aliases of version {model.version}"
        return self._send(Aliases, what, "PATCH", _of(model), within=within, body={"version_aliases": aliases})

    def chat(self, endpoint_id: str, prompt: str, within: float) -> Completion:
        """`POST /v1/chat/completions`, with the inference key."""
        body = {
            "model": endpoint_id,
            "messages": [{"role": "user", "content": prompt}],
            "max_completion_tokens": ANSWER_TOKENS,
            "temperature": 0,
        }
        return self._send(
            Completion, f"question to {endpoint_id}", "POST", "/v1/chat/completions", within=within, body=body
        )

    def endpoints(self, org: str, within: float) -> Endpoints:
        """`GET /management/v1/orgs/{org_name}/endpoints`."""
        path = f"{_ROOT}/orgs/{quote(org, safe='')}/endpoints"
        return self._send(Endpoints, f"endpoints of {org}", "GET", path, within=within)

    def deploy(self, endpoint_id: str, model: ModelName, within: float) -> Operation:
        """`POST /management/v1/endpoints/{endpoint_id}:deployModel`; the colon stays literal (AIP-136)."""
        path = f"{_ROOT}/endpoints/{quote(endpoint_id, safe='')}:deployModel"
        return self._send(Operation, "deploy call", "POST", path, within=within, body={"model": str(model)})

    def _send(  # noqa: PLR0913 - a call is that much
        self, reply: type[R], what: str, method: str, path: str, *, within: float, body: Body | None = None
    ) -> R:
        started = time.monotonic()
        outcome, ok = "given up", False
        try:
            answer = self._exchange(method, path, within, body)
            outcome = f"HTTP {answer.status}"
            if not httpx.codes.is_success(answer.status):
                raise failure(answer, self._redact(answer.body.decode("utf-8", "replace")))
            result, ok = _parse(reply, answer), True
        except CallError as error:
            outcome = error.reason
            error.reason = f"{what}: {outcome}"
            raise
        else:
            return result
        finally:
            self._observe(Call(method, path, outcome, time.monotonic() - started, ok))

    def _exchange(self, method: str, path: str, within: float, body: Body | None) -> Answer:
        latch = Latch()
        http = self._http = self._http or self._connect()
        try:
            request = http.build_request(
                method,
                self._base_url + path,
                json=body,
                headers={"Authorization": f"Bearer {self._key if path.startswith(_ROOT) else self._inference_key}"},
                timeout=within,
                extensions={"trace": latch.trace},
            )
            return self._bounded(lambda: _receive(http, request), within)
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


def _of(model: ModelName) -> str:
    org, architecture, version = (quote(part, safe="") for part in model)
    return f"{_ROOT}/orgs/{org}/models/{architecture}/versions/{version}"


def _receive(http: httpx.Client, request: httpx.Request) -> Answer:
    """Send one request and read its reply up to the limit."""
    response = http.send(request, stream=True)
    try:
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > BODY_LIMIT:
                break
        return Answer(response.status_code, response.headers, bytes(content))
    finally:
        response.close()


def _parse(reply: type[R], answer: Answer) -> R:
    if len(answer.body) > BODY_LIMIT:
        raise unreadable(answer, f"more than {BODY_LIMIT // 1024 // 1024} MiB")
    try:
        return reply.model_validate_json(answer.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise unreadable(answer, f"{where}: {first['msg']}" if where else first["msg"]) from error


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
