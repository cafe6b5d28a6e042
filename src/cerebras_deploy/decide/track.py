"""What successive snapshots have shown of the one deployment that is followed.

A deployment is identified by its ID alone: other entries of the endpoint may be done too, and prove nothing. Entries
have the status that `evidence.py` has judged.
"""

from dataclasses import dataclass, replace

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import NOTHING_SEEN, Progress
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.decide.strides import NO_STRIDES, Strides
from cerebras_deploy.decide.target import Target


@dataclass(frozen=True)
class Track:
    """What successive snapshots have shown of the target; `read` adds the next one.

    Times are those of `Patience.answered_time`, in seconds: `at` of the latest snapshot, and `state_since` of the first
    of `state_reads` snapshots in a row that showed the same of it: missing, or the same status. `reply` is the status
    in the deploy reply, which is a hint and no evidence.
    """

    target: Target
    progress: Progress = NOTHING_SEEN
    reply: Progress = NOTHING_SEEN
    entry: DeployedModel | None = None  # as last listed
    is_listed: bool = False
    seen_under_way: bool = False
    seen_rolling_back: bool = False
    state_since: float = 0.0
    state_reads: int = 0
    last_error: str = ""  # the latest one that was listed, whatever came after it
    strides: Strides = NO_STRIDES
    at: float = 0.0
    newer: tuple[DeployedModel, ...] = ()
    as_new: tuple[DeployedModel, ...] = ()  # of which nobody knows whether they are newer
    unreadable: int | None = None  # entries of the first snapshot that cannot be read
    hides: bool = False  # the latest snapshot has more of them: one may be the target, or newer

    @property
    def seen(self) -> bool:
        """Whether it has been listed."""
        return self.entry is not None

    def read(self, endpoint: Endpoint, at: float) -> "Track":
        """Return the track after a snapshot that was read at that time."""
        entry = self._own(endpoint)
        track = self.listed(entry, at) if entry else self._missing(at)
        unreadable = len(endpoint.unreadable)
        known = unreadable if self.unreadable is None else self.unreadable
        return replace(
            track,
            newer=tuple(track.target.newer_than_it(endpoint.deployed_models)),
            as_new=tuple(track.target.made_with_it(endpoint.deployed_models)),
            unreadable=known,
            hides=unreadable > known,
        )

    def _own(self, endpoint: Endpoint) -> DeployedModel | None:
        """Return its entry; of several, one that is not done, since it is done when all are."""
        entries = [entry for entry in endpoint.deployed_models if self.target.is_it(entry)]
        return min(entries, key=lambda entry: entry.status is Status.DONE, default=None)

    def listed(self, entry: DeployedModel, at: float) -> "Track":
        """Return the track after a read that lists it so."""
        progress, created = Progress.of_entry(entry), entry.created
        is_same = self.is_listed and progress.status == self.progress.status
        is_error = progress.status is Status.ERROR
        rolling_back = entry.was_rolling_back or progress.status is Status.ROLLING_BACK
        return replace(
            self,
            target=self.target if created is None else replace(self.target, created=created),
            progress=progress,
            entry=entry,
            is_listed=True,
            seen_under_way=self.seen_under_way or progress.status in {Status.NOT_STARTED, Status.IN_PROGRESS},
            seen_rolling_back=self.seen_rolling_back or rolling_back,
            last_error=str(progress) if is_error else self.last_error,
            strides=self.strides.read(progress, at) if progress.status is Status.IN_PROGRESS else self.strides,
            at=at,
            state_since=self.state_since if is_same else at,
            state_reads=self.state_reads + 1 if is_same else 1,
        )

    def _missing(self, at: float) -> "Track":
        is_same = not self.is_listed and self.state_reads > 0
        since, reads = (self.state_since, self.state_reads + 1) if is_same else (at, 1)
        return replace(self, is_listed=False, at=at, state_since=since, state_reads=reads)

    @property
    def rhythm(self) -> Rhythm:
        """How often to read it."""
        if not self.is_listed:
            return Rhythm.BASE
        match self.progress.status:
            case Status.IN_PROGRESS:
                return self.strides.rhythm
            case Status.ROLLING_BACK:
                return Rhythm.QUICK
            case Status.ERROR | Status.DONE:
                return Rhythm.CONFIRM
            case _:
                return Rhythm.BASE

    @property
    def stood(self) -> float:
        """For how long it has shown what it shows now."""
        return self.at - self.state_since
