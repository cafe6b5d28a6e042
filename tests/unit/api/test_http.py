"""HTTP: one try a call, and of every failure how far the request may have come."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import httpx
import pytest

from cerebras_deploy.api import certificate
from cerebras_deploy.api.http import Http
from cerebras_deploy.api.management import Api
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.errors import CallError, Fate, Interrupted, NoThreadError
from cerebras_deploy.system_clock import SystemClock
from cerebras_deploy.text import Redactor
from helpers import make
from helpers.client import BASE, KEY, LISTED, Bounded, Scene, at_once
from helpers.repository import WIRE
from helpers.virtual import PATIENCE, VirtualClock, given_up_at


class TestGivenUp:
    """A call that took too long, or that a signal cut short."""

    def test_one_that_hangs_ends_and_the_next_has_a_connection_of_its_own(self) -> None:
        hangs, over = threading.Event(), threading.Event()

        def handler(_: httpx.Request) -> httpx.Response:
            hangs.set()
            over.wait(PATIENCE)
            return httpx.Response(200)

        scene = Scene(handler, bounded=given_up_at(hangs))
        for _ in range(2):
            with pytest.raises(CallError):
                scene.endpoint()
        over.set()

        assert scene.connections == 2

    @pytest.mark.parametrize(("before", "fate"), [(True, Fate.UNKNOWN), (False, Fate.UNSENT)], ids=["sent", "not sent"])
    def test_too_late_tells_whether_it_was_sent(self, before: bool, fate: Fate) -> None:  # noqa: FBT001
        def bounded(function: Callable[[], Answer], _: float) -> Answer:
            if before:
                function()
            raise TimeoutError

        with listening() as (address, _):
            assert refused_in(bounded, address).fate is fate

    @pytest.mark.parametrize("before", [True, False], ids=["sent", "not sent"])
    def test_an_interrupt_knows_whether_it_was_sent(self, before: bool) -> None:  # noqa: FBT001
        def bounded(function: Callable[[], Answer], _: float) -> Answer:
            if before:
                function()
            raise Interrupted

        with listening() as (address, _), pytest.raises(Interrupted) as raised:
            real_api(address, bounded).deploy(make.ENDPOINT, make.name(), 5)

        assert raised.value.sent is before

    @pytest.mark.parametrize("end", [TimeoutError, Interrupted])
    def test_before_its_first_byte_it_is_never_sent_afterwards(self, end: type[Exception]) -> None:
        begun: list[Callable[[], Answer]] = []

        def bounded(function: Callable[[], Answer], _: float) -> Answer:
            begun.append(function)
            raise end

        with listening() as (address, received):
            with pytest.raises((CallError, Interrupted)):
                real_api(address, bounded).deploy(make.ENDPOINT, make.name(), 5)
            with pytest.raises((httpx.ConnectTimeout, RuntimeError)):
                begun[0]()

        assert b"".join(received) == b""

    def test_while_it_connects_it_is_never_sent_afterwards(self) -> None:
        """The worker is inside the connection's set-up while the main thread gives up."""
        connecting, given_up, over = threading.Event(), threading.Event(), threading.Event()
        reached: list[str] = []

        def handler(request: httpx.Request) -> httpx.Response:
            connecting.set()
            given_up.wait(PATIENCE)
            try:
                request.extensions["trace"]("http11.send_request_headers.started", {"request": Sending(request)})
                reached.append("the wire")
            finally:
                over.set()
            return httpx.Response(200)

        failed = Scene(handler, bounded=given_up_at(connecting)).failure()
        given_up.set()

        assert over.wait(PATIENCE)
        assert failed.fate is Fate.UNSENT
        assert reached == []


class Sending:
    """A request as httpcore tells of it: its method is in bytes."""

    def __init__(self, request: httpx.Request) -> None:
        self.method = request.method.encode()


def test_a_date_to_retry_after_counts_from_now_if_the_server_tells_no_time() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    failed = Scene(lambda _: httpx.Response(503, headers={"Retry-After": until})).failure()

    assert failed.retry_after == pytest.approx(100, abs=20)


