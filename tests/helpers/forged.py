"""An API that says what a test has it say, in place of the network: no simulator, no socket, no time passes."""

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx

from helpers.stage import Stage

OURS = "550e8400-e29b-41d4-a716-446655440000"
OLD = "11111111-1111-4111-8111-111111111111"
ENDPOINT = "my-org-gpt-oss-120b"
MODEL = "orgs/my-org/models/gpt-oss-120b/versions/{}"

Pointer = tuple[str | int, ...]

_ROUTES = (
    ("deploy", "POST", r"/management/v1/endpoints/[^/]+:deployModel"),
    ("endpoint", "GET", r"/management/v1/endpoints/[^/]+"),
    ("endpoints", "GET", r"/management/v1/orgs/[^/]+/endpoints"),
    ("version", "GET", r"/management/v1/orgs/[^/]+/models/[^/]+/versions/[^/]+"),
    ("aliases", "PATCH", r"/management/v1/orgs/[^/]+/models/[^/]+/versions/[^/]+"),
    ("versions", "GET", r"/management/v1/orgs/[^/]+/models/[^/]+/versions"),
    ("chat", "POST", r"/v1/chat/completions"),
    ("models", "GET", r"/v1/models"),
)
CALLS = tuple(name for name, _, _ in _ROUTES)


def call_of(request: httpx.Request) -> str:
    """Name the call; `""` for one that the API does not have."""
    path = request.url.path
    return next((n for n, method, route in _ROUTES if method == request.method and re.fullmatch(route, path)), "")


@dataclass(frozen=True)
class Reply:
    """What goes over the wire."""

    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", b"application/json"),)
    body: bytes = b""


Edit = Callable[[str, int, Any], "Reply | Exception | Any"]


def as_it_is(_call: str, _number: int, document: Any) -> Any:
    """Say what a healthy API says."""
    return document


@dataclass
class Forged(httpx.BaseTransport):
    """A rollout that goes through `states`, one a read, and what `edit` makes of each reply.

    It begins with the deploy call, or was `begun` by somebody before.
    `edit` is told the call, how many of its kind there were before, and the document that a healthy API would send.
    """

    edit: Edit = as_it_is
    states: Sequence[str] = ("in_progress", "complete")
    begun: bool = False
    requests: list[httpx.Request] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    held: dict[str, list[str]] = field(default_factory=lambda: {"1": ["stable"], "2": ["production"]})
    _reads: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        call = call_of(request)
        number = self.calls[call]
        self.requests.append(request)
        self.calls[call] += 1
        self.begun |= call == "deploy"
        self._reads += self.begun and call == "endpoint"
        sent = SimpleNamespace(method=request.method.encode())
        request.extensions["trace"]("connection.connect_tcp.complete", {})
        request.extensions["trace"]("http11.send_request_headers.started", {"request": sent})
        said = self.edit(call, number, self.document(call, request))
        if isinstance(said, Exception):
            raise said
        reply = said if isinstance(said, Reply) else Reply(body=json.dumps(said).encode())
        headers = [(b"date", b"Thu, 01 Jan 1970 00:00:02 GMT"), *reply.headers]  # as its entries have it
        return httpx.Response(reply.status, headers=headers, stream=httpx.ByteStream(reply.body))

    def document(self, call: str, request: httpx.Request) -> Any:
        """Return what a healthy API says now. Alias `stable` is of version 1, `free` of none, any other of 2."""
        state = self.states[max(min(self._reads, len(self.states)) - 1, 0)] if self.begun else ""
        ref = request.url.path.rpartition("/")[2]
        if call == "aliases":
            said = json.loads(request.content)
            self.held[ref] = said["version_aliases"]
            return said
        if call == "versions":
            return {"model_versions": [version(number, held) for number, held in self.held.items()]}
        if call == "version" and ref in {"1", "stable"}:
            return version("1", self.held["1"])
        if call == "version" and ref == "free":
            return Reply(404, body=b'{"detail": "Not Found"}')
        return document(call, state)


def version(number: str, aliases: Sequence[str]) -> dict[str, Any]:
    """Return a version's reply."""
    return {
        "name": MODEL.format(number),
        "done": True,
        "response": {"version_aliases": list(aliases), "sync_status": "done"},
    }


def document(call: str, state: str = "in_progress") -> Any:
    """Return a reply with every field that the documents name; without a state, ours is not listed yet."""
    ours = [entry(OURS, "2", state, 2)] if state else []
    documents: dict[str, Any] = {
        "endpoint": {
            "name": ENDPOINT,
            "model_arch_id": "gpt-oss-120b",
            "deployed_models": [entry(OLD, "1", "complete", 1), *ours],
            "managing_org_name": "my-org",
            "created": 1,
            "updated": 2,
        },
        "version": {
            "name": MODEL.format("2"),
            "done": True,
            "response": {
                "customer_s3_uri": "s3://bucket/weights",
                "version_aliases": ["production"],
                "sync_status": "done",
                "system_fingerprint_suffix": "suffix",
            },
        },
        "endpoints": {"endpoints": [{"endpoint_id": ENDPOINT, "model_arch_id": "gpt-oss-120b", "org_name": "my-org"}]},
        "deploy": {
            "name": OURS,
            "done": False,
            "response": {
                "deployment_id": OURS,
                "endpoint_id": ENDPOINT,
                "org_name": "my-org",
                "model_arch_id": "gpt-oss-120b",
                "version_id": 2,
                "version_alias": "production",
                "created": 2,
                "updated": 2,
                "rollout_status": "not_started",
                "max_unavailable_replicas": 1,
                "rollout_replicas_updated": 0,
                "rollout_total_replicas": 8,
                "rollout_error_message": "none",
            },
        },
        "aliases": {"version_aliases": ["production"]},
        "versions": {"model_versions": [version("1", ["stable"]), version("2", ["production"])]},
        "models": {"object": "list", "data": [{"id": ENDPOINT, "object": "model", "created": 1, "owned_by": "my-org"}]},
        "chat": {
            "id": "chat-1",
            "model": ENDPOINT,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "pong"}}],
            "system_fingerprint": "fp_1",
            "usage": {"total_tokens": 3, "completion_tokens": 1},
            "time_info": {"completion_time": 0.1},
        },
    }
    return documents.get(call, {"message": "Not Found", "code": "not_found"})


def entry(deployment: str, version: str, state: str, created: int) -> dict[str, Any]:
    """Return one of an endpoint's deployments."""
    return {
        "id": deployment,
        "model": MODEL.format(version),
        "version_alias": "production",
        "created": created,
        "state": state,
        "rollout_replicas_updated": 8 if state in {"complete", "done"} else 3,
        "rollout_total_replicas": 8,
        "rollout_error_message": None if state in {"complete", "done"} else "replica 4 of 8 was not ready",
    }


def strings(node: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Give the places of all strings in a document."""
    if isinstance(node, str):
        yield at
    elif isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from strings(value, (*at, key))


def put(node: Any, at: Pointer, value: Any) -> Any:
    """Return the document with another value at that place; as it was if there is no such place."""
    whole = copy.deepcopy(node)
    if isinstance(node, Reply):
        return node
    try:
        here = whole
        for key in at[:-1]:
            here = here[key]
        here[at[-1]] = value
    except (KeyError, IndexError, TypeError):
        return node
    return whole


def stage(api: httpx.BaseTransport, seed: int = 0) -> Stage:
    """Set up the whole action with this in place of the network."""
    made = Stage(seed=seed)
    made.transport = api
    return made
