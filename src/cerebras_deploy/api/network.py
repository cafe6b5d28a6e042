"""The connection: how it is opened, and what its failures mean in words. With `http.py`, the only user of httpx."""

import errno
import ipaddress
import os
import re
import ssl

import httpx

from cerebras_deploy import __version__
from cerebras_deploy.errors import CallError, Fate, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.text import Redactor, plain

NO_SUCH_HOST = -2  # EAI_NONAME of glibc; socket itself is left to httpx
USER_AGENT = f"cerebras-deploy-action/{__version__}"  # the API's front turns away the libraries' defaults
# What a cache holds is not asked for: the step would follow a rollout of a minute ago.
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
    "User-Agent": USER_AGENT,
}
# Raised before the first byte of the request is sent.
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def open_client() -> httpx.Client:
    """Return a client with the environment's proxies and CAs.

    The CAs are those of SSL_CERT_FILE, or else of SSL_CERT_DIR, as with httpx. Without both they are the system's:
    OpenSSL then looks up the one that it needs, while certifi's bundle would have to be read whole. Raises a `Stop` for
    invalid input if something that the environment names cannot be used.
    """
    try:
        bundle, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        return httpx.Client(
            follow_redirects=False,
            headers=HEADERS,
            verify=ssl.create_default_context(cafile=bundle, capath=None if bundle else folder),
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:  # ImportError: a SOCKS proxy
        names = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE or SSL_CERT_DIR"
        reason = f"the environment's {names} cannot be used: {plain(str(error), 200)}"
        raise Stop(End(Result.INVALID_INPUT, reason)) from error


def call_error(error: httpx.HTTPError, redact: Redactor, seconds: float) -> CallError:
    """Return what a failure of the network means; `seconds` is how long the call took."""
    fate = Fate.UNSENT if isinstance(error, _UNSENT) else Fate.UNKNOWN
    return CallError(fate, redact(_words(error)), hint=_hint(error), seconds=seconds, is_lasting=_is_lasting(error))


def _is_lasting(error: httpx.HTTPError) -> bool:
    """Whether waiting does not change it."""
    cause = _cause(error)
    unknown_host = isinstance(cause, OSError) and type(cause).__name__ == "gaierror" and cause.errno == NO_SUCH_HOST
    is_wrong_place = unknown_host or _is_refused_by_this_container(error)
    return is_wrong_place or isinstance(cause, ssl.SSLCertVerificationError) or isinstance(error, httpx.ProxyError)


def _is_refused_by_this_container(error: httpx.HTTPError) -> bool:
    """Whether `base-url` names this container itself, where nothing listens."""
    cause = _cause(error)
    if not (isinstance(error, httpx.ConnectError) and isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED):
        return False
    host = error.request.url.host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _words(error: httpx.HTTPError) -> str:
    """Say what the network did; httpx's own text is shown where it has one."""
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


def _hint(error: httpx.HTTPError) -> str:
    if isinstance(_cause(error), ssl.SSLCertVerificationError):
        return "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"
    if isinstance(error, httpx.ProxyError):
        return "check HTTPS_PROXY, and NO_PROXY for what needs no proxy"
    if _is_refused_by_this_container(error):
        return "this is the action's own container: use the host's address, 172.17.0.1, or the name of a service"
    return ""


def _cause(error: BaseException) -> BaseException:
    """Return the operating system's error at the bottom of the chain."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error