@contextlib.contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """A server on a port of its own that answers everything with a deploy reply; at the end, what it received."""
    received: list[bytes] = []
    body = (WIRE / "deploy-reply.json").read_bytes()
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    while data := connection.recv(65536):
                        received.append(data)
                        if b'"model"' in data:
                            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server:
        worker = threading.Thread(target=serve, args=(server,))
        worker.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", received
        server.shutdown(socket.SHUT_RDWR)
        worker.join()


def real_api(address: str, bounded: Bounded) -> Api:
    redact = Redactor()
    http = Http(bounded=bounded, now=SystemClock().now, redact=redact)
    return Api(address, KEY, ask=http.ask, redact=redact, observe=lambda _: None)


def refused_in(bounded: Bounded, address: str) -> CallError:
    with pytest.raises(CallError) as raised:
        real_api(address, bounded).deploy(make.ENDPOINT, make.name(), 5)
    return raised.value


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> Http:
    """Return what sends to a server that answers with that."""
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return Http(bounded=at_once, now=lambda: 0.0, redact=Redactor(), connect=lambda _: client)


class TestConnections:
    def test_a_request_that_must_not_be_sent_twice_has_one_of_its_own_and_reads_share_one(self) -> None:
        scene = Scene(lambda _: httpx.Response(404))
        opened = []
        for ask in (scene.endpoint, scene.endpoint, scene.deploy, scene.endpoint):
            with pytest.raises(CallError):
                ask()
            opened.append(scene.connections)

        assert opened == [1, 1, 2, 2]

    def test_one_on_which_too_much_comes_is_closed(self) -> None:
        class Endless(httpx.SyncByteStream):
            is_closed = False

            def __iter__(self) -> Iterator[bytes]:
                while True:
                    yield b" " * 1024 * 1024

            def close(self) -> None:
                self.is_closed = True

        stream = Endless()
        http = answering(lambda _: httpx.Response(200, stream=stream))

        http.ask(Request("GET", BASE, KEY), 5)

        assert stream.is_closed

    @pytest.mark.parametrize(("once", "sent"), [(False, 2), (True, 1)])
    def test_what_must_not_be_sent_twice_never_is(self, sent: int, *, once: bool) -> None:
        requests: list[httpx.Request] = []

        def cut(request: httpx.Request) -> httpx.Response:  # on a connection that nobody made for it
            requests.append(request)
            request.extensions["trace"](
                "http11.send_request_headers.started", {"request": SimpleNamespace(method=b"GET")}
            )
            raise httpx.ReadError("cut")

        with pytest.raises(CallError, match="cut"):
            answering(cut).ask(Request("GET", BASE, KEY, once=once), 5)

        assert len(requests) == sent

    @pytest.mark.parametrize(("is_certificate", "looks"), [(True, 1), (False, 0)])
    def test_which_certificate_was_not_accepted_is_looked_up_once(self, looks: int, *, is_certificate: bool) -> None:
        def handler(_: httpx.Request) -> httpx.Response:
            cause = ssl.SSLCertVerificationError("self-signed certificate") if is_certificate else OSError("refused")
            raise httpx.ConnectError(str(cause)) from cause

        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"https://127.0.0.1:{server.getsockname()[1]}/"
            accepted: list[socket.socket] = []

            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        accepted.append(server.accept()[0])
                        accepted[-1].close()

            threading.Thread(target=accept, daemon=True).start()
            http = answering(handler)
            for _ in range(3):
                with pytest.raises(CallError):
                    http.ask(Request("GET", url, KEY), 5)
            server.shutdown(socket.SHUT_RDWR)

        assert len(accepted) == looks

    @pytest.mark.parametrize(("within", "limit"), [(30, 5), (20, 5), (8, 2)])
    def test_that_takes_a_quarter_of_the_calls_time_and_5_s_at_most(
        self, within: float, limit: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits: list[float] = []

        def looked_up(_: str, __: object, limit: float) -> str:
            limits.append(limit)
            return ""

        def handler(_: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("self-signed") from ssl.SSLCertVerificationError("self-signed certificate")

        monkeypatch.setattr(certificate, "shown_certificate", looked_up)
        http = answering(handler)

        with pytest.raises(CallError):
            http.ask(Request("GET", BASE, KEY), within)

        assert limits == [limit]


class TestSeconds:
    """Each failure says how long the call took."""

    @pytest.mark.parametrize(
        "error",
        [httpx.ReadTimeout("late"), httpx.InvalidURL("bad"), Interrupted()],
        ids=["lost", "no address", "signal"],
    )
    def test_it_is_the_time_of_the_call(self, error: Exception) -> None:
        clock = VirtualClock()

        def bounded(*_: object) -> Answer:
            clock.sleep(2.5)
            raise error

        http = Http(bounded=bounded, now=clock.now, redact=Redactor())
        with pytest.raises((CallError, Interrupted)) as raised:
            http.ask(Request("GET", BASE, KEY), 30)
        assert getattr(raised.value, "seconds", None) == 2.5

    def test_of_a_call_that_was_given_up_too(self) -> None:
        clock = VirtualClock()

        def bounded(*_: object) -> Answer:
            clock.sleep(30)
            raise TimeoutError

        http = Http(bounded=bounded, now=clock.now, redact=Redactor())
        with pytest.raises(CallError) as raised:
            http.ask(Request("GET", BASE, KEY), 30)
        assert (raised.value.seconds, raised.value.reason) == (30, "no complete reply within 30 s")


def test_without_room_for_a_thread_it_was_not_sent_and_the_container_is_told_of() -> None:
    def bounded(*_: object) -> Answer:
        raise NoThreadError("no thread could be started: can't start new thread")

    http = Http(bounded=bounded, now=VirtualClock().now, redact=Redactor())
    with pytest.raises(CallError) as raised:
        http.ask(Request("GET", BASE, KEY), 30)
    error = raised.value
    assert (error.fate, error.is_lasting) == (Fate.UNSENT, True)
    assert error.reason == "no thread could be started: can't start new thread"
    assert error.hint == "raise the container's limit on processes and threads (`--pids-limit`)"


def test_while_it_connects_that_is_what_took_too_long() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        request.extensions["trace"]("connection.connect_tcp.started", {})
        raise TimeoutError

    assert Scene(handler).failure().reason == "deploy request: no connection to api.example.com within 30 s"


@pytest.mark.parametrize(("size", "is_read"), [(4 * 1024 * 1024, True), (4 * 1024 * 1024 + 1, False)])
def test_a_reply_of_four_mebibytes_is_read_and_no_byte_more(size: int, *, is_read: bool) -> None:
    body = (WIRE / "endpoint-status.json").read_bytes()
    scene = Scene(lambda _: httpx.Response(200, content=body + b" " * (size - len(body))))

    if is_read:
        scene.endpoint()
    else:
        with pytest.raises(CallError, match="more than 4 MiB"):
            scene.endpoint()


@pytest.mark.parametrize(("within", "connect"), [(30, 5), (2, 2)])
def test_no_address_of_a_host_is_given_more_than_5_s(within: float, connect: float) -> None:
    scene = Scene(lambda _: httpx.Response(503))

    with pytest.raises(CallError):
        scene.api.endpoint(LISTED, within)

    (request,) = scene.requests
    assert request.extensions["timeout"] == {"connect": connect, "read": within, "write": within, "pool": within}


@pytest.mark.parametrize(
    "url", ["https://a b/" + "a" * 300, "https://\x00/", "https://xn--/", "https://" + "a" * 300 + ".example/"]
)
def test_an_address_that_cannot_be_used_is_refused_and_not_tried_again(url: str) -> None:
    http = Http(bounded=lambda function, _: function(), now=lambda: 0.0, redact=Redactor(), connect=refusing)

    with pytest.raises(CallError) as raised:
        http.ask(Request("GET", url, "key"), 5)

    assert (raised.value.fate, raised.value.hint) == (Fate.DENIED, "correct `base-url`")
    assert raised.value.reason.startswith("no usable address: ")
    assert len(raised.value.reason) <= 200


def refusing(_: object) -> httpx.Client:
    """A client that looks at an address as httpx does, and connects to none."""

    def handle(request: httpx.Request) -> httpx.Response:
        request.url.host.encode("idna")
        raise httpx.InvalidURL(f"no such address: {request.url}")

    return httpx.Client(transport=httpx.MockTransport(handle))
