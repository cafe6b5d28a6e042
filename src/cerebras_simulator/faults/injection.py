"""Faults on a port: an ASGI middleware, and a protocol that lets it reach the connection."""

import asyncio
import contextlib
import http
import socket
import struct
from dataclasses import replace
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cerebras_simulator.api.control import concerns
from cerebras_simulator.faults.kinds import Fault
from cerebras_simulator.faults.raw_reply import BLANK, RawReply, raw_reply
from cerebras_simulator.faults.rules import call_of
from cerebras_simulator.world.state import World

_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Reachable(H11Protocol):
    """uvicorn's HTTP protocol, which shows its connection to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its parent does
        """Keep the connection in the state of each of its requests."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Injector:
    """ASGI middleware that lets the world's faults happen to requests."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, unless a fault does."""
        if concerns(scope["path"]):
            await self._app(scope, receive, send)
            return
        fault = self._world.faults.next(call_of(scope["method"], scope["path"]))
        exchange = _Exchange(scope, receive, send)
        if fault is None:
            await exchange.deliver(await _process(self._app, scope, receive))
            return
        reply = await (_process(self._app, scope, receive) if fault.processed else _ignore(receive))
        await self._end(fault, reply, exchange)

    async def _end(self, fault: Fault, reply: RawReply, exchange: "_Exchange") -> None:
        match fault.ending:
            case "refused" | "reset":
                exchange.reset()
            case "silence":
                pass
            case "reply":
                await exchange.deliver(fault.mangle(reply, self._world.now()))
                return
        await exchange.gone()


async def _ignore(receive: Receive) -> RawReply:
    """Read the request to its end: what was sent in between would make a reset look like an end of the file."""
    while (await receive()).get("more_body"):
        pass
    return BLANK


async def _process(app: ASGIApp, scope: Scope, receive: Receive) -> RawReply:
    """Let the API process a request, and keep its reply back."""
    start: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def keep(message: Message) -> None:  # ASGI wants a coroutine
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, keep)
    headers = tuple((name.decode(), value.decode()) for name, value in start["headers"])
    whole = raw_reply(start["status"], tuple(one for one in headers if one[0] != "content-length"), b"".join(chunks))
    return replace(whole, delay=scope["state"]["record"].delay)


class _Exchange:
    """One request's connection, and the ways to leave it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._receive = receive
        self._send = send

    def reset(self) -> None:
        # Closing a socket that lingers for no time sends RST, and not FIN.
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._transport.abort()

    async def gone(self) -> None:
        """Wait until the caller, or we, have closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def gone_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.gone(), seconds)
            return True
        return False

    async def deliver(self, reply: RawReply) -> None:
        if reply.delay and await self.gone_within(reply.delay):
            return
        if reply.slow_head:
            await self._deliver_raw(reply)
            return
        await self._send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply)})
        for chunk in _pieces(reply):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            if reply.pause and await self.gone_within(reply.pause):
                return
        if reply.cut:
            self._transport.close()
            await self.gone()
        else:
            await self._send({"type": "http.response.body"})

    async def _deliver_raw(self, reply: RawReply) -> None:
        head = b"".join(b"%s: %s\r\n" % header for header in _headers(reply))
        status = b"HTTP/1.1 %d %s\r\n" % (reply.status, http.HTTPStatus(reply.status).phrase.encode())
        for byte in status + head + b"\r\n" + reply.body:
            self._transport.write(bytes((byte,)))
            if await self.gone_within(reply.pause):
                return
        self._transport.close()
        await self.gone()


def _headers(reply: RawReply) -> list[tuple[bytes, bytes]]:
    length = () if reply.declared is None else (("content-length", str(reply.declared)),)
    return [(name.encode(), value.encode()) for name, value in (*reply.headers, *length)]


def _pieces(reply: RawReply) -> tuple[bytes, ...]:
    return tuple(bytes((byte,)) for byte in reply.body) if reply.pause else reply.chunks
