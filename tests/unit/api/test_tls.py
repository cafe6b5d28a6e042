"""What a failed handshake means, and which certificate was shown: against servers with what is wrong with them."""

import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.message import Request
from cerebras_deploy.api.network import client_with
from cerebras_deploy.api.tls import told
from cerebras_deploy.errors import CallError
from cerebras_deploy.system_clock import SystemClock
from cerebras_deploy.text import Redactor
from helpers.forged import Forged
from helpers.servers import serving

AUTHORITY = trustme.CA(organization_name="Corp CA")
CA_HINT = "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"
NEVER = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def issued(*names: str, **options: Any) -> ssl.SSLContext:
    context = server_context()
    AUTHORITY.issue_cert(*names, **options).configure_cert(context)
    return context


def expired() -> ssl.SSLContext:
    return issued("127.0.0.1", not_after=dt.datetime(2020, 5, 17, tzinfo=dt.UTC))


def self_signed(bits: int = 2048) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's context, and its certificate."""
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "myself")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)).not_valid_after(NEVER)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = built.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    pem = built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    context = server_context()
    blob = trustme.Blob(pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    with blob.tempfile() as path:
        context.load_cert_chain(path)
    return context, pem


def old_tls() -> ssl.SSLContext:
    context = issued("127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def wants_certificate(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = issued("127.0.0.1")
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    return context


def ask(tls: ssl.SSLContext | None, trusted: bytes | None = None, host: str = "127.0.0.1") -> CallError:
    """Ask a server, and return what failed."""
    context = ssl.create_default_context()
    if trusted is not None:
        context.load_verify_locations(cadata=trusted.decode())
    with serving(Forged(), tls=tls) as server:
        error = ask_at(server.url.replace("http:", "https:").replace("127.0.0.1", host), context)
    assert server.lines == []
    return error


def ask_at(url: str, context: ssl.SSLContext) -> CallError:
    clock = SystemClock()
    http = Http(bounded=clock.call, now=clock.now, redact=Redactor(), connect=lambda proxy: client_with(context, proxy))
    with pytest.raises(CallError) as raised:
        http.ask(Request("GET", url, "key"), 20)
    http.close()
    return raised.value


CA = AUTHORITY.cert_pem.bytes()


class Case(NamedTuple):
    fails: Callable[[], CallError]
    words: str
    hint: str


CASES = {
    "another host": Case(
        lambda: ask(issued("api.other.example", not_after=NEVER), CA),
        "TLS failed: the certificate is for another host (IP address mismatch, certificate is not valid for "
        "'127.0.0.1'); the server shows a certificate for api.other.example, issued by Corp CA, valid until Jan  1 ",
        "check the host in `base-url`",
    ),
    "another host, by its name": Case(
        lambda: ask(issued("api.other.example", not_after=NEVER), CA, "localhost"),
        "TLS failed: the certificate is for another host (Hostname mismatch, certificate is not valid for "
        "'localhost'); the server shows a certificate for api.other.example, issued by Corp CA, valid until Jan  1 ",
        "check the host in `base-url`",
    ),
    "expired": Case(
        lambda: ask(expired(), CA),
        "TLS failed: the certificate has expired, or one above it has (certificate has expired); the server shows a "
        "certificate for 127.0.0.1, issued by Corp CA, valid until May 17 00:00:00 2020 GMT",
        "renew the server's certificate",
    ),
    "a private CA": Case(
        lambda: ask(issued("127.0.0.1", not_after=NEVER)),
        "TLS failed: no CA that this container trusts has issued the certificate (unable to get local issuer "
        "certificate); the server shows a certificate for 127.0.0.1, issued by Corp CA, valid until ",
        CA_HINT,
    ),
    "self-signed": Case(
        lambda: ask(self_signed()[0]),
        "TLS failed: the certificate is self-signed (self-signed certificate); the server shows a certificate for "
        "127.0.0.1, issued by myself, valid until ",
        CA_HINT,
    ),
    "a weak key": Case(
        lambda: ask(*self_signed(1024)),
        "TLS failed: the certificate, or one above it, has a key or a signature that is too weak (",
        "give the server a certificate with a stronger key",
    ),
    "TLS 1.0": Case(
        lambda: ask(old_tls(), CA),
        "TLS failed: the server supports neither TLS 1.2 nor TLS 1.3 (",
        "enable TLS 1.2 or 1.3 on the server",
    ),
    "no TLS": Case(lambda: ask(None), "TLS failed: this port does not speak TLS (", "check the port in `base-url`"),
    "a client certificate, by TLS 1.2": Case(
        lambda: ask(wants_certificate(ssl.TLSVersion.TLSv1_2), CA),
        "TLS failed: the server and this container have no cipher in common, or the server asks for a client "
        "certificate (sslv3 alert handshake failure)",
        "enable a common cipher of TLS 1.2 or 1.3 on the server",
    ),
    "a client certificate, by TLS 1.3": Case(
        lambda: ask(wants_certificate(ssl.TLSVersion.TLSv1_3), CA),
        "TLS failed: the server asks for a client certificate (tlsv13 alert certificate required)",
        "use an address that asks for no client certificate",
    ),
}


@pytest.mark.parametrize(("fails", "words", "hint"), CASES.values(), ids=CASES)
def test_each_has_its_sentence(fails: Callable[[], CallError], words: str, hint: str) -> None:
    error = fails()

    assert " ".join(error.reason.split()).startswith(" ".join(words.split()))
    assert error.hint.startswith(hint)
    assert error.is_lasting


def test_what_openssl_says_that_is_not_known_is_shown() -> None:
    hidden = ssl.SSLCertVerificationError(1, "certificate verify failed")
    hidden.verify_code, hidden.verify_message = 999, ""

    assert told(hidden).words.startswith("TLS failed: the certificate was not accepted (")
    assert not told(ssl.SSLError(1, "[SSL: ZQX] zqx")).is_lasting
