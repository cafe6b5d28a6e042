"""The read that is sent early; what a request can come to otherwise is in test_http.py."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from cerebras_deploy.api.early import EarlyRead
from cerebras_deploy.api.http import Http
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.errors import CallError, Fate, Interrupted
from cerebras_deploy.system_clock import SystemClock
from cerebras_deploy.text import Redactor
from helpers.servers import serving
from helpers.virtual import VirtualClock, given_up_at

LOOK = Request("GET", "https://api.example.com/look", "key")
Bounded = Callable[[Callable[[], Answer], float], Answer]

WITHIN = 30.0  # seconds


def at_once(function: Callable[[], Answer], _: float) -> Answer:
    return function()


class Scene:
    """An early read, and the requests that came of it and of what was asked after it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.clock = VirtualClock()
        self._error = error
        self._http = Http(
            bounded=at_once,
            now=self.clock.now,
            redact=Redactor(),
            connect=lambda _: httpx.Client(transport=httpx.MockTransport(self._reply)),
        )
        self._early = EarlyRead(self._http, LOOK, WITHIN, lambda: None)

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.clock.sleep(0.25)
        if self._error:
            raise self._error
        return httpx.Response(200, stream=httpx.ByteStream(b"reply %d" % len(self.requests)))

    def answer(self, request: Request = LOOK) -> Answer:
        return self._early.ask(request, WITHIN)

    def ask(self, request: Request = LOOK) -> bytes:
        return self.answer(request).body


class TestReply:
    def test_its_reply_is_for_who_asks_and_it_is_sent_once(self) -> None:
        scene = Scene()

        assert scene.ask() == b"reply 1"
        assert len(scene.requests) == 1

    def test_its_reply_is_for_the_first_who_asks_alone(self) -> None:
        scene = Scene()

        assert [scene.ask(), scene.ask()] == [b"reply 1", b"reply 2"]

    @pytest.mark.parametrize(
        "other",
        [
            replace(LOOK, method="POST"),
            replace(LOOK, url="https://api.example.com/other"),
            replace(LOOK, key="another"),
            replace(LOOK, body={}),
        ],
    )
    def test_another_request_has_a_reply_of_its_own_and_what_was_ahead_is_old(self, other: Request) -> None:
        scene = Scene()

        assert [scene.ask(other), scene.ask()] == [b"reply 2", b"reply 3"]

    def test_its_failure_is_for_who_asks_too(self) -> None:
        scene = Scene(httpx.ConnectError("no"))

        with pytest.raises(CallError, match="no connection"):
            scene.ask()
        assert len(scene.requests) == 1

    @pytest.mark.parametrize("asked", [LOOK, replace(LOOK, method="POST")])
    def test_a_signal_that_ended_it_ends_who_asks_whatever_that_is(self, asked: Request) -> None:
        signals = [Interrupted()]

        def bounded(function: Callable[[], Answer], _: float) -> Answer:
            if signals:
                raise signals.pop()
            return function()

        http = Http(bounded=bounded, now=VirtualClock().now, redact=Redactor(), connect=lambda _: httpx.Client())
        early = EarlyRead(http, LOOK, WITHIN, lambda: None)

        with pytest.raises(Interrupted):
            early.ask(asked, WITHIN)

    def test_its_reply_says_how_long_it_took(self) -> None:
        scene = Scene()
        scene.clock.sleep(60)

        assert scene.answer().seconds == 0.25

    def test_its_failure_says_how_long_it_took(self) -> None:
        with pytest.raises(CallError) as raised:
            Scene(httpx.ConnectError("no")).ask()

        assert raised.value.seconds == 0.25


class TestOnRequestSent:
    def test_it_runs_when_the_whole_request_is_out_and_before_the_reply_is_there(self) -> None:
        arrived, replies = threading.Event(), threading.Event()

        def reply(_: httpx.Request) -> httpx.Response:
            arrived.set()
            replies.wait(WITHIN)
            return httpx.Response(200, stream=httpx.ByteStream(b"reply"))

        seen: list[bool] = []

        def on_request_sent() -> None:
            seen.append(arrived.wait(WITHIN))
            replies.set()

        with serving(httpx.MockTransport(reply)) as server:
            clock = SystemClock()
            http = Http(bounded=clock.call, now=clock.now, redact=Redactor())
            look = replace(LOOK, url=f"{server.url}/look")
            answer = EarlyRead(http, look, WITHIN, on_request_sent).ask(look, WITHIN)
            http.close()

        assert seen == [True]
        assert answer.body == b"reply"

    def test_what_it_raises_is_for_who_asks(self) -> None:
        def on_request_sent() -> None:
            raise ImportError("no such module")

        with looking(SystemClock().call) as (http, look):
            early = EarlyRead(http, look, WITHIN, on_request_sent)
            with pytest.raises(ImportError):
                early.ask(look, WITHIN)

    def test_a_signal_does_not_wait_for_it(self) -> None:
        clock, over = SystemClock(), threading.Event()

        def on_request_sent() -> None:
            clock.interrupt()
            over.wait(WITHIN)

        with looking(clock.call) as (http, look):
            early = EarlyRead(http, look, WITHIN, on_request_sent)
            waited = over.is_set()
            over.set()
            with pytest.raises(Interrupted) as raised:
                early.ask(look, WITHIN)

        assert not waited
        assert raised.value.sent

    def test_it_counts_against_the_bound(self) -> None:
        begun, over = threading.Event(), threading.Event()

        def on_request_sent() -> None:
            begun.set()
            over.wait(WITHIN)

        with looking(given_up_at(begun)) as (http, look):
            early = EarlyRead(http, look, WITHIN, on_request_sent)
            over.set()
            with pytest.raises(CallError, match="no complete reply") as raised:
                early.ask(look, WITHIN)

        assert raised.value.fate is Fate.UNKNOWN


def test_a_request_does_not_show_its_key() -> None:
    assert "zqx" not in repr(replace(LOOK, key="zqx"))


@contextlib.contextmanager
def looking(bounded: Bounded) -> Iterator[tuple[Http, Request]]:
    """A connection, and a request that is answered at once."""
    with serving(httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(b"reply")))) as server:
        http = Http(bounded=bounded, now=VirtualClock().now, redact=Redactor())
        yield http, replace(LOOK, url=f"{server.url}/look")
        http.close()


def test_its_failure_is_not_for_another_request() -> None:
    scene = Scene(httpx.ConnectError("no"))
    scene._error = None  # noqa: SLF001 - from here on the network is well

    assert scene.ask(replace(LOOK, method="POST")) == b"reply 2"
