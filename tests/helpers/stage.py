"""The stage for tests: the whole action in process, on a virtual clock, against the simulator's app.

Nothing sleeps and nothing listens. The simulator sees the same clock, so a rollout of hours takes milliseconds.
"""

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx
from starlette.types import ASGIApp

import runner
from cerebras_deploy.__main__ import act
from cerebras_deploy.api.network import USER_AGENT
from cerebras_deploy.tell.runner import Runner
from cerebras_simulator.api.application import create_app
from cerebras_simulator.api.playback import create_playback
from cerebras_simulator.faults.raw_reply import BLANK, RawReply, raw_reply
from cerebras_simulator.faults.rules import call_of
from cerebras_simulator.world.recording import Playback, load
from cerebras_simulator.world.state import World
from helpers.virtual import EPOCH, VirtualClock

__all__ = ["BASE", "EPOCH", "KEY", "AppTransport", "Played", "Stage", "VirtualClock"]

KEY = "sim-management-key"
BASE = {
    "api-key": KEY,
    "base-url": "http://simulator",
    "endpoint": "my-org-gpt-oss-120b",
    "model": "orgs/my-org/models/gpt-oss-120b",
    "alias": "production",
}


class AppTransport(httpx.BaseTransport):
    """The network between the action and the simulator's app, with the world's faults, on the virtual clock.

    A call takes `latency` seconds. What httpcore would tell of the request's first byte is told here, too.
    """

    def __init__(self, world: World, clock: VirtualClock, latency: float = 0.0, *, app: ASGIApp | None = None) -> None:
        self._app, self._world, self._faults = app or create_app(world), world, world.faults
        self._clock, self._latency = clock, latency

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the app does, unless a fault does."""
        self._clock.sleep(self._latency)
        fault = self._faults.next(call_of(request.method, request.url.path))
        if fault is None:
            self._leave(request)
            return self._response(self._process(request), request)
        if fault.ending == "refused":
            raise httpx.ConnectError("[Errno 111] Connection refused")
        self._leave(request)
        reply = self._process(request) if fault.processed else BLANK
        if fault.ending == "reset":
            raise httpx.ReadError("[Errno 104] Connection reset by peer")
        if fault.ending == "silence":
            self._clock.sleep(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("timed out")
        return self._response(fault.mangle(reply, self._clock.now()), request)

    def _leave(self, request: httpx.Request) -> None:
        sent = SimpleNamespace(method=request.method.encode())
        if trace := request.extensions.get("trace"):
            trace("connection.connect_tcp.complete", {})
            trace("http11.send_request_headers.started", {"request": sent})

    def _response(self, reply: RawReply, request: httpx.Request) -> httpx.Response:
        patience = request.extensions["timeout"]["read"]
        if reply.delay > patience:
            self._clock.sleep(patience)
            raise httpx.ReadTimeout("timed out")
        self._clock.sleep(reply.delay + min(reply.pause * len(reply.body), 10 * patience))
        date = ("date", formatdate(self._clock.now(), usegmt=True))
        return httpx.Response(reply.status, headers=[*reply.headers, date], stream=_Body(reply))

    def _process(self, request: httpx.Request) -> RawReply:
        sent: list[MutableMapping[str, Any]] = []
        body = request.read()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": (request.url.host, 80),
        }
        run_at_once(self._app(scope, receive, send))
        start = next(message for message in sent if message["type"] == "http.response.start")
        headers = tuple((name.decode(), value.decode()) for name, value in start["headers"])
        content = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
        reply = raw_reply(start["status"], tuple(pair for pair in headers if pair[0] != "content-length"), content)
        if "date" not in dict(reply.headers):
            reply = replace(reply, headers=(*reply.headers, ("date", formatdate(self._clock.now(), usegmt=True))))
        return replace(reply, delay=self._world.requests[-1].delay if self._world.requests else 0.0)


class _Body(httpx.SyncByteStream):
    """A reply's body as it comes over the wire."""

    def __init__(self, reply: RawReply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        """Give its chunks; one that is cut ends as h11 has it."""
        yield from self._reply.chunks
        if self._reply.cut:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def run_at_once(coroutine: Any) -> None:
    """Run a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the app awaits something outside itself")


@dataclass(frozen=True)
class Played:
    """What is left of a run."""

    exit_code: int
    text: str
    outputs: Mapping[str, str]
    summary: str
    log: runner.Log
    world: World
    seconds: float

    @property
    def result(self) -> str:
        """The `result` output."""
        return self.outputs["result"]

    @property
    def told(self) -> str:
        """The annotation that ends the log: its title, and its lines."""
        return self.log.last_annotation

    @property
    def deploy_calls(self) -> int:
        """How many deploy calls the simulator has had."""
        return sum(request.method == "POST" for request in self.world.requests)


@dataclass
class Stage:
    """A clock, a world and the means to run the action there; `inputs` are over `BASE`."""

    scenario: Any = "healthy"
    world_options: dict[str, Any] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=VirtualClock)
    faults: Sequence[str] = ()
    latency: float = 0.0
    seed: int = 0
    files: Mapping[str, str] = field(default_factory=dict)  # of the workspace: path to text

    def __post_init__(self) -> None:
        """Build the world."""
        self.world = World(now=self.clock.now, scenario=self.scenario, **self.world_options)
        self.world.faults.add(*self.faults)
        self.transport: httpx.BaseTransport = AppTransport(self.world, self.clock, self.latency)

    def connect(self, _: object) -> httpx.Client:
        """Open a client as the action does, with the app in place of the network."""
        return httpx.Client(transport=self.transport, headers={"User-Agent": USER_AGENT})

    def replay(self, path: Path, speed: float = 1.0) -> "Stage":
        """Have a recorded rollout in place of the simulated world."""
        app = create_playback(Playback(load(str(path)), speed), self.clock.now)
        self.transport = AppTransport(self.world, self.clock, self.latency, app=app)
        return self

    def play(self, inputs: Mapping[str, str] | None = None, *, env: Mapping[str, str] | None = None) -> Played:
        """Run the step once."""
        given = BASE | dict(inputs or {})
        variables = {f"INPUT_{name.upper()}": value for name, value in given.items()}
        began = self.clock.now()
        with _files(self.files) as (files, read), contextlib.redirect_stdout(io.StringIO()) as stdout:
            with _environment(variables | files | {"NO_COLOR": "1"} | dict(env or {})):
                code = act(os.environ, self.clock, Runner(os.environ), rng=Random(self.seed), connect=self.connect)
            written = read()
        text = stdout.getvalue()
        outputs = runner.read_outputs(written["GITHUB_OUTPUT"])
        assert not outputs.failure, outputs.failure
        return Played(
            exit_code=code,
            text=text,
            outputs=outputs.values,
            summary=written["GITHUB_STEP_SUMMARY"].decode(),
            log=runner.interpret(text.encode(), b""),
            world=self.world,
            seconds=self.clock.now() - began,
        )


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have exactly these variables: actions-toolkit reads the process' own."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# Making and removing a folder takes milliseconds on a disk, and thousands of runs have one each.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None


@contextlib.contextmanager
def _files(given: Mapping[str, str]) -> Iterator[tuple[dict[str, str], Callable[[], dict[str, bytes]]]]:
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        paths = {name: Path(folder) / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in paths.values():
            path.touch()
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        for name, text in given.items():
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_text(text, encoding="utf-8")
        yield (
            {name: str(path) for name, path in paths.items()} | {"GITHUB_WORKSPACE": str(workspace)},
            lambda: {name: path.read_bytes() for name, path in paths.items()},
        )


HELLO = {"smoke-test-prompt": "Say hello.", "smoke-test-expect": "(?i)hello", "inference-api-key": "sim-inference-key"}
HELLO_OR_BACK = HELLO | {"on-failure": "rollback"}


def play(scenario: str, inputs: Mapping[str, str], *faults: str, answer: str = "") -> Played:
    """Run the step once in a scenario; `answer` is what the model says."""
    options = {"answer": answer} if answer else {}
    return Stage(scenario, options, faults=faults, latency=0.1).play(inputs)


def made(played: Played) -> list[int]:
    """The versions that the caller has deployed, in order."""
    return [one.version for one in played.world.deployments if one.by == "caller"]
