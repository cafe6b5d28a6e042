"""A recorded rollout over HTTP: an ASGI application that answers as the API did when it was recorded."""

import json
from collections.abc import Callable
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cerebras_simulator.api.control import PREFIX
from cerebras_simulator.world.recording import Playback, Recorded


def create_playback(playback: Playback, now: Callable[[], float]) -> ASGIApp:
    """Give the application; `now` is the clock, in unix seconds."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.url.path == f"{PREFIX}/health":
            response = Response('{"status": "ok"}', media_type="application/json")
        else:
            response = _response(playback, playback.reply(request.method, request.url.path, now()))
        response.headers["date"] = formatdate(now(), usegmt=True)
        await response(scope, receive, send)

    return app


def _response(playback: Playback, reply: Recorded | None) -> Response:
    if reply is None:
        said = {"detail": "this call was not recorded", "recorded": playback.listed()}
        return Response(json.dumps(said), 501, media_type="application/json")
    if reply.status == 0:  # the recorded call got no reply; what comes closest over a connection that is there
        return Response(json.dumps({"detail": "when this was recorded, no reply came"}), 503)
    headers = {name: value for name, value in reply.headers if name != "content-length"}
    return Response(reply.body, reply.status, headers)
