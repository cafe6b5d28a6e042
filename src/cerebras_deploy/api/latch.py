"""The latch between the caller of a request and the worker that sends it: what was given up is never sent."""

import threading
from collections.abc import Callable
from typing import Any

import httpx


class Latch:
    """Decides between the caller, who may give up, and the worker, who may still send: never both.

    `on_request_sent` is called once the whole request is out.
    """

    def __init__(self, on_request_sent: Callable[[], object] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._on_request_sent = on_request_sent
        self._sent = False
        self._abandoned = False
        self._connection = ""  # of a new connection: that it is being made, or that it was

    @property
    def is_connecting(self) -> bool:
        """Whether a connection is being made."""
        return self._connection == "begun"

    @property
    def is_of_old_connection(self) -> bool:
        """Whether the request was sent over a connection that had been idle."""
        return self._sent and not self._connection

    def abandon(self) -> bool:
        """Give up: nothing is sent from now on. Return whether it was sent before."""
        with self._lock:
            self._abandoned = True
            return self._sent

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Watch httpcore's events for the request's first byte and its last; a proxy's CONNECT is not the request."""
        match event:
            case "connection.connect_tcp.started":
                self._connection = "begun"
            case "connection.connect_tcp.complete":
                self._connection = "made"
            case "http11.send_request_headers.started" if info["request"].method != b"CONNECT":
                with self._lock:
                    if self._abandoned:
                        raise httpx.ConnectTimeout("gave up before a request was sent")
                    self._sent = True
            case "http11.receive_response_headers.started" if self._sent:
                self._on_request_sent()
