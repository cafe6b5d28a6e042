"""A limit on requests, in front of the API or in it: what is turned away is tried again without what went well."""

from contextlib import suppress
from random import Random

import pytest

from cerebras_deploy.decide.giving_up import Deadline
from cerebras_deploy.decide.schedule import Outage, Pace
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.patience import Patience
from cerebras_deploy.steps.insist import insist
from helpers.limited import Limited
from helpers.stage import Stage
from helpers.virtual import VirtualClock

AWAY = CallError(Fate.THROTTLED, "HTTP 429")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("seconds", "burst"), [(1, 0), (2, 0), (3, 0), (3, 1), (4, 2)], ids=["1 r/s", "30 r/m", "20 r/m", "+1", "15 r/m+2"]
)
@pytest.mark.parametrize("seed", range(3))
def test_behind_a_limit_the_version_is_deployed_once(seconds: float, burst: int, status: int, seed: int) -> None:
    stage = Stage(seed=seed, latency=0.05)
    limited = Limited(stage, seconds, burst, status)

    played = stage.play({"timeout": "30m"})

    assert (played.result, played.deploy_calls) == ("succeeded", 1)
    assert limited.turned_away or burst > 1


def test_a_limit_that_lets_nothing_follow_is_told_in_the_log_and_at_the_deadline() -> None:
    stage = Stage(latency=0.05)
    Limited(stage, 20)

    played = stage.play({"timeout": "10m"})

    assert played.result in {"timed-out", "unreachable"}
    assert "HTTP 429 Too Many Requests" in played.told
    assert "Run fewer jobs with this key, or on this network, at the same time." in played.told


class Ear:
    """Counts the failures that are told."""

    def __init__(self) -> None:
        self.failures = 0

    def failing(self, *_: object) -> None:
        self.failures += 1

    def recovered(self, after: float) -> None:
        raise AssertionError(after)


class Scene:
    def __init__(self, *, timeout: float = 600, seed: int = 1) -> None:
        self.clock, self.ear = VirtualClock(0.0), Ear()
        self.patience = Patience(self.clock, Random(seed), self.ear, Pace(5), Deadline(timeout), Outage())
        self.patience.read(lambda: None)
        self.calls: list[float] = []

    def insist(self, error: CallError | None, until: float = 1e9) -> float:
        def call() -> float:
            self.calls.append(self.clock.time)
            if error and self.clock.time < until:
                raise error
            return self.clock.time

        return insist(self.patience, call)


def test_a_call_that_is_answered_is_made_once() -> None:
    scene = Scene()

    assert scene.insist(None) == 0
    assert scene.ear.failures == 0


def test_one_that_is_turned_away_is_made_again_while_the_read_is_fresh() -> None:
    scene = Scene()

    assert 5 <= scene.insist(AWAY, until=5) <= 10
    assert scene.ear.failures == len(scene.calls) - 1


def test_the_waits_are_up_to_1_2_and_4_s() -> None:
    scenes = [Scene(seed=seed) for seed in range(20)]
    for scene in scenes:
        with suppress(CallError):  # the read is not fresh any more
            scene.insist(AWAY)

    for number, most in enumerate([1, 2, 4]):
        waits = [scene.calls[number + 1] - scene.calls[number] for scene in scenes if len(scene.calls) > number + 1]
        assert most / 2 < max(waits) <= most


def test_when_the_read_is_not_fresh_any_more_the_caller_reads_again() -> None:
    scene = Scene()

    with pytest.raises(CallError, match="HTTP 429"):
        scene.insist(AWAY)
    assert len(scene.calls) > 2
    assert scene.clock.time <= 10


def test_a_longer_wait_that_is_asked_for_is_the_callers() -> None:
    scene = Scene()

    with pytest.raises(CallError):
        scene.insist(CallError(Fate.THROTTLED, "HTTP 429", retry_after=30))
    assert scene.calls == [0]


def test_with_too_little_time_left_so_is_the_deadline() -> None:
    scene = Scene(timeout=0.1)

    with pytest.raises(CallError):
        scene.insist(AWAY)
    assert scene.clock.time < 0.1


def test_any_other_failure_is_the_callers() -> None:
    scene = Scene()

    with pytest.raises(CallError):
        scene.insist(CallError(Fate.UNKNOWN, "HTTP 503"))
    assert scene.calls == [0]
