"""What can happen to a rollout, as data.

Seconds in this file are *natural*: a world of `speed` 10 goes through ten in each second of its clock. The
published documents give no durations; these are chosen to be watched.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

REPLICAS = 8
#: Rollout states in which nothing more will happen (deploy call, `DeploymentRolloutStatus`).
TERMINAL = frozenset({"done", "error", "cancelled", "rolled_back"})


@dataclass(frozen=True)
class Moment:
    """What a timeline shows at one age; `since` is the age (natural seconds) of the last change before it."""

    status: str
    replicas: int
    since: float
    listed: bool


@dataclass(frozen=True)
class Phase:
    """A stretch of time in one status; the count of updated replicas goes evenly from one figure to another.

    A phase that is not `listed` goes on all the same, but the API does not show it.
    """

    status: str
    seconds: float = math.inf
    replicas: tuple[int, int] = (0, 0)
    listed: bool = True

    def at(self, age: float, start: float) -> Moment:
        """Give what this phase, entered at `start`, shows at `age`."""
        first, last = self.replicas
        steps = abs(last - first)
        step = int((age - start) * steps / self.seconds)
        since = start + (step * self.seconds / steps if step else 0)
        return Moment(self.status, first + int(math.copysign(step, last - first)), since, self.listed)


@dataclass(frozen=True)
class Timeline:
    """Phases one after another, the last of them for ever; `error` is the message shown in status `error`."""

    phases: tuple[Phase, ...]
    error: str | None = None

    @property
    def length(self) -> float:
        """Natural seconds until nothing more happens; infinite for a timeline that never ends."""
        if self.phases[-1].status not in TERMINAL:
            return math.inf
        return sum(phase.seconds for phase in self.phases[:-1])

    def at(self, age: float) -> Moment:
        """Give what is to be seen `age` natural seconds after the start; before it, the first phase waits."""
        start = 0.0
        for phase in self.phases[:-1]:
            if age < start + phase.seconds:
                return phase.at(max(age, start), start)
            start += phase.seconds
        return self.phases[-1].at(age, start)


@dataclass(frozen=True)
class Rollout:
    """A version that is deployed `at` natural seconds from some point, and what becomes of it."""

    version: int
    at: float
    timeline: Timeline


@dataclass(frozen=True)
class Scenario:
    """What happens on one endpoint.

    Args:
        about: one line for people.
        rollout: what becomes of the caller's deployments. The version that was served when it all began is
            known to be good: deployed again, its rollout is healthy.
        weights: the sync of version 2, from the first look at the endpoint or its versions.
        served: the version that is live at the beginning.
        rivals: deployments by others, timed from the first look.
        follower: a deployment by somebody else after each rollout of the caller's.
        listed_after: natural seconds until an accepted deployment is listed.
        counts: whether the endpoint's status shows replica counts and error messages, which is undocumented.
        response: whether the deploy reply says more than the deployment's id.

    """

    about: str
    rollout: Timeline
    weights: Timeline
    served: int | None = 1
    rivals: tuple[Rollout, ...] = ()
    follower: Rollout | None = None
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
HEALTHY = Scenario("the rollout goes well, in some 200 seconds", HEALTHY_ROLLOUT, SYNCED)


def _healthy_but(about: str, **changes: object) -> Scenario:
    return replace(HEALTHY, about=about, **changes)  # type: ignore[arg-type]  # the field names are checked at import


def _rollout(about: str, *phases: Phase, error: str | None = None) -> Scenario:
    return replace(HEALTHY, about=about, rollout=Timeline(phases, error))


SCENARIOS: Mapping[str, Scenario] = {
    "healthy": HEALTHY,
    "slow": _healthy_but("the rollout goes well, in 45 minutes", rollout=updating(45 * 60, queued=60)),
    "six-hours": _healthy_but("the rollout goes well, in 6 hours", rollout=updating(6 * 3600, queued=300)),
    "rollout-error": _rollout(
        "the rollout stops at 3 of 8 replicas with an error",
        *(QUEUED, HALFWAY, Phase("in_progress", 30, (3, 3)), Phase("error", replicas=(3, 3))),
        error="replica 4 of 8 was not ready within 30 s: readiness probe failed",
    ),
    "rolls-back": _rollout(
        "5 of 8 replicas are updated, then the API rolls back; the old version serves",
        *(QUEUED, Phase("in_progress", 117, (0, 5)), Phase("rolling_back", 60, (5, 0)), Phase("rolled_back")),
    ),
    "cancelled": _rollout(
        "an operator cancels the rollout at 3 of 8 replicas",
        *(QUEUED, HALFWAY, Phase("in_progress", 15, (3, 3)), Phase("cancelled", replicas=(3, 3))),
    ),
    "superseded": _healthy_but(
        "somebody deploys version 3 during the rollout, which is cancelled",
        rollout=Timeline((*OVERTAKEN, CANCELLED)),
        follower=Rollout(3, 50, HEALTHY_ROLLOUT),
    ),
    "superseded-vanishes": _healthy_but(
        "somebody deploys version 3 during the rollout, which is no longer listed",
        rollout=Timeline((*OVERTAKEN, replace(CANCELLED, listed=False))),
        follower=Rollout(3, 50, HEALTHY_ROLLOUT),
    ),
    "unknown-state": _rollout(
        "the rollout passes through a state that nobody knows, and goes well",
        *(QUEUED, WARMING_UP, *HEALTHY_ROLLOUT.phases[1:]),
    ),
    "stuck-unknown": _rollout(
        "the rollout stays in a state that nobody knows", QUEUED, replace(WARMING_UP, seconds=math.inf)
    ),
    "weights-syncing": _healthy_but(
        "the weights of version 2 are ready after 60 seconds only",
        weights=Timeline((Phase("queued", 15), Phase("in_progress", 45), Phase("done"))),
    ),
    "weights-failed": _healthy_but(
        "the weights of version 2 could not be synced", weights=Timeline((Phase("failed"),))
    ),
    "busy": _healthy_but(
        "version 3 is rolling out at first, for another 60 seconds", rivals=(Rollout(3, -30, updating(90)),)
    ),
    "busy-same": _healthy_but("somebody has just deployed version 2", rivals=(Rollout(2, -30, HEALTHY_ROLLOUT),)),
    "late-listing": _healthy_but(
        "a deployment is listed 15 seconds after it was accepted (late-listing:N for N seconds)",
        listed_after=15,
    ),
    "vanishes": _rollout(
        "the deployment is listed, then gone, with nothing newer",
        *(QUEUED, HALFWAY, Phase("cancelled", replicas=(3, 3), listed=False)),
    ),
    "never-listed": _healthy_but("the deployment is accepted, but never listed", rollout=unlisted(HEALTHY_ROLLOUT)),
    "live": _healthy_but("version 2 is live already", served=2),
    "no-replica-counts": _healthy_but("as healthy, but no reply shows replica counts", counts=False),
    "first-deployment": _healthy_but("nothing has ever been deployed to the endpoint", served=None),
    "minimal-reply": _healthy_but("the deploy reply says the id and nothing else", response=False),
}


def find(text: str) -> Scenario:
    """Give the scenario of that name; `late-listing` takes a number of seconds after a colon.

    Raises:
        ValueError: there is no such scenario.

    """
    name, _, seconds = text.partition(":")
    if name not in SCENARIOS or (seconds and not (name == "late-listing" and seconds.isdecimal())):
        raise ValueError(f"no scenario {text!r}; there are: {', '.join(SCENARIOS)}")
    return replace(SCENARIOS[name], listed_after=float(seconds)) if seconds else SCENARIOS[name]
