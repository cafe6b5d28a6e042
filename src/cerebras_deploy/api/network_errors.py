"""What a failure of the network means: how far the request may have come, in words, and what to do about it."""

import errno
import ipaddress
import re
import ssl

import httpx

from cerebras_deploy.api import tls
from cerebras_deploy.api.proxy import Proxy, place_of
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import Redactor, plain

NO_SUCH_HOST = -2  # EAI_NONAME of glibc; socket itself is left to httpx
# Raised before the first byte of the request is sent.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# How a connection ends that was idle for too long: see `Http.ask`.
CUT = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.LocalProtocolError)


def is_certificate(error: httpx.HTTPError) -> bool:
    """Whether the server has shown a certificate, and it was not accepted."""
    return isinstance(_cause(error), ssl.SSLCertVerificationError)


def call_error(
    error: httpx.HTTPError, redact: Redactor, seconds: float, proxy: Proxy | None = None, shown: str = ""
) -> CallError:
    """Return what a failure of the network means.

    `seconds` is how long the call took, and `shown` says which certificate the server has shown.
    """
    fate = Fate.UNSENT if isinstance(error, _UNSENT) else Fate.UNKNOWN
    words = plain(_words(error, proxy), 200) + (f"; {shown}" if shown and is_certificate(error) else "")
    return CallError(
        fate, redact(words), hint=_hint(error, proxy), seconds=seconds, is_lasting=_is_lasting(error, proxy)
    )


def _is_lasting(error: httpx.HTTPError, proxy: Proxy | None) -> bool:
    """Whether waiting does not change it."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLError):
        return tls.told(cause).is_lasting
    unknown_host = isinstance(cause, OSError) and type(cause).__name__ == "gaierror" and cause.errno == NO_SUCH_HOST
    return unknown_host or _is_refused_by_this_container(error, proxy) or isinstance(error, httpx.ProxyError)


def _is_refused_by_this_container(error: httpx.HTTPError, proxy: Proxy | None) -> bool:
    """Whether `base-url`, or the proxy, is this container itself, where nothing listens."""
    cause = _cause(error)
    if not (isinstance(error, httpx.ConnectError) and isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED):
        return False
    host = proxy.host if proxy else error.request.url.host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def peer(url: str, proxy: Proxy | None) -> str:
    """Name, for people, where a connection to an address goes."""
    return f"{proxy.place}, the proxy of {proxy.variable}" if proxy else place_of(url)


def _words(error: httpx.HTTPError, proxy: Proxy | None) -> str:
    """Say what the network did; httpx's own text is shown where it has one."""
    cause = _cause(error)
    words = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    if isinstance(cause, ssl.SSLError):
        return tls.told(cause).words
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection to {peer(str(error.request.url), proxy)} in time"
    if isinstance(error, httpx.TimeoutException):
        return "no reply in time"
    if isinstance(error, httpx.ProxyError):
        return f"{f'{proxy.place}, the proxy of {proxy.variable},' if proxy else 'the proxy'} refused: {error}"
    if isinstance(error, httpx.ConnectError):
        return f"no connection to {peer(str(error.request.url), proxy)}: {words}"
    return f"connection lost: {words}"


def _hint(error: httpx.HTTPError, proxy: Proxy | None) -> str:
    cause = _cause(error)
    if isinstance(cause, ssl.SSLError):
        return tls.told(cause).hint
    if _is_refused_by_this_container(error, proxy):
        own = "because this address is the action's own container"
        return f"use the host's address, 172.17.0.1, or a service's name, {own}"
    if isinstance(error, httpx.ProxyError):
        variable = proxy.variable if proxy else "HTTPS_PROXY"
        if str(error).startswith("407"):
            return f"set a user and a password in {variable}: http://USER:PASSWORD@HOST:PORT"
        return f"check {variable} and the proxy's rules, or add the host to NO_PROXY"
    return ""


def _cause(error: BaseException) -> BaseException:
    """Return the operating system's error at the bottom of the chain."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
