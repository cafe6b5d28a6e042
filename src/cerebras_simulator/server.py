"""The simulator on a port: uvicorn, in the main thread for people or beside a test."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from cerebras_simulator.api.application import api
from cerebras_simulator.api.front import Front
from cerebras_simulator.faults.injection import Injector, Reachable
from cerebras_simulator.world.state import World


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Take a port, a free one for 0, and give its URL: from here on, connections are queued."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # asyncio does so for sockets of its own making; without it, a reply waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


def server(world: World) -> uvicorn.Server:
    """Give a server of this world, to be run on a listening socket."""
    return serve(Front(Injector(api(), world), world))


def serve(app: ASGIApp) -> uvicorn.Server:
    """Give a server of an application, to be run on a listening socket."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=Reachable,
        ws="none",
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def running(world: World) -> Iterator[str]:
    """Serve this world on a free port of the loopback until the block ends; gives the URL."""
    listener, url = listen("127.0.0.1", 0)
    served = server(world)
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url
    finally:
        served.should_exit = True
        thread.join()
