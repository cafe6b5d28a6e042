"""An API whose JSON is free to choose: what really happens to a rollout, shown as a test wants it shown.

Version 1 has been live for an hour. Version 2 is asked for; its rollout takes 60 s from the deploy call: `not_started`,
`in_progress` from 5 s, `complete` at 60 s.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx

from helpers.forged import ENDPOINT, MODEL, OLD, OURS, call_of
from helpers.stage import Played, Stage

BACK = "99999999-9999-4999-8999-999999999999"
HOUR = 3600
Entry = dict[str, Any]


def states(*changes: tuple[float, str]) -> Callable[[float], str]:
    """Give the state that began last, by the seconds since the deploy call."""
    return lambda age: [state for since, state in changes if since <= age][-1]


HEALTHY = states((0, "not_started"), (5, "in_progress"), (60, "complete"))


def same(value: Any, *_: Any) -> Any:
    """Change nothing."""
    return value


@dataclass
class Api(httpx.BaseTransport):
    """Answers as it is told to.

    `ours` gives our entry, by its age in seconds; None: it is not listed. `back` gives that of another version that is
    deployed after it. `old` changes the entry of version 1, and
    `more` adds entries, by the seconds since the deploy call, or None before it. `whole` changes the whole status, and
    `deploy`, `version` and `models` those replies. Each may return an `httpx.Response`.
    """

    stage: Stage
    ours: Callable[[float], Entry | None] = lambda age: {"state": HEALTHY(age)}
    back: Callable[[float], Entry | None] = lambda age: {"state": HEALTHY(age)}
    old: Callable[[Entry], Entry | None] = same
    more: Callable[[float | None], list[Entry]] = lambda _: []
    whole: Callable[[dict[str, Any], int], Any] = same
    deploy: Callable[[dict[str, Any], int], Any] = same
    version: Callable[[dict[str, Any], str], Any] = same
    models: Callable[[dict[str, Any]], Any] = same
    deployed: list[float] = field(default_factory=list)
    reads: int = 0
    models_read: int = 0
    endpoints: Any = None
    deployed_versions: list[str] = field(default_factory=list)
    version_of_ours: str = ""
    backs: list[tuple[float, str]] = field(default_factory=list)  # when it was deployed, and its version

    def __post_init__(self) -> None:
        """Begin an hour after version 1 was deployed."""
        self.began = self.stage.clock.now()
        self.stage.transport = self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        sent = type("Sent", (), {"method": request.method.encode()})
        request.extensions["trace"]("connection.connect_tcp.complete", {})
        request.extensions["trace"]("http11.send_request_headers.started", {"request": sent})
        said = getattr(self, f"_{call_of(request) or 'nothing'}")(request)
        if isinstance(said, Exception):
            raise said
        date = {"date": formatdate(self.stage.clock.now(), usegmt=True)}
        if isinstance(said, httpx.Response):
            return httpx.Response(said.status_code, headers=date | dict(said.headers), content=said.content)
        return httpx.Response(200, headers=date, content=json.dumps(said).encode())

    def _nothing(self, _: httpx.Request) -> Any:
        return httpx.Response(404)

    def _versions(self, _: httpx.Request) -> Any:
        return {"model_versions": [self._version_of(number) for number in ("1", "2", "3")]}

    def _endpoints(self, _: httpx.Request) -> Any:
        return self.endpoints or {"endpoints": [{"endpoint_id": ENDPOINT, "model_arch_id": "gpt-oss-120b"}]}

    def _models(self, _: httpx.Request) -> Any:
        self.models_read += 1
        return self.models({"object": "list", "data": []})

    def _deploy(self, request: httpx.Request) -> Any:
        version = json.loads(request.content)["model"].rpartition("/")[2]
        if not self.deployed:
            self.version_of_ours = version
        is_back = version != (self.version_of_ours or "2")
        reply = {
            "name": BACK if is_back else OURS,
            "done": False,
            "response": {
                "deployment_id": BACK if is_back else OURS,
                "endpoint_id": ENDPOINT,
                "model_arch_id": "gpt-oss-120b",
                "version_id": 2 if version == "production" else int(version),
                "created": int(self.stage.clock.now()),
                "rollout_status": "not_started",
            },
        }
        said = self.deploy(reply, len(self.deployed_versions))
        if not (isinstance(said, httpx.Response) and said.status_code in {409, 423}):
            self.deployed.append(self.stage.clock.now())
            self.backs += [(self.stage.clock.now(), version)] * is_back
        self.deployed_versions.append(version)
        return said

    def _endpoint(self, _: httpx.Request) -> Any:
        now = self.stage.clock.now()
        age = now - self.deployed[0] if self.deployed else None
        old = {"id": OLD, "model": MODEL.format("1"), "created": int(self.began) - 2 * HOUR, "state": "complete"}
        listed = [entry for entry in [self.old(old)] if entry is not None]
        if age is not None and (ours := self.ours(age)) is not None:
            number = (self.version_of_ours or "2").replace("production", "2")
            listed.append({"id": OURS, "model": MODEL.format(number), "created": int(self.deployed[0])} | ours)
        for deployed, version in self.backs[:1]:
            if (back := self.back(now - deployed)) is not None:
                listed.append({"id": BACK, "model": MODEL.format(version), "created": int(deployed)} | back)
        whole = {
            "name": ENDPOINT,
            "model_arch_id": "gpt-oss-120b",
            "managing_org_name": "my-org",
            "deployed_models": [*listed, *self.more(age)],
        }
        self.reads += 1
        return self.whole(whole, self.reads)

    def _version(self, request: httpx.Request) -> Any:
        ref = request.url.path.rpartition("/")[2]
        return self.version(self._version_of("2" if ref == "production" else ref), ref)

    def _version_of(self, number: str) -> Any:
        aliases = {"1": ["stable"], "2": ["production"]}.get(number, [])
        return {
            "name": MODEL.format(number),
            "done": True,
            "response": {"version_aliases": aliases, "sync_status": "done"},
        }

    def play(self, **inputs: str) -> Played:
        """Run the step once."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.stage.play({"timeout": "20m", "poll-interval": "5s"} | given)


def api(**more: Any) -> Api:
    """Return an API at the beginning."""
    return Api(Stage(), **more)


def entry(version: str, state: str, age: float, began: float, **more: Any) -> Entry:
    """Return another deployment's entry, which was made `age` seconds before the run began."""
    deployment = f"{version * 8}-3333-4333-8333-333333333333"
    return {"id": deployment, "model": MODEL.format(version), "created": int(began - age), "state": state} | more
