"""What a failure of the network is called, how far the request may have come, and what to do about it."""

import socket
import ssl

import httpx
import pytest

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.message import Request
from cerebras_deploy.api.network import call_error
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import Redactor

PROXY_HINT = "check HTTPS_PROXY, and NO_PROXY for what needs no proxy"
CA_HINT = "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"


def tls(error: ssl.SSLError) -> httpx.ConnectError:
    """Return what httpx makes of an error of OpenSSL's."""
    made = httpx.ConnectError(str(error))
    made.__cause__ = error
    return made


def not_verified() -> httpx.ConnectError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "unable to get local issuer certificate"
    return tls(error)


CASES: list[tuple[httpx.HTTPError, Fate, str, str]] = [
    (httpx.ConnectTimeout("timed out"), Fate.UNSENT, "no connection in time", ""),
    (httpx.PoolTimeout("timed out"), Fate.UNSENT, "no reply in time", ""),
    (httpx.ReadTimeout("timed out"), Fate.UNKNOWN, "no reply in time", ""),
    (httpx.WriteTimeout("timed out"), Fate.UNKNOWN, "no reply in time", ""),
    (httpx.ConnectError("[Errno 111] Connection refused"), Fate.UNSENT, "no connection: Connection refused", ""),
    (
        httpx.ConnectError("[Errno -2] Name or service not known"),
        Fate.UNSENT,
        "no connection: Name or service not known",
        "",
    ),
    (httpx.ConnectError(""), Fate.UNSENT, "no connection: ConnectError", ""),
    (
        httpx.ReadError("[Errno 104] Connection reset by peer"),
        Fate.UNKNOWN,
        "connection lost: Connection reset by peer",
        "",
    ),
    (httpx.ReadError(""), Fate.UNKNOWN, "connection lost: ReadError", ""),
    (httpx.RemoteProtocolError("Server disconnected"), Fate.UNKNOWN, "connection lost: Server disconnected", ""),
    (httpx.ProxyError("403 Forbidden"), Fate.UNSENT, "the proxy refused: 403 Forbidden", PROXY_HINT),
    (httpx.UnsupportedProtocol("no http"), Fate.UNSENT, "connection lost: no http", ""),
    (not_verified(), Fate.UNSENT, "TLS failed: unable to get local issuer certificate", CA_HINT),
    (tls(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")), Fate.UNSENT, "TLS failed: ", ""),
]


@pytest.mark.parametrize(
    ("error", "fate", "words", "hint"), CASES, ids=[f"{type(c[0]).__name__}-{c[2]}" for c in CASES]
)
def test_each_has_its_fate_its_words_and_its_hint(error: httpx.HTTPError, fate: Fate, words: str, hint: str) -> None:
    said = call_error(error, Redactor(), 1.5)

    assert (said.fate, said.hint, said.status, said.seconds) == (fate, hint, None, 1.5)
    assert said.reason == words or (words.endswith(": ") and said.reason.startswith(words))


def test_a_key_in_the_words_is_blanked() -> None:
    assert call_error(httpx.ReadError("bad header csk-0123"), Redactor(["csk-0123"]), 0).reason == (
        "connection lost: bad header ***"
    )


@pytest.mark.parametrize(
    "url", ["https://a b/", "https://\x00/", "https://xn--/", "https://" + "a" * 300 + ".example/"]
)
def test_an_address_that_cannot_be_used_is_refused_and_not_tried_again(url: str) -> None:
    http = Http(bounded=lambda function, _: function(), now=lambda: 0.0, redact=Redactor(), connect=refusing)

    with pytest.raises(CallError) as raised:
        http.ask(Request("GET", url, "key"), 5)

    assert (raised.value.fate, raised.value.hint) == (Fate.DENIED, "correct `base-url`")
    assert raised.value.reason.startswith("no usable address: ")


def refusing() -> httpx.Client:
    """A client that looks at an address as httpx does, and connects to none."""

    def handle(request: httpx.Request) -> httpx.Response:
        request.url.host.encode("idna")
        raise httpx.InvalidURL("no such address")

    return httpx.Client(transport=httpx.MockTransport(handle))


@pytest.mark.parametrize(
    ("cause", "is_lasting"),
    [
        (ssl.SSLCertVerificationError("unable to get local issuer certificate"), True),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), True),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), False),
        (ConnectionRefusedError(111, "Connection refused"), False),
    ],
    ids=["certificate", "unknown host", "name server away", "refused"],
)
def test_what_waiting_does_not_change_is_told_apart(cause: Exception, *, is_lasting: bool) -> None:
    error = httpx.ConnectError(str(cause), request=httpx.Request("GET", "https://api.example/"))
    error.__cause__ = cause

    assert call_error(error, Redactor(), 0).is_lasting == is_lasting


def test_a_proxy_that_refuses_goes_on_refusing() -> None:
    assert call_error(httpx.ProxyError("407 Proxy Authentication Required"), Redactor(), 0).is_lasting


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_where_nothing_listens_in_this_container_waiting_does_not_help(host: str) -> None:
    error = httpx.ConnectError("[Errno 111] Connection refused", request=httpx.Request("GET", f"http://{host}:9/"))
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")

    said = call_error(error, Redactor(), 0)

    assert said.is_lasting
    assert said.hint == (
        "this is the action's own container: use the host's address, 172.17.0.1, or the name of a service"
    )


@pytest.mark.parametrize("host", ["10.0.0.1", "api.example", "localhost.example"])
def test_where_nothing_listens_elsewhere_it_may(host: str) -> None:
    error = httpx.ConnectError("[Errno 111] Connection refused", request=httpx.Request("GET", f"http://{host}:9/"))
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")

    assert (call_error(error, Redactor(), 0).is_lasting, call_error(error, Redactor(), 0).hint) == (False, "")


def test_a_reset_by_this_container_may_pass() -> None:
    error = httpx.ConnectError("[Errno 104] Connection reset", request=httpx.Request("GET", "http://localhost:9/"))
    error.__cause__ = ConnectionResetError(104, "Connection reset")

    assert not call_error(error, Redactor(), 0).is_lasting
