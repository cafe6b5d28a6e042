"""What stands before the API: hands over the world, refuses some User-Agents, marks replies, keeps a record."""

import itertools
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cerebras_simulator.api.control import concerns
from cerebras_simulator.world.state import Request, World

#: Agents that the API's front answers with 403 and `error code: 1010`; reported by many, documented by none.
LIBRARY_AGENTS = re.compile(r"(python-httpx|python-requests|python-urllib)\b", re.IGNORECASE)
FORBIDDEN_AGENT = "error code: 1010"


def refuses(user_agents: Iterable[str]) -> bool:
    """Tell whether a request with these User-Agent headers is refused: a library's default, or none."""
    agents = [agent for agent in user_agents if agent.strip()]
    return not agents or any(LIBRARY_AGENTS.match(agent) for agent in agents)


class Front:
    """ASGI middleware around the API; what concerns the simulator itself passes it by."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world
        self._rays = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["world"] = self._world
        if concerns(scope["path"]):
            await self._app(scope, receive, send)
            return
        record = Request(self._world.now(), scope["method"], scope["path"])
        self._world.requests.append(record)
        scope["state"]["record"] = record
        ray = f"{next(self._rays):016x}-SIM"

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Before it is sent: whoever has a reply finds it on record.
                record.status = message["status"]
                MutableHeaders(scope=message)["cf-ray"] = ray
            await send(message)

        await self._choose(scope)(scope, receive, send_marked)

    def _choose(self, scope: Scope) -> ASGIApp:
        agents = Headers(scope=scope).getlist("user-agent")
        if self._world.refuses_library_agents and refuses(agents):
            return PlainTextResponse(FORBIDDEN_AGENT, 403)
        return self._app
