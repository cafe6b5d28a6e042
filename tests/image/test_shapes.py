"""Six successes that were not true, through the container, against an API that shows what a server may show."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import runner
from helpers.containers import ACTION, docker
from helpers.forged import ENDPOINT, MODEL, OLD, OURS
from helpers.presented import Api, states
from helpers.repository import MANIFEST
from helpers.stage import BASE

pytestmark = pytest.mark.container

FAILS = states((0, "not_started"), (1, "in_progress"), (4, "error"))


def hinted(reply: dict[str, Any], _: int) -> dict[str, Any]:
    return reply | {"response": reply["response"] | {"rollout_status": "done"}}


def two_rows(age: float | None) -> list[dict[str, Any]]:
    ours = {"id": OURS, "model": MODEL.format(2), "created": int(time.time()), "state": "in_progress"}
    return [] if age is None else [ours]


def another_endpoint(document: dict[str, Any], _: int) -> dict[str, Any]:
    live = {"id": OLD, "model": MODEL.format(2), "created": 1, "state": "complete"}
    return document | {"name": "other", "deployed_models": [live]}


def overtaken(age: float | None) -> list[dict[str, Any]]:
    newer = {"id": "n", "model": MODEL.format(3), "created": int(time.time()) + 9, "state": "complete"}
    return [] if age is None or age < 3 else [newer]


def once_complete(age: float) -> dict[str, Any]:
    return {"state": states((0, "complete"), (0.5, "not_started"), (2, "in_progress"), (4, "error"))(age)}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "done in the deploy reply": ({"deploy": hinted, "ours": lambda age: {"state": FAILS(age)}}, "failed"),
    "complete beside in_progress": (
        {"ours": lambda age: {"state": "complete", "rollout_status": FAILS(age)}},
        "failed",
    ),
    "two rows of our ID": ({"ours": lambda _: {"state": "complete"}, "more": two_rows}, "timed-out"),
    "another endpoint's reply": ({"whole": another_endpoint}, "unreachable"),
    "overtaken between two reads": (
        {"ours": lambda age: {"state": "in_progress" if age < 3 else "complete"}, "more": overtaken},
        "superseded",
    ),
    "complete once, before it was under way": ({"ours": once_complete}, "failed"),
}


@contextmanager
def served(made: dict[str, Any]) -> Iterator[str]:
    """Serve such an API where containers reach it: on the address of Docker's bridge."""
    api = Api(SimpleNamespace(clock=SimpleNamespace(now=time.time), transport=None), **made)  # type: ignore[arg-type]
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", "0")))
            extensions: dict[str, Callable[..., None]] = {"trace": lambda *_: None}
            request = httpx.Request(self.command, f"http://api{self.path}", content=content, extensions=extensions)
            with lock:
                reply = api.handle_request(request)
            self.send_response(reply.status_code)
            self.send_header("content-length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        do_POST = do_GET  # noqa: N815 - as http.server has it

        def log_message(self, *_: object) -> None:
            pass

    (config,) = json.loads(docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"]
    bridge = config.get("Gateway") or str(next(ip_network(config["Subnet"]).hosts()))
    with ThreadingHTTPServer((bridge, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{bridge}:{server.server_port}"
        finally:
            server.shutdown()


def played(name: str, folder: Path) -> runner.StepResult:
    made, _ = CASES[name]
    folder.mkdir()
    with served(made) as address:
        inputs = BASE | {"base-url": address, "endpoint": ENDPOINT, "poll-interval": "1s", "timeout": "50s"}
        return runner.run_container(ACTION, runner.JobFolder(folder), runner.Step(MANIFEST, inputs, {}))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, runner.StepResult]:
    """Run all six side by side: each takes as long as an error has to stand."""
    folder = tmp_path_factory.mktemp("shapes")
    with ThreadPoolExecutor(len(CASES)) as pool:
        runs = {name: pool.submit(played, name, folder / str(n)) for n, name in enumerate(CASES)}
        return {name: run.result() for name, run in runs.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_success_that_is_not_true_is_none(name: str, results: dict[str, runner.StepResult]) -> None:
    result = results[name]

    assert (result.outputs["result"], result.exit_code) == (CASES[name][1], 1), result.stdout.decode()
