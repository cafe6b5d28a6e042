"""The simulator against what is published: the deploy call's OpenAPI, and the documented examples."""

import json
import subprocess
import sysconfig
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from cerebras_simulator.api import chat, schemas
from cerebras_simulator.api.chat_request import ChatCompletionRequest
from cerebras_simulator.api.flat import FlatError
from cerebras_simulator.server import running
from cerebras_simulator.world.inference import Inference
from cerebras_simulator.world.rollouts import Deployment
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World
from helpers.repository import WIRE

PROSE = {"description", "summary", "example", "examples"}
NAMED = {"properties", "schemas", "paths"}
DEPLOY = "/management/v1/endpoints/{endpoint_id}:deployModel"
ERRORS: dict[str, type[BaseModel]] = {"detail": schemas.Detail, "message": FlatError}

SCHEMATHESIS = """
[checks]
# It wants 401 without a key, always; the API answers 403. That auth is not ignored, another check sees.
missing_required_header.enabled = false
# 422, too, as the published schema says nothing of a model name's form.
positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "503"]
"""


def structure(node: Any, *, named: bool = False) -> Any:
    """Leave the prose out; a property that is called `description` is none."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if named or key not in PROSE}
        return {key: structure(value, named=key in NAMED) for key, value in kept.items()}
    return [structure(each) for each in node] if isinstance(node, list) else node


def wire(name: str) -> Any:
    return json.loads((WIRE / name).read_text())


@pytest.fixture(scope="module")
def ours() -> Any:
    with running(World(time.time)) as url:
        return structure(httpx.get(f"{url}/_simulator/openapi.json").json())


@pytest.fixture(scope="module")
def published() -> Any:
    return wire("deploy-model.openapi.json")


def test_the_deploy_call_is_the_published_one(ours: Any, published: Any) -> None:
    mine, theirs = ours["paths"][DEPLOY]["post"], published["paths"][DEPLOY]["post"]

    assert [mine[key] for key in ("operationId", "parameters", "requestBody")] == [
        theirs[key] for key in ("operationId", "parameters", "requestBody")
    ]
    assert theirs["responses"]["200"] == mine["responses"]["200"]
    assert mine["security"] == published["security"]


def test_the_schemas_of_the_deploy_call_are_the_published_ones(ours: Any, published: Any) -> None:
    theirs = published["components"]["schemas"]

    assert theirs == {name: ours["components"]["schemas"][name] for name in theirs}


def test_version_and_title_of_the_document_are_the_published_ones(ours: Any, published: Any) -> None:
    assert (published["openapi"], published["info"]) == (ours["openapi"], ours["info"])


def test_the_errors_of_the_deploy_call_are_documented_in_addition(ours: Any) -> None:
    assert set(ours["paths"][DEPLOY]["post"]["responses"]) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "422",
    }


def test_the_errors_of_the_other_calls_that_do_something_are_documented(ours: Any) -> None:
    aliases = ours["paths"]["/management/v1/orgs/{org_name}/models/{model_arch_id}/versions/{version_id}"]["patch"]
    chat = ours["paths"]["/v1/chat/completions"]["post"]

    assert set(aliases["responses"]) == {"200", "400", "401", "403", "404", "409", "422"}
    assert set(chat["responses"]) == {"200", "400", "401", "403", "404", "422", "503"}


def test_each_api_has_a_key_of_its_own(ours: Any) -> None:
    keys = {path: call["security"] for path, calls in ours["paths"].items() for call in calls.values()}

    for path in ("/v1/chat/completions", "/v1/models"):
        assert keys.pop(path) == [{"InferenceAuth": []}]
    assert all(key == [{"BearerAuth": []}] for key in keys.values())


def test_control_routes_are_no_part_of_the_api(ours: Any) -> None:
    assert all(path.startswith(("/management/v1/", "/v1/")) for path in ours["paths"])


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("deploy-request.json", schemas.EndpointDeployModelRequest),
        ("deploy-request-by-alias.json", schemas.EndpointDeployModelRequest),
        ("deploy-reply.json", schemas.EndpointDeployResponse),
        ("deploy-reply-full.json", schemas.EndpointDeployResponse),
        ("deploy-reply-null.json", schemas.EndpointDeployResponse),
        ("endpoint-status.json", schemas.EndpointStatus),
        ("version-status.json", schemas.ModelVersion),
        ("version-list.json", schemas.ModelVersionList),
        ("endpoint-list.json", schemas.EndpointList),
        ("aliases-request.json", schemas.ModelVersionAliasesRequest),
        ("aliases-reply.json", schemas.ModelVersionAliases),
        ("chat-request.json", ChatCompletionRequest),
        ("chat-reply.json", chat.ChatCompletion),
        ("chat-reply-reasoning.json", chat.ChatCompletion),
    ],
)
def test_documented_examples_fit_the_schemas(name: str, model: type[BaseModel]) -> None:
    example = wire(name)

    assert example == model.model_validate(example).model_dump(mode="json", exclude_unset=True)


def test_a_field_that_is_not_documented_is_no_part_of_a_request() -> None:
    with pytest.raises(ValidationError, match="extra"):
        schemas.EndpointDeployModelRequest.model_validate(wire("deploy-request.json") | {"force": True})


@pytest.mark.parametrize("error", wire("errors.json"), ids=lambda error: error["about"])
def test_error_bodies_seen_live_fit_the_schemas(error: dict[str, Any]) -> None:
    if error["headers"]["content-type"] != "application/json":
        assert error["body"] in {"", "error code: 1010"}
        return
    body = json.loads(error["body"])
    model = schemas.FieldErrors if error["status"] == 422 else ERRORS[next(iter(body))]

    assert body == model.model_validate(body).model_dump()


class AtOnce(World):
    """A world whose answers take no time."""

    def inference(self, deployment: Deployment) -> Inference:
        return replace(super().inference(deployment), seconds=0)


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "selected", "calls"),
    [(DEFAULT_KEY, "--include-path-regex=^/management/", 7), (DEFAULT_INFERENCE_KEY, "--include-path-regex=^/v1/", 2)],
)
def test_schemathesis_finds_no_violation_on_the_running_simulator(
    tmp_path: Path, key: str, selected: str, calls: int
) -> None:
    (tmp_path / "schemathesis.toml").write_text(SCHEMATHESIS)
    command = [
        f"{sysconfig.get_path('scripts')}/schemathesis",
        "run",
        "--no-color",
        "--seed=1",
        "--max-examples=20",
    ]
    with running(AtOnce(time.time, speed=100)) as url:
        found = subprocess.run(
            [*command, selected, f"--header=Authorization: Bearer {key}", f"{url}/_simulator/openapi.json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert found.returncode == 0, found.stdout
    assert f"Tested: {calls}\n" in found.stdout
    assert "Authentication failed" not in found.stdout
