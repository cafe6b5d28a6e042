"""Connections that were idle and have been cut, or hold what nobody asked for: middleboxes and old servers do that."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.management import Api
from cerebras_deploy.errors import CallError
from cerebras_deploy.system_clock import SystemClock
from cerebras_deploy.text import Redactor
from helpers import make
from helpers.client import KEY, LISTED
from helpers.repository import WIRE

STATUS = (WIRE / "endpoint-status.json").read_bytes()


class Idle:
    """A server that answers the first request of a connection, and then cuts it in the way that is asked for."""

    def __init__(self, how: str) -> None:
        self._how = how
        self.connections = 0
        self.requests: list[bytes] = []

    def serve(self, server: socket.socket) -> None:
        """Serve one connection after the other."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                self.connections += 1
                with connection, contextlib.suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        if self._how == "closed at once":
            self._receive(connection)
            return
        self._answer(connection)
        if self._how == "reset at the next request":
            self._receive(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self._how == "closed at the next request":
            self._receive(connection)
        else:
            self._answer(connection)

    def _receive(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data or (b'"model"' not in data and data.startswith(b"POST")):
            if not (more := connection.recv(65536)):
                raise ConnectionError
            data += more
        self.requests.append(data)

    def _answer(self, connection: socket.socket) -> None:
        self._receive(connection)
        body = STATUS if self.requests[-1].startswith(b"GET") else (WIRE / "deploy-reply.json").read_bytes()
        stray = b"\r\n" if self._how == "a line end after the body" else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s" % (len(body), body, stray))


@contextlib.contextmanager
def idle(how: str) -> Iterator[tuple[Idle, Api]]:
    """Give that server, and a client of it with a clock of its own."""
    made = Idle(how)
    with socket.create_server(("127.0.0.1", 0)) as server:
        worker = threading.Thread(target=made.serve, args=(server,), daemon=True)
        worker.start()
        clock, redact = SystemClock(), Redactor()
        http = Http(bounded=clock.call, now=clock.now, redact=redact)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        try:
            yield made, Api(url, KEY, ask=http.ask, redact=redact, observe=print)
        finally:
            http.close()
            server.shutdown(socket.SHUT_RDWR)
            worker.join(20)


CUT = ["reset at the next request", "closed at the next request", "a line end after the body"]


class TestIdleConnections:
    """One that was idle may have been cut, which shows only when it is used."""

    @pytest.mark.parametrize("how", CUT)
    def test_a_read_goes_over_a_new_one_at_once(self, how: str) -> None:
        with idle(how) as (server, api):
            for _ in range(4):
                assert api.endpoint(LISTED, 20).deployed_models

        assert server.connections > 1

    @pytest.mark.parametrize("how", CUT)
    def test_the_deploy_call_has_one_of_its_own(self, how: str) -> None:
        with idle(how) as (server, api):
            api.endpoint(LISTED, 20)
            assert api.deploy(LISTED, make.name(), 20).ids

        assert sum(one.startswith(b"POST") for one in server.requests) == 1

    def test_one_that_is_well_is_used_again(self) -> None:
        with idle("") as (server, api):
            for _ in range(2):
                api.endpoint(LISTED, 20)

        assert server.connections == 1

    def test_a_new_one_that_is_cut_is_a_failure(self) -> None:
        with idle("closed at once") as (server, api), pytest.raises(CallError, match="connection lost: "):
            api.endpoint(LISTED, 20)

        assert len(server.requests) == 1
