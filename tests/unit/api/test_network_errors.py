"""What a failure of the network is called, how far the request may have come, and what to do about it."""

import socket
import ssl

import httpx
import pytest

from cerebras_deploy.api.network_errors import call_error
from cerebras_deploy.api.proxy import Proxy
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import Redactor

PROXY_HINT = "check HTTPS_PROXY and the proxy's rules, or add the host to NO_PROXY"
PROXY = Proxy("https_proxy", "http://somebody:zqx@proxy.corp:3128")
REQUEST = httpx.Request("GET", "https://api.example:8443/management/v1")
CA_HINT = "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"


def tls(error: ssl.SSLError) -> httpx.ConnectError:
    """Return what httpx makes of an error of OpenSSL's."""
    made = httpx.ConnectError(str(error))
    made.__cause__ = error
    return made


def not_verified() -> httpx.ConnectError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message, error.verify_code = "unable to get local issuer certificate", 20
    return tls(error)


CASES: list[tuple[httpx.HTTPError, Fate, str, str]] = [
    (httpx.ConnectTimeout("timed out"), Fate.UNSENT, "no connection to api.example:8443 in time", ""),
    (httpx.PoolTimeout("timed out"), Fate.UNSENT, "no reply in time", ""),
    (httpx.ReadTimeout("timed out"), Fate.UNKNOWN, "no reply in time", ""),
    (httpx.WriteTimeout("timed out"), Fate.UNKNOWN, "no reply in time", ""),
    (
        httpx.ConnectError("[Errno 111] Connection refused"),
        Fate.UNSENT,
        "no connection to api.example:8443: Connection refused",
        "",
    ),
    (
        httpx.ConnectError("[Errno -2] Name or service not known"),
        Fate.UNSENT,
        "no connection to api.example:8443: Name or service not known",
        "",
    ),
    (httpx.ConnectError(""), Fate.UNSENT, "no connection to api.example:8443: ConnectError", ""),
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
    (
        not_verified(),
        Fate.UNSENT,
        "TLS failed: no CA that this container trusts has issued the certificate (",
        CA_HINT,
    ),
    (
        tls(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")),
        Fate.UNSENT,
        "TLS failed: the handshake failed (",
        "",
    ),
]


@pytest.mark.parametrize(
    ("error", "fate", "words", "hint"), CASES, ids=[f"{type(c[0]).__name__}-{c[2]}" for c in CASES]
)
def test_each_has_its_fate_its_words_and_its_hint(error: httpx.HTTPError, fate: Fate, words: str, hint: str) -> None:
    error.request = REQUEST
    said = call_error(error, Redactor(), 1.5)

    assert (said.fate, said.hint, said.status, said.seconds) == (fate, hint, None, 1.5)
    assert said.reason == words or (words.endswith("(") and said.reason.startswith(words))


def test_a_key_in_the_words_is_blanked() -> None:
    assert call_error(httpx.ReadError("bad header csk-0123"), Redactor(["csk-0123"]), 0).reason == (
        "connection lost: bad header ***"
    )


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
        "use the host's address, 172.17.0.1, or a service's name, because this address is the action's own container"
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


class TestThroughAProxy:
    """A failure says whether it is the proxy's, which variable names it, and no password."""

    def told(self, error: httpx.HTTPError, proxy: Proxy = PROXY) -> CallError:
        error.request = REQUEST
        return call_error(error, Redactor(), 0, proxy)

    def test_no_connection_is_the_proxys(self) -> None:
        assert self.told(httpx.ConnectError("[Errno -2] Name or service not known")).reason == (
            "no connection to proxy.corp:3128, the proxy of https_proxy: Name or service not known"
        )
        assert self.told(httpx.ConnectTimeout("timed out")).reason == (
            "no connection to proxy.corp:3128, the proxy of https_proxy in time"
        )

    @pytest.mark.parametrize(
        ("said", "hint"),
        [
            (
                "407 Proxy Authentication Required",
                "set a user and a password in https_proxy: http://USER:PASSWORD@HOST:PORT",
            ),
            ("403 Forbidden", "check https_proxy and the proxy's rules, or add the host to NO_PROXY"),
        ],
    )
    def test_a_refusal_names_it(self, said: str, hint: str) -> None:
        told = self.told(httpx.ProxyError(said))

        assert told.reason == f"proxy.corp:3128, the proxy of https_proxy, refused: {said}"
        assert told.hint == hint
        assert told.is_lasting

    def test_one_on_the_loopback_is_the_container_itself(self) -> None:
        error = httpx.ConnectError("[Errno 111] Connection refused")
        error.__cause__ = ConnectionRefusedError(111, "Connection refused")

        told = self.told(error, Proxy("HTTPS_PROXY", "http://127.0.0.1:3128"))

        assert told.reason == "no connection to 127.0.0.1:3128, the proxy of HTTPS_PROXY: Connection refused"
        assert told.hint == (
            "use the host's address, 172.17.0.1, or a service's name, "
            "because this address is the action's own container"
        )
        assert told.is_lasting
