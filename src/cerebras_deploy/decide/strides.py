"""When a rollout can end, by how its count of updated replicas has moved so far; and how often to read it therefore.

Times are those of `Patience.answered_time`, in seconds.
"""

import math
from dataclasses import dataclass, replace

from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.schedule import Rhythm

SURELY = 0.6  # of the shortest stride; hardly any takes less
STANDS_STILL = 2.0  # times the longest stride; then the strides so far say nothing any more

NOT_AT_ONCE = 2.0  # strides that are left, of the usual length; they hardly come within one slow interval


@dataclass(frozen=True)
class Strides:
    """The strides of a rollout: from one read that showed more updated replicas to the next one that did.

    `first` and `updated` are the counts of the first read and of the latest, and `missing` is what the latest lacks.
    `at` is the time of the latest read, `moved_at` that of the latest one that showed a stride, and `before` that of
    the one before it, so that the stride ended in between.
    """

    first: int | None = None
    updated: int = 0
    missing: int = 0
    at: float = 0.0
    before: float = 0.0
    moved_at: float = 0.0
    number: int = 0
    shortest: float = math.inf
    longest: float = 0.0

    def read(self, progress: Progress, at: float) -> "Strides":
        """Return the strides after a read. If the counts go back, they start again."""
        if progress.updated is None or progress.total is None:
            return self
        missing = progress.total - progress.updated
        if self.first is None or progress.updated < self.updated:
            return Strides(progress.updated, progress.updated, missing, at, at, at)
        if progress.updated == self.updated:
            return replace(self, missing=missing, at=at)
        length = at - self.moved_at
        return replace(
            self,
            updated=progress.updated,
            missing=missing,
            at=at,
            before=self.at,
            moved_at=at,
            number=self.number + 1,
            shortest=min(self.shortest, length),
            longest=max(self.longest, length),
        )

    @property
    def rhythm(self) -> Rhythm:
        """How often to read: slowly while the end cannot come, and as often as possible when it can."""
        if not self.number or self.at - self.moved_at > STANDS_STILL * self.longest:
            return Rhythm.BASE
        left = self.missing * self.number / (self.updated - (self.first or 0))
        if left > 1:
            return Rhythm.SLOW if left >= NOT_AT_ONCE else Rhythm.BASE
        is_too_early = self.missing > 0 and self.at - self.before < SURELY * self.shortest
        return Rhythm.SLOW if is_too_early else Rhythm.QUICKEST


NO_STRIDES = Strides()
