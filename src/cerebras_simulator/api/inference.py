"""The inference API: a question, which the version answers that the endpoint serves, and the list of models.

Its errors are flat objects, as seen live; that a fingerprint ends with the version's suffix is inferred.
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cerebras_simulator.api import chat, schemas
from cerebras_simulator.api.answer import said, time_info
from cerebras_simulator.api.chat_request import ChatCompletionRequest
from cerebras_simulator.api.flat import FlatError, FlatRefusal, check_key
from cerebras_simulator.world.inference import Inference
from cerebras_simulator.world.inventory import Version
from cerebras_simulator.world.rollouts import Deployment, VersionName
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
    world: World = request.state.world
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
    world: Annotated[World, Security(authenticated)], body: ChatCompletionRequest, request: Request
) -> chat.ChatCompletion:
    """Answer as the version does that the endpoint serves, or as one of two during a rollout."""
    if body.model not in world.inventory.endpoints:
        raise FlatRefusal(404, MODEL_NOT_FOUND)
    answering = world.answering(body.model)
    if answering is None:
        raise FlatRefusal(503, NOT_READY)
    deployment, answered = answering
    if world.is_down(deployment, answered):
        raise FlatRefusal(503, NOT_READY)
    answer, seconds = completion(world, body, deployment, answered)
    request.state.record.delay = seconds
    return answer


def malformed(mistake: Mapping[str, Any]) -> FlatError:
    """Say what is wrong with a request, in the words seen live where it is a field that is not known."""
    field = ".".join(str(part) for part in mistake["loc"][1:])
    known = mistake["type"] != "extra_forbidden"
    message = f"{field}: {mistake['msg'] if known else f'property {field!r} is unsupported'}"
    return FlatError(message=message, type="invalid_request_error", param="validation_error", code="wrong_api_format")


def completion(
    world: World, asked: ChatCompletionRequest, deployment: Deployment, answered: int
) -> tuple[chat.ChatCompletion, float]:
    """Give the answer of a deployment that has answered so often before, and the seconds that it takes.

    The same call has the same answer.
    """
    inference = world.inference(deployment)
    version = world.registry.version(VersionName(deployment.org, deployment.architecture, str(deployment.version)))
    good = world.answer.replace("{architecture}", deployment.architecture).replace("{version}", str(version.number))
    message, reason, tokens = said(asked, good, inference)
    prompt_tokens = sum(len(one.text.split()) for one in asked.messages)
    took = time_info(inference, tokens)
    answer = chat.ChatCompletion(
        id=f"chatcmpl-{uuid.uuid5(uuid.UUID(deployment.id), str(answered))}",
        object="chat.completion",
        created=int(world.now() + world.faults.skew),
        model=asked.model,
        system_fingerprint=fingerprint(deployment, version, inference),
        choices=[chat.Choice(index=0, message=message, finish_reason=reason)],
        usage=chat.Usage(prompt_tokens=prompt_tokens, completion_tokens=tokens, total_tokens=prompt_tokens + tokens),
        time_info=took,
    )
    return answer, took.total_time


def fingerprint(deployment: Deployment, version: Version, inference: Inference) -> str:
    """Give the fingerprint of a version's backend: `fp_`, 20 hexadecimal digits, and the suffix if there is one."""
    digits = hashlib.sha256(deployment.model.encode()).hexdigest()[:20]
    suffix = f"-{version.suffix}" if version.suffix and inference.marked else ""
    return f"fp_{digits}{suffix}"
