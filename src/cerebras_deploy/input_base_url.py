"""How the input `base-url` is read: where a key may be sent."""

import ipaddress
import re
from urllib.parse import urlsplit

BASE_URL = "an `https://` address (`http://` only for loopback and private addresses and names without a dot)"


def read_base_url(text: str) -> str:
    """Return the address without a slash at its end. Raises a `ValueError` that says what is accepted."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port
    except ValueError as error:
        raise ValueError(BASE_URL) from error
    clean = text.isascii() and text.isprintable() and not re.search(r"[\s\\?#]", text)
    bare = "@" not in url.netloc
    named = re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f:.]+", host)  # what httpx, too, takes for a host
    if re.search(r"/(v1|management|management/v1/.*|v1/(chat|models)\b.*)/*$", url.path, re.IGNORECASE):
        raise ValueError(f"{BASE_URL}, without `/v1` or `/management/v1` at its end")
    if not (clean and bare and named and (url.scheme == "https" or (url.scheme == "http" and _is_private(host)))):
        raise ValueError(BASE_URL)
    return text.rstrip("/")


def _is_private(host: str) -> bool:
    """Whether plain http to it stays inside: a key must not cross the internet in the clear."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"[a-z_][a-z0-9_-]*", host))
    address = getattr(address, "ipv4_mapped", None) or address
    return (address.is_loopback or address.is_private) and not (address.is_unspecified or address.is_link_local)
