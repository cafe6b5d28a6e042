"""Servers on the loopback: an API of any kind, with TLS or without, and a proxy as companies have one."""

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

PATIENCE = 30.0  # seconds that a silent connection is kept
HASTE = 0.1  # seconds that a silent server is listened to


@dataclass
class Server:
    """Where it is, and what it heard: request lines, and the headers of each."""

    url: str
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def serving(api: httpx.BaseTransport, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Answer as the transport does."""

    class Handler(_Handler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            request = httpx.Request(
                self.command,
                f"http://{self.headers['host']}{self.path}",
                content=body,
                extensions={"trace": lambda *_: None},
            )
            response = api.handle_request(request)
            content = b"".join(response.iter_raw())
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with _listening(Handler, host, tls) as server:
        yield server


@contextlib.contextmanager
def proxying() -> Iterator[Server]:
    """Pass on what is asked for: a plain request as its own, a CONNECT as a tunnel; any host is the loopback."""

    class Handler(_Handler):
        def answer(self) -> None:
            if self.command == "CONNECT":
                self._tunnel()
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = urlsplit(self.path)
            connection = http.client.HTTPConnection("127.0.0.1", url.port or 80, timeout=PATIENCE)
            connection.request(self.command, url.path, body, dict(self.headers))
            response = connection.getresponse()
            content = response.read()
            connection.close()
            self.send_response(response.status)
            self.send_header("content-type", response.headers.get("content-type", ""))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _tunnel(self) -> None:
            self.close_connection = True
            with socket.create_connection(("127.0.0.1", int(self.path.rpartition(":")[2])), PATIENCE) as there:
                self.send_response(200)
                self.end_headers()
                ends = {self.connection: there, there: self.connection}
                while readable := select.select(list(ends), [], [], PATIENCE)[0]:
                    for end in readable:
                        if not (data := end.recv(65536)):
                            return
                        ends[end].sendall(data)

    with _listening(Handler, "127.0.0.1", None) as server:
        yield server


def hasty(heard: Callable[[], bool]) -> dict[str, Any]:
    """Have httpx listen for no longer than a moment, which begins when the server has heard what it is to hear."""

    def trace(event: str, _: object) -> None:
        if event == "http11.receive_response_headers.started":
            end = time.monotonic() + PATIENCE
            while not heard() and time.monotonic() < end:
                time.sleep(0.001)

    patience = {"connect": PATIENCE, "read": HASTE, "write": PATIENCE, "pool": PATIENCE}
    return {"trace": trace, "timeout": patience}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: Server

    def answer(self) -> None:
        """Answer one request."""
        raise NotImplementedError

    def _hear(self) -> None:
        self.heard.lines.append(f"{self.command} {self.path}")
        self.heard.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.answer()

    do_GET = do_POST = do_PATCH = do_CONNECT = _hear  # noqa: N815 - the base class asks for these names

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextlib.contextmanager
def _listening(handler: type[_Handler], host: str, tls: ssl.SSLContext | None) -> Iterator[Server]:
    class Listener(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Let a client go away, or refuse the certificate."""

    listener = Listener((host, 0), handler)
    if tls:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    shown = f"[{host}]" if ":" in host else host
    handler.heard = Server(f"{'https' if tls else 'http'}://{shown}:{listener.server_address[1]}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield handler.heard
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
