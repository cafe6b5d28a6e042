"""What can happen to a rollout and after it, as data.

Rollouts are in natural seconds, see `timelines`. The published documents give no durations; these are chosen to be
watched.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cerebras_simulator.world.inference import Inference
from cerebras_simulator.world.timelines import REPLICAS, Phase, Timeline


@dataclass(frozen=True)
class Rollout:
    """A version that is deployed `at` natural seconds from some point, and what becomes of it."""

    version: int
    at: float
    timeline: Timeline


#: As a good version does.
WELL: Final = Inference()


@dataclass(frozen=True)
class Scenario:
    """What happens on one endpoint.

    The version that was served when it all began is known to be good.

    Args:
        about: one line for people.
        rollout: what becomes of the caller's deployments of other versions than that.
        restored: what becomes of the caller's deployments of that version.
        weights: the sync of version 2, from the first look at the endpoint or its versions.
        served: the version that is live at the beginning.
        rivals: deployments by others, timed from the first look.
        follower: a deployment by somebody else after each rollout of the caller's.
        inference: how versions other than the served one answer.
        listed_after: natural seconds until an accepted deployment is listed.
        counts: whether the endpoint's status shows replica counts and error messages, which is undocumented.
        response: whether the deploy reply says more than the deployment's id.

    """

    about: str
    rollout: Timeline
    restored: Timeline
    weights: Timeline
    served: int | None = 1
    rivals: tuple[Rollout, ...] = ()
    follower: Rollout | None = None
    inference: Inference = WELL
    listed_after: float = 0
    counts: bool = True
    response: bool = True


ALL = (REPLICAS, REPLICAS)
QUEUED = Phase("not_started", 15)
HALFWAY = Phase("in_progress", 70, (0, 3))
SETTLING = Phase("in_progress", 3, ALL)
DONE = Phase("done", replicas=ALL)


def updating(seconds: float, *, queued: float = 15) -> Timeline:
    """Give the rollout that goes well and takes `seconds` in all."""
    replacing = Phase("in_progress", seconds - queued - SETTLING.seconds, (0, REPLICAS))
    return Timeline((Phase("not_started", queued), replacing, SETTLING, DONE))


def unlisted(timeline: Timeline) -> Timeline:
    """Give the same timeline, never shown."""
    return replace(timeline, phases=tuple(replace(phase, listed=False) for phase in timeline.phases))


SETTLED = Timeline((DONE,))
SYNCED = Timeline((Phase("done"),))
HEALTHY_ROLLOUT = updating(202)
WARMING_UP = Phase("warming_up", 60)
CANCELLED = Phase("cancelled", replicas=(2, 2))
OVERTAKEN = (QUEUED, Phase("in_progress", 45, (0, 2)))
STOPS = (QUEUED, HALFWAY, Phase("in_progress", 30, (3, 3)))
STOPPED = Phase("error", replicas=(3, 3))
UNREADY = "replica 4 of 8 was not ready within 30 s: readiness probe failed"
NONSENSE = Inference(says="qwx zzt 0000 ,, the the the")
HEALTHY = Scenario("the rollout succeeds in about 200 seconds", HEALTHY_ROLLOUT, HEALTHY_ROLLOUT, SYNCED)


def _healthy_but(about: str, **changes: object) -> Scenario:
    return replace(HEALTHY, about=about, **changes)  # type: ignore[arg-type]  # the field names are checked at import


def _rollout(about: str, *phases: Phase, error: str | None = None) -> Scenario:
    return replace(HEALTHY, about=about, rollout=Timeline(phases, error))


def _answers(about: str, inference: Inference) -> Scenario:
    return replace(HEALTHY, about=f"the rollout succeeds; {about}", inference=inference)


#: What happens to a rollout.
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "healthy": HEALTHY,
    "slow": _healthy_but("the rollout succeeds in 45 minutes", rollout=updating(45 * 60, queued=60)),
    "six-hours": _healthy_but("the rollout succeeds in 6 hours", rollout=updating(6 * 3600, queued=300)),
    "rollout-error": _rollout(
        "the rollout stops at 3 of 8 replicas with an error",
        *(*STOPS, STOPPED),
        error=UNREADY,
    ),
    "rolls-back": _rollout(
        "the API rolls back after 5 of 8 replicas, and the old version serves",
        *(QUEUED, Phase("in_progress", 117, (0, 5)), Phase("rolling_back", 60, (5, 0)), Phase("rolled_back")),
    ),
    "cancelled": _rollout(
        "an operator cancels the rollout at 3 of 8 replicas",
        *(QUEUED, HALFWAY, Phase("in_progress", 15, (3, 3)), Phase("cancelled", replicas=(3, 3))),
    ),
    "superseded": _healthy_but(
        "somebody else deploys version 3 during the rollout, which is canceled",
        rollout=Timeline((*OVERTAKEN, CANCELLED)),
        follower=Rollout(3, 50, HEALTHY_ROLLOUT),
    ),
    "superseded-vanishes": _healthy_but(
        "somebody else deploys version 3 during the rollout, which is no longer listed",
        rollout=Timeline((*OVERTAKEN, replace(CANCELLED, listed=False))),
        follower=Rollout(3, 50, HEALTHY_ROLLOUT),
    ),
    "unknown-state": _rollout(
        "the rollout passes through an unrecognized state and succeeds",
        *(QUEUED, WARMING_UP, *HEALTHY_ROLLOUT.phases[1:]),
    ),
    "stuck-unknown": _rollout(
        "the rollout stays in an unrecognized state", QUEUED, replace(WARMING_UP, seconds=math.inf)
    ),
    "weights-syncing": _healthy_but(
        "the weights of version 2 take 60 seconds to sync",
        weights=Timeline((Phase("queued", 15), Phase("in_progress", 45), Phase("done"))),
    ),
    "weights-failed": _healthy_but("the weights of version 2 fail to sync", weights=Timeline((Phase("failed"),))),
    "busy": _healthy_but("version 3 is rolling out for another 60 seconds", rivals=(Rollout(3, -30, updating(90)),)),
    "busy-same": _healthy_but("somebody else has just deployed version 2", rivals=(Rollout(2, -30, HEALTHY_ROLLOUT),)),
    "late-listing": _healthy_but(
        "a deployment is listed 15 seconds after it is accepted (late-listing:N for N seconds)",
        listed_after=15,
    ),
    "vanishes": _rollout(
        "the deployment is listed, then disappears, and nothing newer is listed",
        *(QUEUED, HALFWAY, Phase("cancelled", replicas=(3, 3), listed=False)),
    ),
    "never-listed": _healthy_but("the deployment is accepted, but never listed", rollout=unlisted(HEALTHY_ROLLOUT)),
    "live": _healthy_but("version 2 is already live", served=2),
    "no-replica-counts": _healthy_but("like healthy, but no reply shows replica counts", counts=False),
    "first-deployment": _healthy_but("nothing has ever been deployed to the endpoint", served=None),
    "minimal-reply": _healthy_but("the deploy reply contains only the ID", response=False),
}


#: What a gate behind the rollout meets: a smoke test, an end that is none, a rollback. The version that was served
#: before answers well throughout.
GATE_SCENARIOS: Final[Mapping[str, Scenario]] = {
    "wrong-answer": _answers("the new version answers nonsense", NONSENSE),
    "empty-answer": _answers("the new version's answers are cut off while it reasons", Inference(empty=True)),
    "cold-start": _answers("the first two answers after it are 503", Inference(cold=2)),
    "slow-answers": _answers("the new version takes 12 seconds to answer", Inference(seconds=12)),
    "inference-down": _answers("the new version answers only 503", Inference(cold=math.inf)),
    "wrong-fingerprint": _answers("the new version's answers lack its fingerprint suffix", Inference(marked=False)),
    "error-then-rolls-back": _rollout(
        "the rollout stops with an error, and the API rolls back 20 seconds later",
        *(*STOPS, replace(STOPPED, seconds=20), Phase("rolling_back", 60, (3, 0)), Phase("rolled_back")),
        error=UNREADY,
    ),
    "rollback-fails": _healthy_but(
        "the new version answers nonsense, and redeploying the old one ends in an error",
        inference=NONSENSE,
        restored=Timeline((*STOPS, STOPPED), UNREADY),
    ),
}
ALL_SCENARIOS: Final[Mapping[str, Scenario]] = {**SCENARIOS, **GATE_SCENARIOS}


def find(text: str) -> Scenario:
    """Give the scenario of that name; `late-listing` takes a number of seconds after a colon.

    Raises:
        ValueError: there is no such scenario.

    """
    name, _, seconds = text.partition(":")
    if name not in ALL_SCENARIOS or (seconds and not (name == "late-listing" and seconds.isdecimal())):
        raise ValueError(f"no scenario {text!r}; there are: {', '.join(ALL_SCENARIOS)}")
    return replace(ALL_SCENARIOS[name], listed_after=float(seconds)) if seconds else ALL_SCENARIOS[name]
