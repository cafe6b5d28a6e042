"""Which certificate a server shows that was not accepted: read once more, over connections that carry nothing.

Python tells what is in a certificate only if it trusts it. So the first handshake takes it as bytes, from anybody, and
the second trusts exactly these. Nothing is sent after either: no request, no key.
"""

import ssl
from collections.abc import Iterable
from typing import Any

from cerebras_deploy.api.network import client_with
from cerebras_deploy.api.proxy import Proxy
from cerebras_deploy.text import plain

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for
_NAMES_SHOWN = 5


class _Seen(Exception):
    """Ends a call when its handshake is done, with what was seen."""

    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what


def shown_certificate(url: str, proxy: Proxy | None, within: float) -> str:
    """Say whom a server's certificate is for, who has issued it, and until when it is valid; empty if not known."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raw = _handshake(context, url, proxy, within, as_bytes=True)
    return words(_handshake(_only(raw), url, proxy, within, as_bytes=False)) if raw else ""


def _only(certificate: bytes) -> ssl.SSLContext:
    """Return a context that trusts this very certificate, whatever its date, its key and its names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_verify_locations(cadata=certificate)
    return context


def _handshake(context: ssl.SSLContext, url: str, proxy: Proxy | None, within: float, *, as_bytes: bool) -> Any:
    """Return what a handshake has shown; None if it failed, too. Nothing is sent after it."""

    def seen(event: str, info: dict[str, Any]) -> None:
        if event.endswith("start_tls.complete"):  # of the connection, or of a proxy's tunnel
            stream = info["return_value"]
            what = stream.get_extra_info("ssl_object").getpeercert(as_bytes)
            stream.close()
            raise _Seen(what)

    with client_with(context, proxy) as client:
        try:
            client.head(url, timeout=within, extensions={"trace": seen})
        except _Seen as end:
            return end.what
        except Exception:  # noqa: BLE001 - whatever it is: the first failure is told all the same
            return None
    return None


def words(certificate: Any) -> str:
    """Say what a certificate says, as Python's ssl module gives it."""
    if not certificate:
        return ""
    names = [value for _, value in certificate.get("subjectAltName", ())] or [_name(certificate.get("subject", ()))]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" and others" if len(names) > _NAMES_SHOWN else "")
    issuer, until = _name(certificate.get("issuer", ())), certificate.get("notAfter", "")
    return plain(f"the server shows a certificate for {shown}, issued by {issuer}, valid until {until}", 400)


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    named = {key: value for part in parts for key, value in part}
    wanted = (named.get(key) for key in ("commonName", "organizationName", "organizationalUnitName"))
    return next(filter(None, wanted), "nobody")
