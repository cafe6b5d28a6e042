"""An API client whose requests a handler answers, for tests of what goes over the wire."""

from collections.abc import Callable

import httpx
import pytest

from cerebras_deploy.api.http import Http
from cerebras_deploy.api.management import Api
from cerebras_deploy.api.message import Answer, Call
from cerebras_deploy.api.network import open_client
from cerebras_deploy.errors import CallError
from cerebras_deploy.text import Redactor
from helpers import make
from helpers.virtual import VirtualClock

KEY = "csk-0123456789-management"
BASE = "https://api.example.com"
LISTED = "my-org-llama-3.3-70b"  # the endpoint of the reference's example
Handler = Callable[[httpx.Request], httpx.Response]
Bounded = Callable[[Callable[[], Answer], float], Answer]


def at_once(function: Callable[[], Answer], _: float) -> Answer:
    return function()


class Scene:
    """An API client whose requests a handler answers."""

    def __init__(self, handler: Handler, *, base: str = BASE, bounded: Bounded = at_once) -> None:
        self.requests: list[httpx.Request] = []
        self.calls: list[Call] = []
        self.connections = 0
        self._handler = handler
        redact = Redactor([KEY])
        self.clock = VirtualClock()
        http = Http(bounded=bounded, now=self.clock.now, redact=redact, connect=self._connect)
        self.api = Api(base, KEY, ask=http.ask, redact=redact, observe=self.calls.append)

    def _connect(self, _: object) -> httpx.Client:
        self.connections += 1
        with open_client() as client:
            headers = client.headers
        return httpx.Client(transport=httpx.MockTransport(self._answer), headers=headers)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self._handler(request)
        if not response.is_stream_consumed:
            return response
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content))

    def endpoint(self) -> None:
        self.api.endpoint(LISTED, 30)

    def deploy(self) -> None:
        self.api.deploy(make.ENDPOINT, make.name(), 30)

    def failure(self) -> CallError:
        with pytest.raises(CallError) as raised:
            self.deploy()
        return raised.value
