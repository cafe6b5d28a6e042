"""Where the deployments of an endpoint stand: a pure function of what was accepted when, and of the time."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from cerebras_simulator.world.timelines import REPLICAS, Moment, Timeline

#: Who made a deployment: the caller by a request, or the scenario by itself.
Maker = Literal["caller", "scenario"]
_MODEL_NAME = re.compile(r"orgs/([^/]+)/models/([^/]+)/versions/([^/]+)")


@dataclass(frozen=True)
class VersionName:
    """A version as the API names it: `reference` is an integer id or an alias."""

    org: str
    architecture: str
    reference: str

    def __str__(self) -> str:
        """Write the name as the API does."""
        return f"orgs/{self.org}/models/{self.architecture}/versions/{self.reference}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name, or raise a ValueError."""
        found = _MODEL_NAME.fullmatch(text)
        if found is None:
            raise ValueError("not of the form orgs/<org>/models/<architecture>/versions/<version>")
        return cls(*found.groups())


@dataclass(frozen=True)
class Deployment:
    """A deployment that was accepted; `created` in unix seconds, `reference` as it was asked for.

    The API's own clock was `skew` seconds ahead by then.
    """

    id: str
    endpoint: str
    org: str
    architecture: str
    version: int
    reference: str
    created: float
    by: Maker
    timeline: Timeline
    skew: float = 0

    @property
    def model(self) -> str:
        """The model version's name, by its integer id."""
        return str(VersionName(self.org, self.architecture, str(self.version)))


@dataclass(frozen=True)
class Standing:
    """A deployment and what its rollout shows now; in unix seconds, its last change, and its start after all others."""

    deployment: Deployment
    moment: Moment
    updated: float
    start: float


@dataclass(frozen=True)
class StatusChange:
    """A status of a rollout, and the unix time (s) since when it had it."""

    status: str
    since: float


def standings(deployments: Iterable[Deployment], now: float, speed: float) -> list[Standing]:
    """Fold the deployments of one endpoint, oldest first: each rollout waits for the one before."""
    found = []
    free = -math.inf
    for deployment in sorted(deployments, key=lambda one: one.created):
        if deployment.created > now:
            break
        start = max(deployment.created, free)
        free = start + deployment.timeline.length / speed
        moment = deployment.timeline.at((now - start) * speed)
        changed = start + moment.since / speed if start <= now else deployment.created
        found.append(Standing(deployment, moment, changed, start))
    return found


def history(standing: Standing, now: float, speed: float) -> list[StatusChange]:
    """Tell the statuses that a rollout has had by now, one after another; a queued one waits in its first."""
    steps: list[StatusChange] = []
    begin, since = standing.start, standing.deployment.created
    for phase in standing.deployment.timeline.phases:
        if not steps or (begin <= now and steps[-1].status != phase.status):
            steps.append(StatusChange(phase.status, since))
        begin += phase.seconds / speed
        since = begin
    return steps


def serving(standing: Iterable[Standing]) -> Standing | None:
    """Give the deployment that serves: the newest one that is done."""
    done = [one for one in standing if one.moment.status == "done"]
    return done[-1] if done else None


def replicas(standing: Iterable[Standing]) -> list[Deployment | None]:
    """Give what each replica of the endpoint runs: what was rolled out to it last, of the deployments oldest first."""
    running: list[Deployment | None] = [None] * REPLICAS
    for one in standing:
        running[: one.moment.replicas] = [one.deployment] * one.moment.replicas
    return running
