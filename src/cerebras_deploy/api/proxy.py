"""Which proxy the environment names for an address: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and what NO_PROXY excepts.

They are read as curl reads them. httpx would read them, too, but takes networks and IPv6 addresses in NO_PROXY for
broken addresses.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cerebras_deploy.text import plain

_PORTS = {"http": 80, "https": 443}
# Compiled by need: few runners have an entry.
_ENTRY = (
    r"(?i)(?:[a-z]+://)?"
    r"(?:\*?\.?(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?|\[(?P<v6>[0-9a-f:.]+)\])(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True)
class Proxy:
    """A proxy, and the variable that names it. Its address may hold a password; `place` does not."""

    variable: str
    url: str = field(repr=False)

    @property
    def host(self) -> str:
        """Its host, without the brackets of an IPv6 address."""
        return urlsplit(self.url).hostname or ""

    @property
    def place(self) -> str:
        """Its host and port, for people."""
        return place_of(self.url)


def place_of(url: str) -> str:
    """Return host and port of an address, for people; without the port if it is the usual one."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return plain(f"{host}:{parts.port}" if parts.port else host, 200)


def find_proxy(environ: Mapping[str, str], url: str) -> Proxy | None:
    """Return the proxy through which an address is reached; None if there is none.

    Raises a `ValueError` that says what is wrong with the variable. It does not show its value: that may be a password.
    """
    parts = urlsplit(url)
    named = next(filter(None, (_named(environ, kind) for kind in (parts.scheme, "all"))), None)
    if named is None or is_excepted(no_proxy(environ)[1], parts.hostname or "", parts.port or _PORTS[parts.scheme]):
        return None
    variable, value = named
    address = value if "://" in value else f"http://{value}"
    scheme = address.partition("://")[0].lower()
    if scheme.startswith("socks"):
        raise ValueError(
            f"{variable} names a SOCKS proxy, which isn't supported: set it to the address of an HTTP proxy"
        )
    if scheme not in _PORTS or not _has_host(address):
        raise ValueError(
            f"{variable} is not the address of a proxy: set it to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, "
            "with `#`, `/`, `?`, `@` and `:` of a password as %23, %2F, %3F, %40 and %3A"
        )
    return Proxy(variable, address)


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_clean = address.isascii() and address.isprintable() and not re.search(r"[\s?#\\]", address)
    named = re.fullmatch(r"[a-z0-9._-]{1,253}", host) or _network(host)
    return bool(is_clean and named and parts.netloc.count("@") <= 1 and parts.path in {"", "/"})


def _named(environ: Mapping[str, str], kind: str) -> tuple[str, str] | None:
    """Return the variable that counts, in lower case before upper case, and its value; None if it is empty."""
    for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY"):
        if name in environ:
            return (name, environ[name].strip()) if environ[name].strip() else None
    return None


def no_proxy(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable that excepts hosts, and its value; both empty if there is none."""
    return _named(environ, "no") or ("", "")


def is_excepted(entries: str, host: str, port: int) -> bool:
    """Whether NO_PROXY excepts a host: by its name, a domain above it, its address, or a network that has it."""
    return any(_excepts(entry, host.rstrip(".").lower(), port) for entry in _entries(entries))


def useless_entries(entries: str) -> list[str]:
    """Return what NO_PROXY has that is neither a name nor an address nor a network."""
    return [
        entry for entry in _entries(entries) if entry != "*" and not _network(entry) and not re.fullmatch(_ENTRY, entry)
    ]


def _entries(text: str) -> Iterator[str]:
    return filter(None, re.split(r"[,\s]+", text))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network, or the single address, that an entry stands for; None if it is something else."""
    address, slash, prefix = entry.partition("/")
    try:
        return ipaddress.ip_network(f"{address.strip('[]').partition('%')[0]}{slash}{prefix}", strict=False)
    except ValueError:
        return None


def _excepts(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if network := _network(entry):
        return _is_in(network, host)
    parts = re.fullmatch(_ENTRY, entry)
    if not parts or (parts["port"] and int(parts["port"]) != port):
        return False
    if parts["v6"] or _network(parts["name"]):
        network = _network(parts["v6"] or parts["name"])
        return network is not None and _is_in(network, host)
    name = parts["name"].lower()
    return host == name or (host.endswith(f".{name}") and _network(host) is None)


def _is_in(network: ipaddress.IPv4Network | ipaddress.IPv6Network, host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address in network
