"""Every scenario's story, on a virtual clock, as the endpoint's status tells it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from cerebras_simulator.api import bodies
from cerebras_simulator.world.refusals import Refusal
from cerebras_simulator.world.rollouts import Deployment, VersionName
from cerebras_simulator.world.scenarios import GATE_SCENARIOS, HEALTHY_ROLLOUT, SCENARIOS, find
from cerebras_simulator.world.state import ROLLOUT_WORDS, World

ENDPOINT = "my-org-gpt-oss-120b"
VERSION_1 = VersionName("my-org", "gpt-oss-120b", "1")
VERSION_2 = VersionName("my-org", "gpt-oss-120b", "production")


@dataclass
class Clock:
    time: float = 1_750_000_000.0

    def __call__(self) -> float:
        return self.time


def story(scenario: str, times: list[float], speed: float = 1) -> list[list[str]]:
    """Look, deploy version 2 at once, and tell what is listed at each of the times after it."""
    clock = Clock()
    world = World(clock, scenario=scenario, speed=speed)
    endpoint = world.endpoint(ENDPOINT)
    world.deploy(ENDPOINT, VERSION_2)
    begin, told = clock.time, []
    for time in times:
        clock.time = begin + time
        told.append([sentence(one) for one in bodies.endpoint_status(world, endpoint).deployed_models])
    return told


def sentence(model: Any) -> str:
    counts = "" if model.rollout_replicas_updated is None else f" {model.rollout_replicas_updated}/8"
    return f"v{model.model[-1]} {model.state}{counts}"


OLD = "v1 complete 8/8"
NEW = "v2 complete 8/8"
STORIES = {
    "healthy": {
        0: [OLD, "v2 not_started 0/8"],
        15: [OLD, "v2 in_progress 0/8"],
        107: [OLD, "v2 in_progress 4/8"],
        199: [OLD, "v2 in_progress 8/8"],
        202: [OLD, NEW],
        90_000: [OLD, NEW],
    },
    "slow": {59: [OLD, "v2 not_started 0/8"], 1500: [OLD, "v2 in_progress 4/8"], 2700: [OLD, NEW]},
    "six-hours": {
        10_000: [OLD, "v2 in_progress 3/8"],
        21_599: [OLD, "v2 in_progress 8/8"],
        21_600: [OLD, NEW],
    },
    "rollout-error": {
        100: [OLD, "v2 in_progress 3/8"],
        115: [OLD, "v2 failed 3/8"],
        90_000: [OLD, "v2 failed 3/8"],
    },
    "rolls-back": {
        131: [OLD, "v2 in_progress 4/8"],
        132: [OLD, "v2 rolling_back 5/8"],
        170: [OLD, "v2 rolling_back 2/8"],
        192: [OLD, "v2 rolled_back 0/8"],
    },
    "cancelled": {99: [OLD, "v2 in_progress 3/8"], 100: [OLD, "v2 cancelled 3/8"]},
    "superseded": {
        49: [OLD, "v2 in_progress 1/8"],
        50: [OLD, "v2 in_progress 1/8", "v3 not_started 0/8"],
        60: [OLD, "v2 cancelled 2/8", "v3 not_started 0/8"],
        262: [OLD, "v2 cancelled 2/8", "v3 complete 8/8"],
    },
    "superseded-vanishes": {
        50: [OLD, "v2 in_progress 1/8", "v3 not_started 0/8"],
        60: [OLD, "v3 not_started 0/8"],
        262: [OLD, "v3 complete 8/8"],
    },
    "unknown-state": {
        14: [OLD, "v2 not_started 0/8"],
        15: [OLD, "v2 warming_up 0/8"],
        75: [OLD, "v2 in_progress 0/8"],
        262: [OLD, NEW],
    },
    "stuck-unknown": {15: [OLD, "v2 warming_up 0/8"], 90_000: [OLD, "v2 warming_up 0/8"]},
    "busy": {
        0: [OLD, "v3 in_progress 1/8", "v2 not_started 0/8"],
        59: [OLD, "v3 in_progress 8/8", "v2 not_started 0/8"],
        74: [OLD, "v3 complete 8/8", "v2 not_started 0/8"],
        75: [OLD, "v3 complete 8/8", "v2 in_progress 0/8"],
        262: [OLD, "v3 complete 8/8", NEW],
    },
    "busy-same": {
        0: [OLD, "v2 in_progress 0/8", "v2 not_started 0/8"],
        172: [OLD, NEW, "v2 not_started 0/8"],
        374: [OLD, NEW, NEW],
    },
    "late-listing": {0: [OLD], 14: [OLD], 15: [OLD, "v2 in_progress 0/8"], 202: [OLD, NEW]},
    "late-listing:4": {3: [OLD], 4: [OLD, "v2 not_started 0/8"]},
    "vanishes": {84: [OLD, "v2 in_progress 2/8"], 85: [OLD], 90_000: [OLD]},
    "never-listed": {0: [OLD], 100: [OLD], 202: [OLD]},
    "live": {0: [NEW, "v2 not_started 0/8"], 202: [NEW, NEW]},
    "no-replica-counts": {0: ["v1 complete", "v2 not_started"], 202: ["v1 complete", "v2 complete"]},
    "first-deployment": {0: ["v2 not_started 0/8"], 202: [NEW]},
    "error-then-rolls-back": {
        114: [OLD, "v2 in_progress 3/8"],
        115: [OLD, "v2 failed 3/8"],
        134: [OLD, "v2 failed 3/8"],
        135: [OLD, "v2 rolling_back 3/8"],
        195: [OLD, "v2 rolled_back 0/8"],
    },
    "minimal-reply": {0: [OLD, "v2 not_started 0/8"], 202: [OLD, NEW]},
}


@pytest.mark.parametrize("scenario", STORIES)
@pytest.mark.parametrize("speed", [1, 8])
def test_the_story_of(scenario: str, speed: float) -> None:
    times = [time / speed for time in STORIES[scenario]]

    assert story(scenario, times, speed) == list(STORIES[scenario].values())


def test_every_scenario_is_told_here() -> None:
    about_weights = {"weights-syncing", "weights-failed"}
    about_answers = set(GATE_SCENARIOS) - {"error-then-rolls-back"}  # see test_inference.py

    assert {name for name in STORIES if ":" not in name} | about_weights == {
        *SCENARIOS,
        *GATE_SCENARIOS,
    } - about_answers


def test_weights_are_synced_in_a_minute_from_the_first_look() -> None:
    clock = Clock()
    world = World(clock, scenario="weights-syncing")
    clock.time += 3600
    version = world.registry.version(VERSION_2)
    seen = []
    for wait in (0, 15, 44, 1):
        clock.time += wait
        found = bodies.model_version(world, "gpt-oss-120b", version)
        seen.append((found.done, found.response.sync_status if found.response else None))

    assert seen == [(False, "queued"), (False, "in_progress"), (False, "in_progress"), (True, "done")]


def test_weights_that_are_not_ready_cannot_be_deployed() -> None:
    clock = Clock()
    world = World(clock, scenario="weights-syncing")

    with pytest.raises(Refusal, match="sync status queued"):
        world.deploy(ENDPOINT, VERSION_2)
    clock.time += 60
    world.deploy(ENDPOINT, VERSION_2)


def test_weights_that_failed_are_done_and_failed() -> None:
    world = World(Clock(), scenario="weights-failed")

    found = bodies.model_version(world, "gpt-oss-120b", world.registry.version(VERSION_2))

    assert found.done
    assert found.response
    assert found.response.sync_status == "failed"


def test_an_error_says_why_and_a_healthy_rollout_has_nothing_to_say() -> None:
    clock = Clock()
    world = World(clock, scenario="rollout-error")
    world.deploy(ENDPOINT, VERSION_2)
    before = bodies.endpoint_status(world, world.endpoint(ENDPOINT)).deployed_models[-1]
    clock.time += 115
    after = bodies.endpoint_status(world, world.endpoint(ENDPOINT)).deployed_models[-1]

    assert "rollout_error_message" not in before.model_fields_set
    assert after.rollout_error_message == "replica 4 of 8 was not ready within 30 s: readiness probe failed"


@pytest.mark.parametrize("scenario", ["rollout-error", "rolls-back", "vanishes"])
def test_the_version_that_was_served_before_can_be_deployed_again(scenario: str) -> None:
    clock = Clock()
    world = World(clock, scenario=scenario)
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 1000
    back = world.deploy(ENDPOINT, VERSION_1).deployment
    clock.time += HEALTHY_ROLLOUT.length

    assert world.serving(ENDPOINT) == back


def test_the_version_that_was_served_before_may_fail_to_come_back() -> None:
    clock = Clock()
    world = World(clock, scenario="rollback-fails")
    ours = world.deploy(ENDPOINT, VERSION_2).deployment
    clock.time += 300
    back = world.deploy(ENDPOINT, VERSION_1).deployment
    clock.time += 300

    assert world.standing(back.id).moment.status == "error"
    assert world.serving(ENDPOINT) == ours


def test_a_second_deployment_waits_for_the_first_and_has_an_id_of_its_own() -> None:
    clock = Clock()
    world = World(clock)
    first = world.deploy(ENDPOINT, VERSION_2).deployment
    clock.time += 100
    second = world.deploy(ENDPOINT, VERSION_2).deployment
    clock.time += 110

    assert first.id != second.id
    assert (world.standing(first.id).moment.status, world.standing(second.id).moment.status) == (
        "done",
        "not_started",
    )


def test_the_status_may_use_the_words_of_the_deploy_call() -> None:
    world = World(Clock(), state_words=ROLLOUT_WORDS)

    assert bodies.endpoint_status(world, world.endpoint(ENDPOINT)).deployed_models[0].state == "done"


def test_updated_is_the_last_change_that_is_listed() -> None:
    clock = Clock()
    world = World(clock, scenario="late-listing")
    endpoint = world.endpoint(ENDPOINT)
    before = bodies.endpoint_status(world, endpoint).updated
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 14
    unlisted = bodies.endpoint_status(world, endpoint).updated
    clock.time += 6
    listed = bodies.endpoint_status(world, endpoint).updated

    assert (before, int(clock.time) - 5) == (unlisted, listed)


def test_a_scenario_may_be_a_value_of_ones_own() -> None:
    hasty = replace(find("healthy"), rollout=find("stuck-unknown").rollout, counts=False)

    assert World(Clock(), scenario=hasty).endpoint(ENDPOINT).scenario == hasty


def test_endpoints_can_be_added_and_those_about_weights_have_an_architecture_of_their_own() -> None:
    world = World(Clock(), endpoints={"eu": "slow", "us": "weights-syncing"})

    assert world.endpoint("eu").architecture == "gpt-oss-120b"
    assert world.endpoint("us").architecture == "weights-syncing"


def test_nothing_that_is_to_come_is_on_record() -> None:
    clock = Clock()
    world = World(clock, scenario="superseded")
    ours = world.deploy(ENDPOINT, VERSION_2).deployment

    assert world.deployments[-1] == ours
    clock.time += 50
    assert (world.deployments[-1].version, world.deployments[-1].by) == (3, "scenario")


def test_the_same_seed_gives_the_same_world_and_another_seed_other_ids() -> None:
    def ids(seed: int) -> list[Deployment]:
        world = World(Clock(), scenario="busy", seed=seed)
        world.deploy(ENDPOINT, VERSION_2)
        return world.deployments

    assert ids(7) == ids(7)
    assert {one.id for one in ids(7)}.isdisjoint({one.id for one in ids(8)})


def test_an_id_that_was_never_given_stands_nowhere() -> None:
    with pytest.raises(KeyError):
        World(Clock()).standing("550e8400-e29b-41d4-a716-446655440000")


@pytest.mark.parametrize("text", ["heathly", "healthy:3", "late-listing:soon"])
def test_an_unknown_scenario_is_an_error_that_lists_them(text: str) -> None:
    with pytest.raises(ValueError, match=r"no scenario .* there are: healthy, slow"):
        find(text)
