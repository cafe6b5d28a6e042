"""What was sent cannot be taken back, and what was given up cannot be sent."""

import contextlib
import threading
from typing import Any

import httpx
import pytest

from cerebras_deploy.api.latch import Latch

STARTED, REPLIED = "http11.send_request_headers.started", "http11.receive_response_headers.started"


class Sending:
    """A request as httpcore tells of it: its method is in bytes."""

    def __init__(self, request: httpx.Request) -> None:
        self.method = request.method.encode()


def info(method: str = "POST") -> dict[str, Any]:
    return {"request": Sending(httpx.Request(method, "https://api.example.com"))}


def test_what_was_sent_cannot_be_taken_back() -> None:
    latch = Latch()
    latch.trace(STARTED, info())

    assert latch.abandon() is True


def test_what_was_given_up_cannot_be_sent() -> None:
    latch = Latch()

    assert latch.abandon() is False
    with pytest.raises(httpx.ConnectTimeout):
        latch.trace(STARTED, info())
    assert latch.abandon() is False


def test_connecting_is_not_sending() -> None:
    latch = Latch()
    latch.trace("connection.connect_tcp.started", {})
    latch.trace("connection.start_tls.complete", {})
    latch.trace(STARTED, info("CONNECT"))

    assert latch.abandon() is False


def test_a_proxys_reply_to_connect_does_not_say_that_the_request_is_sent() -> None:
    told: list[str] = []
    latch = Latch(lambda: told.append("sent"))
    latch.trace(STARTED, info("CONNECT"))
    latch.trace(REPLIED, {})
    before = list(told)
    latch.trace(STARTED, info())
    latch.trace(REPLIED, {})

    assert (before, told) == ([], ["sent"])


def test_an_old_connection_is_one_that_was_used_without_being_made() -> None:
    idle, new = Latch(), Latch()
    before = idle.is_of_old_connection
    idle.trace(STARTED, info())
    new.trace("connection.connect_tcp.started", {})
    new.trace("connection.connect_tcp.complete", {})
    new.trace(STARTED, info())

    assert (before, idle.is_of_old_connection, new.is_of_old_connection) == (False, True, False)


def test_of_two_threads_only_one_wins() -> None:
    for _ in range(200):
        latch, sent = Latch(), threading.Event()

        def send(latch: Latch = latch, sent: threading.Event = sent) -> None:
            with contextlib.suppress(httpx.ConnectTimeout):
                latch.trace(STARTED, info())
                sent.set()

        worker = threading.Thread(target=send)
        worker.start()
        known = latch.abandon()
        worker.join()

        assert known is sent.is_set()
