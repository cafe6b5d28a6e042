"""What a rollout shows as it grows older: phases, one after another.

Seconds in this file are *natural*: a world of `speed` 10 goes through ten in each second of its clock.
"""

import math
from dataclasses import dataclass

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
