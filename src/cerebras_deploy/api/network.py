"""How a connection is opened: through which proxy, trusting which CAs, and what it says of itself."""

import os
import ssl

import httpx

from cerebras_deploy import __version__
from cerebras_deploy.api.proxy import Proxy, find_proxy
from cerebras_deploy.errors import invalid_input
from cerebras_deploy.text import plain

USER_AGENT = f"cerebras-deploy-action/{__version__}"  # the API's front turns away the libraries' defaults
MOST_AT_A_TIME = 32  # requests; a connection is kept for each
# What a cache holds is not asked for: the step would follow a rollout of a minute ago.
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",
    "User-Agent": USER_AGENT,
}


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that the environment names for an address; a `Stop` for invalid input if it cannot be used."""
    try:
        return find_proxy(os.environ, url)
    except ValueError as error:
        raise invalid_input(plain(str(error), 300)) from error


def open_client(proxy: Proxy | None = None) -> httpx.Client:
    """Return a client with the environment's CAs.

    The CAs are those of SSL_CERT_FILE, or else of SSL_CERT_DIR, as with httpx. Without both they are the system's:
    OpenSSL then looks up the one that it needs, while certifi's bundle would have to be read whole. Raises a `Stop` for
    invalid input if they cannot be used.
    """
    bundle, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        context = ssl.create_default_context(cafile=bundle, capath=None if bundle else folder)
    except OSError as error:
        why = "it contains no PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
        reason = f"SSL_CERT_FILE is {plain(bundle or '', 200)}, which can't be used: {plain(why or str(error), 200)}"
        raise invalid_input(reason) from error
    return client_with(context, proxy)


def client_with(context: ssl.SSLContext, proxy: Proxy | None) -> httpx.Client:
    """Return a client that trusts what this context does. Of the environment it takes nothing else."""
    return httpx.Client(
        follow_redirects=False,
        headers=HEADERS,
        limits=httpx.Limits(max_keepalive_connections=MOST_AT_A_TIME),
        verify=context,
        proxy=proxy.url if proxy else None,
        trust_env=False,
    )
