"""The Management API's calls, one try each.

A reply that is not the expected object leaves here as a `CallError`, like a failure of the network (`http.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from cerebras_deploy.api.completion import Completion, Message, Models
from cerebras_deploy.api.endpoint import Endpoint, Endpoints
from cerebras_deploy.api.error_body import decoded
from cerebras_deploy.api.failures import failure
from cerebras_deploy.api.message import Ask, Call, Request
from cerebras_deploy.api.names import ROOT, ModelName, endpoint_path
from cerebras_deploy.api.operation import Operation
from cerebras_deploy.api.reading import read_reply
from cerebras_deploy.api.tolerance import same_form
from cerebras_deploy.api.version import Aliases, Version, Versions
from cerebras_deploy.errors import CallError, Fate, Interrupted
from cerebras_deploy.text import Redactor, plain

R = TypeVar("R", bound=BaseModel)

Body = dict[str, object]


class Api:
    """The calls that the action makes. Each takes the seconds that it may take in all, and may raise a `CallError`.

    `ask` sends a request. `observe` is told of every call.
    """

    def __init__(  # noqa: PLR0913 - what a client needs
        self,
        base_url: str,
        key: str,
        inference_key: str = "",
        *,
        ask: Ask,
        redact: Redactor,
        observe: Callable[[Call], None],
    ) -> None:
        self._base_url, self._key, self._inference_key = base_url, key, inference_key
        self._ask, self._redact, self._observe = ask, redact, observe

    def observed_by(self, observe: Callable[[Call], None]) -> "Api":
        """Return the same client with another observer: one for calls that other threads make."""
        keys = self._key, self._inference_key
        return Api(self._base_url, *keys, ask=self._ask, redact=self._redact, observe=observe)

    def endpoint(self, endpoint_id: str, within: float) -> Endpoint:
        """`GET /management/v1/endpoints/{endpoint_id}`: the endpoint and its deployments."""
        route = _Route(f"endpoint {endpoint_id}", "GET", endpoint_path(endpoint_id))
        endpoint = self._send(Endpoint, route, within)
        if endpoint.name and same_form(endpoint.name) != same_form(endpoint_id):
            reason = f"{route.what}: the API answered for endpoint {plain(endpoint.name, 100)}"
            raise CallError(Fate.UNKNOWN, reason, hint="check `base-url`, and report this", is_misread=True)
        return endpoint

    def endpoints(self, org: str, within: float) -> Endpoints:
        """`GET /management/v1/orgs/{org_name}/endpoints`."""
        path = f"{ROOT}/orgs/{quote(org, safe='')}/endpoints"
        return self._send(Endpoints, _Route(f"endpoints of {org}", "GET", path), within)

    def version(self, model: ModelName, within: float) -> Version:
        """`GET …/versions/{version_id}`, by integer or alias."""
        return self._send(Version, _version(model), within)

    def find_version(self, model: ModelName, within: float) -> Version | None:
        """`GET …/versions/{version_id}`; None if there is no such version or alias: here a 404 is an answer."""
        try:
            return self._send(Version, replace(_version(model), may_be_absent=True), within)
        except CallError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def versions(self, model: ModelName, within: float) -> Versions:
        """`GET …/versions`: all versions of the model's architecture."""
        path = model.path.rpartition("/")[0]
        return self._send(Versions, _Route(f"versions of {model.architecture}", "GET", path), within)

    def set_aliases(self, model: ModelName, aliases: tuple[str, ...], within: float) -> Aliases:
        """`PATCH …/versions/{version_id}`: the whole list, which replaces the one before."""
        body: Body = {"version_aliases": aliases}
        return self._send(Aliases, _Route(f"aliases of version {model.version}", "PATCH", model.path, body), within)

    def deploy(self, endpoint_id: str, model: ModelName, within: float) -> Operation:
        """`POST /management/v1/endpoints/{endpoint_id}:deployModel`; the colon stays literal (AIP-136)."""
        path = f"{endpoint_path(endpoint_id)}:deployModel"
        return self._send(Operation, _Route("deploy request", "POST", path, {"model": str(model)}), within)

    def chat(self, endpoint_id: str, messages: Sequence[Message], most_tokens: int, within: float) -> Completion:
        """`POST /v1/chat/completions`, with the inference key; `most_tokens` includes those of reasoning."""
        body: Body = {
            "model": endpoint_id,
            "messages": [message._asdict() for message in messages],
            "max_completion_tokens": most_tokens,
            "temperature": 0,
        }
        route = _Route(f"question to {endpoint_id}", "POST", "/v1/chat/completions", body)
        return self._send(Completion, route, within)

    def models(self, within: float) -> None:
        """`GET /v1/models`, with the inference key: whether the inference API is well, and takes the key."""
        self._send(Models, _Route("models of the inference API", "GET", "/v1/models"), within)

    def _send(self, reply: type[R], route: "_Route", within: float) -> R:
        """Make one call, which must be answered with the expected object, and have it observed."""
        key = self._key if route.path.startswith(ROOT) else self._inference_key
        outcome, seconds, ok = "gave up", 0.0, False
        try:
            changes = route.method != "GET" and route.path.startswith(ROOT)
            request = Request(route.method, self._base_url + route.path, key, route.body, once=changes)
            answer = self._ask(request, within)
            outcome, seconds = f"HTTP {answer.status}", answer.seconds
            if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                raise failure(answer, self._redact(decoded(answer.body, answer.headers.get("content-type", ""))))
            result, ok = read_reply(reply, answer), True
        except CallError as error:
            outcome, seconds = error.reason, error.seconds
            ok = route.may_be_absent and error.status == HTTPStatus.NOT_FOUND
            raise error.about(route.what) from error
        except Interrupted as stop:
            seconds = stop.seconds
            raise
        else:
            return result
        finally:
            self._observe(Call(route.method, route.path, outcome, seconds, ok))


@dataclass(frozen=True)
class _Route:
    """One of the API's calls. `what` is its name for people; `may_be_absent`: a 404 is an answer."""

    what: str
    method: str
    path: str
    body: Body | None = None
    may_be_absent: bool = False


def _version(model: ModelName) -> _Route:
    return _Route(f"version {model.version} of {model.architecture}", "GET", model.path)
