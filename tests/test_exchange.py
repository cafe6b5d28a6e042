"""The request that is sent ahead; what a request can come to otherwise is in test_client.py."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from servers import serving

from cerebras_deploy.errors import CallError, Fate, Interrupted
from cerebras_deploy.exchange import Exchange, Request
from cerebras_deploy.replies import Answer
from cerebras_deploy.text import Redactor
from cerebras_deploy.watch import SystemClock

LOOK = Request("GET", "https://api.example.com/look", "key")
WITHIN = 5.0  # seconds


def at_once(function: Callable[[], Answer], _: float) -> Answer:
    return function()


class Scene:
    """An exchange, and the requests that came of it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._error = error
        self.exchange = Exchange(
            bounded=at_once, redact=Redactor(), connect=lambda: httpx.Client(transport=httpx.MockTransport(self._reply))
        )

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self._error:
            raise self._error
        return httpx.Response(200, stream=httpx.ByteStream(b"reply %d" % len(self.requests)))

    def ask_ahead(self) -> None:
        self.exchange.ask_ahead(LOOK, WITHIN, lambda: None)

    def ask(self, request: Request = LOOK) -> bytes:
        return self.exchange.ask(request, WITHIN).body


class TestAhead:
    def test_its_reply_is_for_who_asks_and_it_is_sent_once(self) -> None:
        scene = Scene()
        scene.ask_ahead()

        assert scene.ask() == b"reply 1"
        assert len(scene.requests) == 1

    def test_its_reply_is_for_the_first_who_asks_alone(self) -> None:
        scene = Scene()
        scene.ask_ahead()

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
        scene.ask_ahead()

        assert [scene.ask(other), scene.ask()] == [b"reply 2", b"reply 3"]

    def test_its_failure_is_for_who_asks_too(self) -> None:
        scene = Scene(httpx.ConnectError("no"))
        scene.ask_ahead()

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

        exchange = Exchange(bounded=bounded, redact=Redactor(), connect=httpx.Client)
        exchange.ask_ahead(LOOK, WITHIN, lambda: None)

        with pytest.raises(Interrupted):
            exchange.ask(asked, WITHIN)

    def test_how_long_it_took_is_what_is_told(self) -> None:
        scene = Scene()
        scene.ask_ahead()
        took = scene.exchange.took
        scene.ask()

        assert scene.exchange.took == took > 0


class TestMeanwhile:
    def test_it_runs_when_the_whole_request_is_out_and_before_the_reply_is_there(self) -> None:
        arrived, replies = threading.Event(), threading.Event()

        def reply(_: httpx.Request) -> httpx.Response:
            arrived.set()
            replies.wait(WITHIN)
            return httpx.Response(200, stream=httpx.ByteStream(b"reply"))

        seen: list[bool] = []

        def meanwhile() -> None:
            seen.append(arrived.wait(WITHIN))
            replies.set()

        with serving(httpx.MockTransport(reply)) as server:
            exchange = Exchange(bounded=SystemClock().call, redact=Redactor())
            look = replace(LOOK, url=f"{server.url}/look")
            exchange.ask_ahead(look, WITHIN, meanwhile)
            answer = exchange.ask(look, WITHIN)
            exchange.close()

        assert seen == [True]
        assert answer.body == b"reply"

    def test_what_it_raises_is_for_who_asks(self) -> None:
        def meanwhile() -> None:
            raise ImportError("no such module")

        with looking(SystemClock()) as (exchange, look):
            exchange.ask_ahead(look, WITHIN, meanwhile)
            with pytest.raises(ImportError):
                exchange.ask(look, WITHIN)

    def test_a_signal_does_not_wait_for_it(self) -> None:
        clock, over = SystemClock(), threading.Event()

        def meanwhile() -> None:
            clock.interrupt()
            over.wait(WITHIN)

        with looking(clock) as (exchange, look):
            exchange.ask_ahead(look, WITHIN, meanwhile)
            waited = over.is_set()
            over.set()
            with pytest.raises(Interrupted) as raised:
                exchange.ask(look, WITHIN)

        assert not waited
        assert raised.value.sent

    def test_it_counts_against_the_bound(self) -> None:
        over = threading.Event()

        with looking(SystemClock()) as (exchange, look):
            exchange.ask_ahead(look, 0.05, lambda: over.wait(WITHIN))
            over.set()
            with pytest.raises(CallError, match="no complete reply") as raised:
                exchange.ask(look, WITHIN)

        assert raised.value.fate is Fate.UNKNOWN


def test_a_request_does_not_show_its_key() -> None:
    assert "zqx" not in repr(replace(LOOK, key="zqx"))


@contextlib.contextmanager
def looking(clock: SystemClock) -> Iterator[tuple[Exchange, Request]]:
    """An exchange, and a request that is answered at once."""
    with serving(httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(b"reply")))) as server:
        exchange = Exchange(bounded=clock.call, redact=Redactor())
        yield exchange, replace(LOOK, url=f"{server.url}/look")
        exchange.close()
