"""The Management API's calls, one try each.

A reply that is not the expected object leaves here as a `CallError`, as what the network did does (`exchange.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from cerebras_deploy.errors import CallError
from cerebras_deploy.exchange import BODY_LIMIT, Exchange, Request
from cerebras_deploy.names import ROOT, ModelName, endpoint_path
from cerebras_deploy.replies import Answer, failure, unreadable
from cerebras_deploy.text import Redactor
from cerebras_deploy.wire import Aliases, Completion, Endpoint, Endpoints, Operation, Version

R = TypeVar("R", bound=BaseModel)

Body = dict[str, object]

ANSWER_TOKENS = 1024  # room for a reasoning model to get to its answer


@dataclass(frozen=True)
class Call:
    """What one call did, for the counters and the debug log. `seconds` is its latency."""

    method: str
    path: str
    outcome: str
    seconds: float
    ok: bool


class Api:
    """The calls the action makes, each bounded by `within` seconds in all.

    `observe` is told of every call.
    """

    def __init__(  # noqa: PLR0913 - what a client needs
        self,
        base_url: str,
        key: str,
        inference_key: str = "",
        *,
        exchange: Exchange,
        redact: Redactor,
        observe: Callable[[Call], None],
    ) -> None:
        self._base_url, self._key, self._inference_key = base_url, key, inference_key
        self._exchange, self._redact, self._observe = exchange, redact, observe

    def endpoint(self, endpoint_id: str, within: float) -> Endpoint:
        """`GET /management/v1/endpoints/{endpoint_id}`: the endpoint and its deployments."""
        path = endpoint_path(endpoint_id)
        return self._send(Endpoint, f"endpoint {endpoint_id}", "GET", path, within=within)

    def version(self, model: ModelName, within: float) -> Version:
        """`GET …/versions/{version_id}`, by integer or alias."""
        return self._send(Version, f"version {model.version} of {model.architecture}", "GET", model.path, within=within)

    def set_aliases(self, model: ModelName, aliases: tuple[str, ...], within: float) -> Aliases:
        """`PATCH …/versions/{version_id}`: the whole list, which replaces the one before."""
        what = f"aliases of version {model.version}"
        return self._send(Aliases, what, "PATCH", model.path, within=within, body={"version_aliases": aliases})

    def chat(self, endpoint_id: str, prompt: str, within: float) -> Completion:
        """`POST /v1/chat/completions`, with the inference key."""
        body = {
            "model": endpoint_id,
            "messages": [{"role": "user", "content": prompt}],
            "max_completion_tokens": ANSWER_TOKENS,
            "temperature": 0,
        }
        return self._send(
            Completion, f"question to {endpoint_id}", "POST", "/v1/chat/completions", within=within, body=body
        )

    def endpoints(self, org: str, within: float) -> Endpoints:
        """`GET /management/v1/orgs/{org_name}/endpoints`."""
        path = f"{ROOT}/orgs/{quote(org, safe='')}/endpoints"
        return self._send(Endpoints, f"endpoints of {org}", "GET", path, within=within)

    def deploy(self, endpoint_id: str, model: ModelName, within: float) -> Operation:
        """`POST /management/v1/endpoints/{endpoint_id}:deployModel`; the colon stays literal (AIP-136)."""
        path = f"{endpoint_path(endpoint_id)}:deployModel"
        return self._send(Operation, "deploy call", "POST", path, within=within, body={"model": str(model)})

    def _send(  # noqa: PLR0913 - a call is that much
        self, reply: type[R], what: str, method: str, path: str, *, within: float, body: Body | None = None
    ) -> R:
        key = self._key if path.startswith(ROOT) else self._inference_key
        outcome, ok = "given up", False
        try:
            answer = self._exchange.ask(Request(method, self._base_url + path, key, body), within)
            outcome = f"HTTP {answer.status}"
            if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                raise failure(answer, self._redact(answer.body.decode("utf-8", "replace")))
            result, ok = _parse(reply, answer), True
        except CallError as error:
            outcome = error.reason
            error.reason = f"{what}: {outcome}"
            raise
        else:
            return result
        finally:
            self._observe(Call(method, path, outcome, self._exchange.took, ok))


def _parse(reply: type[R], answer: Answer) -> R:
    if len(answer.body) > BODY_LIMIT:
        raise unreadable(answer, f"more than {BODY_LIMIT // 1024 // 1024} MiB")
    try:
        return reply.model_validate_json(answer.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise unreadable(answer, f"{where}: {first['msg']}" if where else first["msg"]) from error
