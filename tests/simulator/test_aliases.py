"""Aliases: how they are moved, by the published rules, and what is on record."""

from collections.abc import Iterator

import httpx
import pytest

from cerebras_simulator.world.registry import AliasChange
from cerebras_simulator.world.state import DEFAULT_KEY, World
from helpers.stage import AppTransport
from helpers.virtual import VirtualClock

NOON = 1_750_000_000
VERSIONS = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions"
DEPLOY = "/management/v1/endpoints/my-org-gpt-oss-120b:deployModel"
NAME_2 = "orgs/my-org/models/gpt-oss-120b/versions/2"


@pytest.fixture
def world() -> World:
    return World(lambda: NOON)


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    headers = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_KEY}"}
    transport = AppTransport(world, VirtualClock())
    with httpx.Client(base_url="http://simulator", headers=headers, transport=transport) as client:
        yield client


def put(api: httpx.Client, version: str, *aliases: str) -> httpx.Response:
    return api.patch(f"{VERSIONS}/{version}", json={"version_aliases": aliases})


def listed(api: httpx.Client) -> list[list[str]]:
    return [one["response"]["version_aliases"] for one in api.get(VERSIONS).json()["model_versions"]]


@pytest.mark.parametrize("reference", ["2", "production", "v2"])
def test_the_aliases_of_a_version_are_replaced(api: httpx.Client, reference: str) -> None:
    reply = put(api, reference, "v2", "fast-lane")

    assert (reply.status_code, reply.json()) == (200, {"name": NAME_2, "version_aliases": ["v2", "fast-lane"]})
    assert listed(api) == [["stable"], ["v2", "fast-lane"], ["candidate"]]
    assert api.get(f"{VERSIONS}/fast-lane").json()["name"] == NAME_2
    assert api.get(f"{VERSIONS}/production").status_code == 404


def test_an_alias_moves_in_two_calls_and_points_nowhere_in_between(api: httpx.Client, world: World) -> None:
    refused = put(api, "1", "stable", "production")
    removed = put(api, "2", "v2")
    nowhere = api.post(DEPLOY, json={"model": NAME_2.replace("/2", "/production")})
    added = put(api, "1", "stable", "production")

    assert [one.status_code for one in (refused, removed, nowhere, added)] == [409, 200, 404, 200]
    assert refused.json() == {"detail": f"Alias 'production' is assigned to {NAME_2!r}: remove it there first"}
    assert listed(api) == [["stable", "production"], ["v2"], ["candidate"]]
    assert world.alias_changes == [
        AliasChange(NOON, "gpt-oss-120b", 2, ("production", "v2"), ("v2",)),
        AliasChange(NOON, "gpt-oss-120b", 1, ("stable",), ("stable", "production")),
    ]


def test_what_is_the_case_already_is_no_change(api: httpx.Client, world: World) -> None:
    same = put(api, "2", "production", "v2", "v2")
    other = put(api, "2", "v2", "production")

    assert [one.json()["version_aliases"] for one in (same, other)] == [["production", "v2"], ["v2", "production"]]
    assert [one.changed for one in world.requests] == [False, True]
    assert len(world.alias_changes) == 1


def test_a_deployment_keeps_the_version_that_its_alias_meant(api: httpx.Client, world: World) -> None:
    deployed = api.post(DEPLOY, json={"model": NAME_2.replace("/2", "/production")}).json()["name"]
    put(api, "2")
    put(api, "3", "production")

    assert world.standing(deployed).deployment.version == 2


def test_architectures_have_aliases_of_their_own(api: httpx.Client) -> None:
    other = VERSIONS.replace("gpt-oss-120b", "llama-3.3-70b")
    put(api, "2")

    assert api.get(f"{other}/production").status_code == 200


@pytest.mark.parametrize("alias", ["", "a", "1a", "Prod", "prod-", "pr od", "a" * 129, "-a", "prod\n"])
def test_an_alias_that_breaks_the_pattern_is_refused(api: httpx.Client, world: World, alias: str) -> None:
    reply = put(api, "2", "production", alias)

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "version_aliases", 1]
    assert world.alias_changes == []


@pytest.mark.parametrize("alias", ["ab", "a1", "a" * 128, "prod-2026-Jan"])
def test_an_alias_of_the_pattern_is_taken(api: httpx.Client, alias: str) -> None:
    assert put(api, "3", alias).json()["version_aliases"] == [alias]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{VERSIONS}/7", {"version_aliases": []}, 404),
        (f"{VERSIONS}/nightly", {"version_aliases": []}, 404),
        (VERSIONS.replace("my-org", "theirs") + "/1", {"version_aliases": []}, 404),
        (f"{VERSIONS}/1", {}, 422),
        (f"{VERSIONS}/1", {"version_aliases": "production"}, 422),
        (f"{VERSIONS}/1", {"version_aliases": [], "force": True}, 422),
    ],
)
def test_a_change_that_cannot_be_is_refused(api: httpx.Client, path: str, body: object, status: int) -> None:
    assert api.patch(path, json=body).status_code == status


def test_faults_know_the_call(api: httpx.Client, world: World) -> None:
    world.faults.add("aliases:1=reset-after", "aliases:2=503")

    with pytest.raises(httpx.ReadError):
        put(api, "2", "v2")
    assert put(api, "1", "production").status_code == 503
    assert listed(api) == [["stable"], ["v2"], ["candidate"]]


def test_the_record_is_to_be_had_from_outside(api: httpx.Client) -> None:
    put(api, "2", "v2")

    recorded = {"time": NOON, "architecture": "gpt-oss-120b", "version": 2, "before": ["production", "v2"]}
    assert api.get("/_simulator/aliases").json() == [recorded | {"after": ["v2"], "by": "caller"}]
