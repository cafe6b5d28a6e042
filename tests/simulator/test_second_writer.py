"""Somebody else who changes aliases at random moments."""

import itertools
from collections import Counter

import pytest

from cerebras_simulator.world.inventory import ARCHITECTURE
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.second_writer import ITS_ALIASES, MOVE
from cerebras_simulator.world.state import World
from helpers.virtual import EPOCH, VirtualClock


def after(seconds: float, *, seed: int = 0, every: float = 5.0) -> World:
    clock = VirtualClock()
    world = World(clock.now, seed=seed, second_writer=every)
    clock.time += seconds
    return world


def held(world: World) -> dict[int, tuple[str, ...]]:
    return {one.number: one.aliases for one in world.registry.known(ARCHITECTURE)}


def test_nobody_else_writes_unless_asked_for() -> None:
    clock = VirtualClock()
    world = World(clock.now)
    clock.time += 3600

    assert world.alias_changes == []


def test_it_adds_moves_and_removes_its_own_aliases_and_no_others() -> None:
    world = after(3600)
    changes = world.alias_changes

    assert {change.by for change in changes} == {"second writer"}
    assert {alias for one in changes for alias in set(one.before) ^ set(one.after)} == set(ITS_ALIASES)
    assert all(len(set(one.before) ^ set(one.after)) == 1 for one in changes)
    others = {
        number: [alias for alias in aliases if alias not in ITS_ALIASES] for number, aliases in held(world).items()
    }
    assert others == {1: ["stable"], 2: ["production", "v2"], 3: ["candidate"]}


def test_a_move_leaves_the_alias_without_a_version_for_a_moment() -> None:
    changes = after(3600).alias_changes
    gaps = Counter(
        "move" if later.time - earlier.time <= MOVE else "pause"
        for earlier, later in itertools.pairwise(changes)
        if len(earlier.after) < len(earlier.before) and set(earlier.before) - set(earlier.after) <= set(later.after)
    )

    assert gaps["move"] > 100


def test_its_moments_are_random_and_as_frequent_as_asked_for() -> None:
    times = [change.time for change in after(36_000, every=10).alias_changes]

    assert all(EPOCH < time <= EPOCH + 36_000 for time in times)
    assert len(times) == len(set(times))
    assert 3000 < len(times) < 9000


@pytest.mark.parametrize(("seed", "same"), [(0, True), (1, False)])
def test_a_seed_has_the_same_turns_however_often_one_looks(seed: int, *, same: bool) -> None:
    clock = VirtualClock()
    looked_at = World(clock.now, seed=seed, second_writer=5)
    for _ in range(600):
        clock.time += 1
        held(looked_at)

    assert (looked_at.alias_changes == after(600).alias_changes) is same


def test_it_takes_no_alias_that_the_caller_has_given_away() -> None:
    clock = VirtualClock()
    world = World(clock.now, second_writer=1)
    for _ in range(500):
        clock.time += 1
        free = [alias for alias in ITS_ALIASES if not any(alias in aliases for aliases in held(world).values())]
        if free:
            name = VersionName("my-org", ARCHITECTURE, "1")
            world.registry.set_aliases(name, (*held(world)[1], free[0]))
        assert all(count == 1 for count in Counter(alias for each in held(world).values() for alias in each).values())
