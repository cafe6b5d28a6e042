"""Every wait of a run, against a dependency that never answers, that answers a byte at a time, or that is late.

However it goes, the step ends by its `timeout` and 5 s (a rollback has that time again, and putting an alias back 60 s
more), and within 2 s of an interrupt (7 s between the halves of moving an alias).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from helpers.stage import EPOCH, HELLO, Played, Stage

pytestmark = pytest.mark.long

TIMEOUT, LATE = 120.0, 5.0  # seconds
ENDS, ENDS_IN_MID_MOVE = 2.0, 7.0  # seconds after an interrupt
MOMENTS = 6  # of each run, at which it is interrupted

FAULTS = {
    "never answers": "read-timeout",
    "never hears": "read-timeout-before",
    "answers byte by byte": "drip",
    "answers byte by byte, headers, too": "drip-headers",
    "is late": "slow;seconds=20",
    "is busy": "503;retry-after=60",
    "limits": "429",
}


@dataclass(frozen=True)
class Wait:
    """A wait: what is asked for, and which calls go wrong from when on, in the simulator's words."""

    calls: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    scenario: str = "healthy"
    faults: tuple[str, ...] = ()
    timeouts: int = 1
    more: float = 0.0  # seconds

    @property
    def limit(self) -> float:
        """Seconds by which it must have ended."""
        return self.timeouts * TIMEOUT + self.more + LATE


ROLL_BACK = {"on-failure": "rollback", "smoke-test-warm-up": "0s"}
WEIGHTS = {"endpoint": "my-org-weights-syncing", "model": "orgs/my-org/models/weights-syncing"}
PROMOTE = {"promote-aliases": "stable, lts, canary", "alias": "2"}
WAITS = {
    "the first look at the endpoint": Wait(("status:*",)),
    "the first look at the version": Wait(("version:*",)),
    "the list of versions": Wait(("versions:*", "version:*=404"), {"alias": "nothing-1"}),
    "the list of endpoints": Wait(("endpoints:*", "status:*=404")),
    "the inference key": Wait(("models:*",), HELLO),
    "weights": Wait(("version:3-",), WEIGHTS, "weights-syncing"),
    "another rollout": Wait(("status:3-",), scenario="busy"),
    "the deploy call": Wait(("deploy:*",)),
    "a lost call": Wait(("status:2-",), faults=("deploy:1=reset-after",)),
    "a conflict": Wait(("status:2-",), faults=("deploy:1=409",)),
    "following": Wait(("status:4-",)),
    "a deployment that is never listed": Wait(("status:4-",), scenario="never-listed"),
    "an answer, once": Wait(("chat:1",), HELLO, "live"),
    "an answer, for the warm-up": Wait(("chat:*",), HELLO | {"smoke-test-warm-up": "30m"}, "live"),
    "an answer, with the inference API": Wait(("chat:*", "models:2-"), HELLO, "live"),
    "who holds an alias": Wait(("versions:*",), PROMOTE, "live"),
    "either half of a move": Wait(("aliases:*",), PROMOTE, "live", more=60),
    "the second half of a move": Wait(("aliases:2-",), PROMOTE, "live", more=60),
    "a list between the halves": Wait(("versions:2-",), PROMOTE, "live", more=60),
    "the call of a rollback": Wait(("deploy:2-",), HELLO | ROLL_BACK, "wrong-answer", timeouts=2),
    "a rollback": Wait(("status:21-",), HELLO | ROLL_BACK, "wrong-answer", timeouts=2),
    "rolling back on request": Wait(("status:2-",), {"operation": "rollback"}, "live"),
    "the end of a deployment that is named": Wait(("status:*",), {"deployment-id": "550e8400"}),
    "a dry run's lists": Wait(("versions:*", "version:2-"), PROMOTE | {"dry-run": "true"}, "live"),
}


def stage(wait: Wait, fault: str) -> Stage:
    bad = [call if "=" in call else f"{call}={FAULTS[fault]}" for call in wait.calls]
    return Stage(wait.scenario, {"speed": 10}, faults=[*wait.faults, *bad], latency=0.2)


def play(made: Stage, wait: Wait) -> Played:
    return made.play({"timeout": f"{TIMEOUT:.0f}s", "poll-interval": "2s"} | dict(wait.inputs))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_it_ends_in_time_and_says_how(wait: Wait, fault: str) -> None:
    made = stage(wait, fault)
    played = play(made, wait)

    assert played.seconds <= wait.limit
    assert played.result not in {"", "interrupted"}
    assert played.told


@pytest.mark.parametrize("fault", ["never answers", "never hears", "answers byte by byte, headers, too"])
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_an_interrupt_ends_it_at_once(wait: Wait, fault: str) -> None:
    whole = play(stage(wait, fault), wait).seconds
    for number in range(MOMENTS):
        made = stage(wait, fault)
        moment = EPOCH + whole * (number + 0.5) / MOMENTS
        made.clock.interrupt_at = moment
        played = play(made, wait)

        in_mid_move = "may be unassigned" in played.told
        assert played.result == "interrupted"
        assert made.clock.now() - moment <= (ENDS_IN_MID_MOVE if in_mid_move else ENDS)
