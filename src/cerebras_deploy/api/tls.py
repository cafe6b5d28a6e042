"""What a failed TLS handshake means: OpenSSL's numbers and names, in words, with what to do about it."""

import ssl
from typing import NamedTuple


class Told(NamedTuple):
    """What failed, and the next step. `is_lasting`: waiting does not change it."""

    words: str
    hint: str = ""
    is_lasting: bool = True


_PRIVATE_CA = "for a private CA, set SSL_CERT_FILE to its bundle, at a path inside the workspace"
_UNTRUSTED = Told("no CA that this container trusts has issued the certificate", _PRIVATE_CA)
_SELF_SIGNED = Told("the certificate is self-signed", _PRIVATE_CA)
_OTHER_HOST = Told(
    "the certificate is for another host", "check the host in `base-url`; the server's certificate must name it"
)
_WEAK = Told(
    "the certificate, or one above it, has a key or a signature that is too weak",
    "give the server a certificate with a stronger key: RSA of 2048 bits or more, or ECDSA",
)
# X509_V_ERR_… of OpenSSL's x509_vfy.h.
_OF_CERTIFICATES = {
    2: _UNTRUSTED,
    9: Told("the certificate is not valid yet", "check the clock of this machine"),
    10: Told(
        "the certificate has expired, or one above it has",
        "renew the server's certificate, or check this machine's clock",
    ),
    18: _SELF_SIGNED,
    19: Told("the certificate comes from a CA that this container does not trust", _PRIVATE_CA),
    20: _UNTRUSTED,
    21: _UNTRUSTED,
    23: Told("the certificate was revoked", "replace the server's certificate"),
    62: _OTHER_HOST,
    64: _OTHER_HOST,
    66: _WEAK,
    67: _WEAK,
    68: _WEAK,
}
_NO_TLS = Told(
    "this port does not speak TLS", "check the port in `base-url`, and whether the server speaks https there"
)
_OLD_TLS = Told(
    "the server supports neither TLS 1.2 nor TLS 1.3",
    "enable TLS 1.2 or 1.3 on the server, or on the proxy in front of it",
)
_WANTS_CERTIFICATE = Told(
    "the server asks for a client certificate",
    "use an address that asks for no client certificate, because this action has none",
)
_OF_HANDSHAKES = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _OLD_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD_TLS,
    "NO_PROTOCOLS_AVAILABLE": _OLD_TLS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Told(
        "the server and this container have no cipher in common, or the server asks for a client certificate",
        "enable a common cipher of TLS 1.2 or 1.3 on the server, and require no client certificate",
    ),
    "DH_KEY_TOO_SMALL": _WEAK,
    "EE_KEY_TOO_SMALL": _WEAK,
    "TLSV1_UNRECOGNIZED_NAME": Told("the server doesn't recognize this host name", "check the host in `base-url`"),
}


def told(error: ssl.SSLError) -> Told:
    """Return what it means. OpenSSL's own words stand behind ours, for a search engine."""
    if isinstance(error, ssl.SSLCertVerificationError):
        own, found = getattr(error, "verify_message", ""), _OF_CERTIFICATES.get(getattr(error, "verify_code", 0))
        found = found or Told("the certificate was not accepted", _PRIVATE_CA)
    else:
        name = getattr(error, "reason", "") or ""
        own = name.replace("_", " ").lower()
        found = _OF_HANDSHAKES.get(name) or Told("the handshake failed", is_lasting=False)
    own = own.rstrip(".") or str(error)
    return found._replace(words=f"TLS failed: {found.words} ({own})")
