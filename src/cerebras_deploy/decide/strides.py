"""When a rollout can end, by how its count of updated replicas has moved so far; and how often to read it therefore.

Times are those of `Patience.answered_time`, in seconds.
"""

import math
from dataclasses import dataclass, replace

from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.schedule import Rhythm

SURELY = 0.6  # of the shortest stride; hardly any takes less
STANDS_STILL = 2.0  # times the longest stride; then the strides so far say nothing any more

NOT_AT_ONCE = 2.0  # strides that are left; they hardly come within one slow interval
GROWTH = 2  # times the biggest stride so far: the next one, where they grow, as those of a canary do
MOST_HURRIED = 400  # reads as often as possible for one stride, which may have got stuck
MOST_FOR_THE_WORD = 60  # of them, where nothing is missing but the word


@dataclass(frozen=True)
class Strides:
    """The strides of a rollout: from one read that showed more updated replicas to the next one that did.

    `updated` is the count of the latest read that had one (`begun`), and `missing` is what it lacks. `at` is the time
    of the latest read, `moved_at` that of the latest one that showed a stride, and `before` that of the one before it,
    so that the stride ended in between. `biggest` is the most replicas at once; `grown`: the latest stride had more
    than all before it. `hurried` counts the reads since then that were made as often as possible.
    """

    begun: bool = False
    updated: int = 0
    missing: int = 0
    at: float = 0.0
    before: float = 0.0
    moved_at: float = 0.0
    biggest: int = 0
    grown: bool = False
    shortest: float = math.inf
    longest: float = 0.0
    hurried: int = 0

    def read(self, progress: Progress, at: float) -> "Strides":
        """Return the strides after a read. If the counts go back, they start again; impossible ones say nothing."""
        if progress.updated is None or progress.total is None or not progress.updated <= progress.total > 0:
            return self
        missing = progress.total - progress.updated
        if not self.begun or progress.updated < self.updated:
            return Strides(begun=True, updated=progress.updated, missing=missing, at=at, before=at, moved_at=at)
        if progress.updated == self.updated:
            return replace(self, missing=missing, at=at, hurried=self.hurried + (self.rhythm is Rhythm.QUICKEST))
        length, size = at - self.moved_at, progress.updated - self.updated
        return replace(
            self,
            updated=progress.updated,
            missing=missing,
            at=at,
            before=self.at,
            moved_at=at,
            biggest=max(self.biggest, size),
            grown=0 < self.biggest < size,
            shortest=min(self.shortest, length),
            longest=max(self.longest, length),
            hurried=0,
        )

    @property
    def rhythm(self) -> Rhythm:
        """How often to read: slowly while the end cannot come, and as often as possible when it can."""
        if not self.biggest or self.at - self.moved_at > STANDS_STILL * self.longest:
            return Rhythm.BASE
        if self.hurried >= (MOST_HURRIED if self.missing else MOST_FOR_THE_WORD):
            return Rhythm.BASE
        left = self.missing / (self.biggest * (GROWTH if self.grown else 1))
        if left > 1:
            return Rhythm.SLOW if left >= NOT_AT_ONCE else Rhythm.BASE
        is_too_early = self.missing > 0 and self.at - self.before < SURELY * self.shortest
        return Rhythm.SLOW if is_too_early else Rhythm.QUICKEST


NO_STRIDES = Strides()
