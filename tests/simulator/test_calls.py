"""The simulator's calls over HTTP, in process: replies, refusals, and the record of what was asked."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cerebras_simulator.api.application import create_app
from cerebras_simulator.world.state import DEFAULT_KEY, World
from helpers.repository import document

NOON = 1_750_000_000
ENDPOINT = "/management/v1/endpoints/my-org-gpt-oss-120b"
MODELS = "/management/v1/orgs/my-org/models"
VERSION_2 = {"model": "orgs/my-org/models/gpt-oss-120b/versions/production"}
SEEN_LIVE = {error["about"]: error for error in document("errors")}


class InProcess(httpx.BaseTransport):
    """From a synchronous client straight into the application, without a port."""

    def __init__(self, world: World) -> None:
        self.asgi = httpx.ASGITransport(create_app(world))
        self.loop = asyncio.new_event_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.loop.run_until_complete(self.ask(request))

    async def ask(self, request: httpx.Request) -> httpx.Response:
        reply = await self.asgi.handle_async_request(request)
        return httpx.Response(reply.status_code, headers=reply.headers, content=await reply.aread())

    def close(self) -> None:
        self.loop.close()


def client(world: World, **headers: str) -> httpx.Client:
    known = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_KEY}"}
    return httpx.Client(transport=InProcess(world), base_url="http://simulator", headers=known | headers)


@pytest.fixture
def world() -> World:
    return World(lambda: NOON)


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    with client(world) as found:
        yield found


def test_a_deploy_reply_names_the_integer_version_and_the_reference_as_sent(api: httpx.Client) -> None:
    reply = api.post(f"{ENDPOINT}:deployModel", json=VERSION_2).json()

    assert reply == {
        "name": reply["name"],
        "done": False,
        "response": {
            "deployment_id": reply["name"],
            "endpoint_id": "my-org-gpt-oss-120b",
            "org_name": "my-org",
            "model_arch_id": "gpt-oss-120b",
            "version_id": 2,
            "version_alias": "production",
            "created": NOON,
            "updated": NOON,
            "rollout_status": "not_started",
            "max_unavailable_replicas": 1,
            "rollout_replicas_updated": 0,
            "rollout_total_replicas": 8,
        },
    }


def test_the_endpoint_lists_the_deployment_beside_the_one_it_serves(api: httpx.Client) -> None:
    name = api.post(f"{ENDPOINT}:deployModel", json=VERSION_2).json()["name"]

    status = api.get(ENDPOINT).json()

    assert [one["state"] for one in status["deployed_models"]] == ["complete", "not_started"]
    assert status["deployed_models"][-1] == {
        "id": name,
        "model": "orgs/my-org/models/gpt-oss-120b/versions/2",
        "version_alias": "production",
        "created": NOON,
        "state": "not_started",
        "rollout_replicas_updated": 0,
        "rollout_total_replicas": 8,
    }


def test_without_counts_a_status_has_documented_fields_only() -> None:
    with client(World(lambda: NOON, scenario="no-replica-counts")) as api:
        reply = api.post(f"{ENDPOINT}:deployModel", json=VERSION_2).json()["response"]
        listed = api.get(ENDPOINT).json()["deployed_models"][-1]

    assert set(listed) == {"id", "model", "version_alias", "created", "state"}
    assert not {"rollout_replicas_updated", "rollout_total_replicas", "max_unavailable_replicas"} & set(reply)


def test_a_minimal_reply_says_the_id_and_null() -> None:
    with client(World(lambda: NOON, scenario="minimal-reply")) as api:
        reply = api.post(f"{ENDPOINT}:deployModel", json=VERSION_2).json()

    assert reply == {"name": reply["name"], "done": False, "response": None}


def test_a_world_may_list_versions_as_they_were_asked_for() -> None:
    with client(World(lambda: NOON, lists_alias=True)) as api:
        api.post(f"{ENDPOINT}:deployModel", json=VERSION_2)
        listed = api.get(ENDPOINT).json()["deployed_models"][-1]

    assert listed["model"] == VERSION_2["model"]


@pytest.mark.parametrize("reference", ["2", "production", "v2"])
def test_a_version_is_found_by_integer_or_alias_and_named_by_integer(api: httpx.Client, reference: str) -> None:
    version = api.get(f"{MODELS}/gpt-oss-120b/versions/{reference}").json()

    assert version == {
        "name": "orgs/my-org/models/gpt-oss-120b/versions/2",
        "done": True,
        "response": {
            "customer_s3_uri": "s3://my-org-weights/gpt-oss-120b/2",
            "version_aliases": ["production", "v2"],
            "sync_status": "done",
            "system_fingerprint_suffix": "v2-green",
        },
    }


def test_lists_show_architectures_versions_and_endpoints(api: httpx.Client) -> None:
    versions = api.get(f"{MODELS}/llama-3.3-70b/versions").json()["model_versions"]
    endpoints = api.get("/management/v1/orgs/my-org/endpoints").json()["endpoints"]

    assert "llama-3.3-70b" in api.get(MODELS).json()["model_architectures"]
    assert [version["name"][-1] for version in versions] == ["1", "2", "3"]
    assert {"my-org-gpt-oss-120b", "my-org-llama-3.3-70b", "my-org-rolls-back"} <= {
        endpoint["endpoint_id"] for endpoint in endpoints
    }


@pytest.mark.parametrize(
    ("about", "headers", "path"),
    [
        ("no Authorization header", {"authorization": ""}, ENDPOINT),
        ("a key that is not known", {"authorization": "Bearer csk-an-inference-key"}, ENDPOINT),
        ("a path that is not routed", {}, "/management/v1/deployments/1"),
        ("a User-Agent that the front refuses", {"user-agent": "python-httpx/0.28.1"}, ENDPOINT),
        ("a User-Agent that the front refuses", {"user-agent": "python-requests/2.32"}, ENDPOINT),
        ("a User-Agent that the front refuses", {"user-agent": "Python-urllib/3.11"}, ENDPOINT),
        ("a User-Agent that the front refuses", {"user-agent": ""}, ENDPOINT),
    ],
)
def test_errors_are_those_seen_live(world: World, about: str, headers: dict[str, str], path: str) -> None:
    with client(world, **headers) as api:
        reply = api.get(path)

    seen = SEEN_LIVE[about]
    assert (seen["status"], seen["body"]) == (reply.status_code, reply.text)
    assert seen["headers"].items() <= reply.headers.items()


def test_the_front_may_be_told_to_let_libraries_pass() -> None:
    world = World(lambda: NOON, refuses_library_agents=False)
    with client(world, **{"user-agent": "python-httpx/0.28.1"}) as api:
        assert api.get(ENDPOINT).status_code == 200


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/management/v1/endpoints/nowhere", "Endpoint 'nowhere' not found"),
        (
            f"{MODELS}/gpt-oss-120b/versions/7",
            "Model version 'orgs/my-org/models/gpt-oss-120b/versions/7' not found",
        ),
        (f"{MODELS}/gpt-2/versions/1", "Model 'orgs/my-org/models/gpt-2' not found"),
        ("/management/v1/orgs/theirs/endpoints", "Organization 'theirs' not found"),
        ("/management/v1/orgs/theirs/models", "Organization 'theirs' not found"),
    ],
)
def test_what_does_not_exist_is_not_found(api: httpx.Client, path: str, detail: str) -> None:
    reply = api.get(path)

    assert (404, {"detail": detail}) == (reply.status_code, reply.json())


@pytest.mark.parametrize(
    ("endpoint", "model", "status"),
    [
        ("my-org-gpt-oss-120b", "gpt-oss-120b/versions/nightly", 404),
        ("nowhere", "gpt-oss-120b/versions/2", 404),
        ("my-org-gpt-oss-120b", "llama-3.3-70b/versions/2", 400),
        ("my-org-weights-failed", "weights-failed/versions/2", 409),
        ("my-org-gpt-oss-120b", "gpt-oss-120b", 422),
    ],
)
def test_a_deployment_that_cannot_be_is_refused(
    api: httpx.Client, world: World, endpoint: str, model: str, status: int
) -> None:
    before = world.deployments

    reply = api.post(f"/management/v1/endpoints/{endpoint}:deployModel", json={"model": f"orgs/my-org/models/{model}"})

    assert status == reply.status_code
    assert "detail" in reply.json()
    assert before == world.deployments


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        (b"{}", [{"loc": ["body", "model"], "msg": "Field required", "type": "missing"}]),
        (
            json.dumps(VERSION_2 | {"force": True}).encode(),
            [{"loc": ["body", "force"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}],
        ),
        (b"{", [{"loc": ["body", 1], "msg": "JSON decode error", "type": "json_invalid"}]),
    ],
)
def test_a_malformed_body_is_answered_field_by_field(
    api: httpx.Client, body: bytes, mistakes: list[dict[str, Any]]
) -> None:
    reply = api.post(f"{ENDPOINT}:deployModel", content=body, headers={"content-type": "application/json"})

    assert (422, {"detail": mistakes}) == (reply.status_code, reply.json())


def test_every_reply_of_the_api_has_a_ray_id_of_its_own(api: httpx.Client) -> None:
    rays = [api.get(path).headers["cf-ray"] for path in (ENDPOINT, "/nowhere", ENDPOINT)]

    assert len(set(rays)) == 3


def test_the_record_shows_each_request_and_whether_it_changed_anything(api: httpx.Client) -> None:
    api.get(ENDPOINT)
    api.post(f"{ENDPOINT}:deployModel", json=VERSION_2)
    api.post(f"{ENDPOINT}:deployModel", json={})
    api.get(ENDPOINT, headers={"user-agent": ""})

    record = api.get("/_simulator/requests").json()

    assert [(one["method"], one["path"], one["status"], one["changed"]) for one in record] == [
        ("GET", ENDPOINT, 200, False),
        ("POST", f"{ENDPOINT}:deployModel", 200, True),
        ("POST", f"{ENDPOINT}:deployModel", 422, False),
        ("GET", ENDPOINT, 403, False),
    ]
    assert {(one["time"], one["delay"]) for one in record} == {(NOON, 0)}


def test_the_record_tells_the_callers_deployments_from_the_scenarios(api: httpx.Client) -> None:
    name = api.post(f"{ENDPOINT}:deployModel", json=VERSION_2).json()["name"]

    record = api.get("/_simulator/deployments").json()

    assert {"scenario", "caller"} == {one["by"] for one in record}
    assert record[-1] == {
        "id": name,
        "endpoint": "my-org-gpt-oss-120b",
        "model": "orgs/my-org/models/gpt-oss-120b/versions/2",
        "reference": "production",
        "created": NOON,
        "by": "caller",
        "status": "not_started",
        "replicas": 0,
        "updated": NOON,
    }


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (ENDPOINT, "GET"),
        (f"{ENDPOINT}:deployModel", "POST"),
        (f"{MODELS}/gpt-oss-120b/versions/1", "GET, PATCH"),
        ("/v1/chat/completions", "POST"),
        ("/_simulator/faults", "DELETE, GET, POST"),
        ("/_simulator/openapi.json", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_told_those_that_it_has(
    api: httpx.Client, path: str, methods: str
) -> None:
    reply = api.put(path)

    assert (405, methods) == (reply.status_code, reply.headers["allow"])


def test_control_routes_need_no_key(world: World) -> None:
    with client(world, authorization="", **{"user-agent": ""}) as anybody:
        assert anybody.get("/_simulator/health").json() == {"status": "ok"}
    assert world.requests == []
