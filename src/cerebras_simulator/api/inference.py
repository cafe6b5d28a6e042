"""The inference API: a question, which the version answers that the endpoint serves, and the list of models.

Its errors are flat objects, as seen live; that a fingerprint ends with the version's suffix is inferred.
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cerebras_simulator.api import chat, schemas
from cerebras_simulator.api.flat import FlatError, FlatRefusal, check_key
from cerebras_simulator.world.inventory import Version
from cerebras_simulator.world.rollouts import Deployment, VersionName
from cerebras_simulator.world.scenarios import Inference
from cerebras_simulator.world.state import World

CHAT_PATH: Final = "/v1/chat/completions"
MODELS_PATH: Final = "/v1/models"
MODEL_NOT_FOUND: Final = FlatError(
    message="Model does not exist or you do not have access to it.",
    type="not_found_error",
    param="model",
    code="model_not_found",
)
#: Not seen by anybody: an endpoint whose model is not up yet is likely to answer 503, in words that are not known.
NOT_READY: Final = FlatError(message="The model is not ready yet.", type="server_error", code="service_unavailable")
TOKENS: Final = 256
QUEUE_TIME, PROMPT_TIME = 0.01, 0.02

bearer = HTTPBearer(scheme_name="InferenceAuth", description="An inference key.", auto_error=False)
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": FlatError | schemas.Detail, "description": "The request is malformed."},
    401: {"model": FlatError, "description": "The key is wrong."},
    403: {
        "model": schemas.Detail,
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "No key; or, as text, a User-Agent that is refused.",
    },
    404: {"model": FlatError, "description": "No such endpoint."},
    422: {"model": FlatError, "description": "Until April 2026 instead of 400; no longer answered."},
    503: {"model": FlatError, "description": "The endpoint serves nothing, or is not ready."},
}
router = APIRouter(responses=ERRORS)


async def authenticated(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
) -> World:
    """Let the holder of the inference key in, and hand over the world."""
    world: World = request.app.state.world
    check_key(credentials, world.inference_key)
    return world


@router.get(MODELS_PATH, summary="List what can be asked")
async def list_models(world: Annotated[World, Security(authenticated)]) -> chat.ModelList:
    """List the endpoints that serve something."""
    serving = [(name, world.serving(name)) for name in sorted(world.inventory.endpoints)]
    models = [
        chat.Model(id=name, object="model", created=int(deployment.created), owned_by=deployment.org)
        for name, deployment in serving
        if deployment
    ]
    return chat.ModelList(object="list", data=models)


@router.post(CHAT_PATH, summary="Ask an endpoint", response_model_exclude_unset=True)
async def create_chat_completion(
    world: Annotated[World, Security(authenticated)], body: chat.ChatCompletionRequest, request: Request
) -> chat.ChatCompletion:
    """Answer as the version does that the endpoint serves, or as one of two during a rollout."""
    if body.model not in world.inventory.endpoints:
        raise FlatRefusal(404, MODEL_NOT_FOUND)
    answering = world.answering(body.model)
    if answering is None:
        raise FlatRefusal(503, NOT_READY)
    deployment, answered = answering
    inference = world.inference(deployment)
    if answered < inference.cold:
        raise FlatRefusal(503, NOT_READY)
    request.state.record.delay = inference.seconds
    return completion(world, body, deployment, answered)


def malformed(mistake: Mapping[str, Any]) -> FlatError:
    """Say what is wrong with a request, in the words seen live where it is a field that is not known."""
    field = ".".join(str(part) for part in mistake["loc"][1:])
    known = mistake["type"] != "extra_forbidden"
    message = f"{field}: {mistake['msg'] if known else f'property {field!r} is unsupported'}"
    return FlatError(message=message, type="invalid_request_error", param="validation_error", code="wrong_api_format")


def completion(
    world: World, asked: chat.ChatCompletionRequest, deployment: Deployment, answered: int
) -> chat.ChatCompletion:
    """Give the answer of a deployment that has answered so often before; the same call has the same answer."""
    inference = world.inference(deployment)
    version = world.registry.version(VersionName(deployment.org, deployment.architecture, str(deployment.version)))
    said, reason, tokens = _said(world, asked, deployment, inference)
    prompt_tokens = sum(len(message.content.split()) for message in asked.messages)
    return chat.ChatCompletion(
        id=f"chatcmpl-{uuid.uuid5(uuid.UUID(deployment.id), str(answered))}",
        object="chat.completion",
        created=int(world.now() + world.faults.skew),
        model=asked.model,
        system_fingerprint=fingerprint(deployment, version, inference),
        choices=[chat.Choice(index=0, message=said, finish_reason=reason)],
        usage=chat.Usage(prompt_tokens=prompt_tokens, completion_tokens=tokens, total_tokens=prompt_tokens + tokens),
        time_info=_time_info(inference.seconds),
    )


def _said(
    world: World, asked: chat.ChatCompletionRequest, deployment: Deployment, inference: Inference
) -> tuple[chat.CompletionMessage, Literal["stop", "length"], int]:
    """Give the message, why it ended, and its tokens; `max_completion_tokens` is for reasoning alone."""
    if inference.empty:
        tokens = asked.max_completion_tokens or TOKENS
        reasoning = "The user wants an answer. Let me think about it, and about"
        return chat.CompletionMessage(role="assistant", content=None, reasoning=reasoning), "length", tokens
    content = inference.says or world.answer.replace("{architecture}", deployment.architecture).replace(
        "{version}", str(deployment.version)
    )
    return chat.CompletionMessage(role="assistant", content=content), "stop", len(content.split())


def fingerprint(deployment: Deployment, version: Version, inference: Inference) -> str:
    """Give the fingerprint of a version's backend: `fp_`, 20 hexadecimal digits, and the suffix if there is one."""
    digits = hashlib.sha256(deployment.model.encode()).hexdigest()[:20]
    suffix = f"-{version.suffix}" if version.suffix and inference.marked else ""
    return f"fp_{digits}{suffix}"


def _time_info(seconds: float) -> chat.TimeInfo:
    completion_time = round(seconds - QUEUE_TIME - PROMPT_TIME, 3)
    return chat.TimeInfo(
        queue_time=QUEUE_TIME, prompt_time=PROMPT_TIME, completion_time=completion_time, total_time=seconds
    )
