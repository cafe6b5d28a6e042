"""What successive snapshots mean for the one deployment that is followed, and when that is its end.

A deployment is identified by its ID alone: other entries of the endpoint may be done too, and prove nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.api.wire import DeployedModel, Endpoint
from cerebras_deploy.decide.plan import deployment_of, newest_first
from cerebras_deploy.decide.progress import NOTHING_SEEN, Progress
from cerebras_deploy.result import End, Result

GONE_AFTER = 3  # good reads in a row; one alone may come from a stale replica of the API
LISTED_WITHIN = 60.0  # seconds of good reads, when the workflow named the deployment
LISTED_LATE = 20.0  # seconds; an accepted deployment may be listed as late as that
ERROR_STANDS, ERROR_READS = 30.0, 3  # seconds, and reads in a row; until then the rollout may recover


@dataclass(frozen=True)
class Target:
    """The deployment to follow. `created` is in unix seconds. `older` has the IDs of those before it, if known.

    `by_id`: the workflow named the ID, so that the endpoint may have no such deployment.
    """

    id: str
    created: int | None = None
    older: frozenset[str] | None = None
    by_id: bool = False

    def newer_than_it(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries made after this deployment, newest first.

        Until its own time is known, all that was not there before the deploy call is newer; if that is not known
        either, nothing is.
        """
        if self.created is None and self.older is None:
            return []
        others = [entry for entry in entries if entry.id != self.id and entry.id not in (self.older or ())]
        return newest_first([e for e in others if self.created is None or e.created > self.created])

    def older_than_it(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries made before this deployment: those listed before the deploy call, or else by time."""
        if self.older is not None:
            return [entry for entry in entries if entry.id in self.older]
        return [entry for entry in entries if self.created is None or entry.created <= self.created]


@dataclass(frozen=True)
class Track:
    """What successive snapshots have shown of the target; `read` adds the next one.

    Times are those of `Patience.answered_time`, in seconds. `since` is the time of the first snapshot, `error_since`
    that of the first of `error_reads` snapshots in a row that listed an error.
    """

    target: Target
    progress: Progress = NOTHING_SEEN
    seen: bool = False
    absent: int = 0  # reads in a row that do not list it
    seen_rolling_back: bool = False
    error_since: float | None = None
    error_reads: int = 0
    last_error: str = ""  # the latest one that was listed, whatever came after it
    since: float | None = None
    at: float = 0.0
    newer: tuple[DeployedModel, ...] = ()

    def read(self, endpoint: Endpoint, at: float) -> "Track":
        """Return the track after a snapshot that was read at that time."""
        entry = next((e for e in endpoint.deployed_models if e.id == self.target.id), None)
        track = replace(self, since=at if self.since is None else self.since, at=at)
        if entry is None:
            newer = tuple(self.target.newer_than_it(endpoint.deployed_models))
            return replace(track, absent=self.absent + 1, newer=newer, error_since=None, error_reads=0)
        target, progress = replace(self.target, created=entry.created), Progress.of_entry(entry)
        newer = tuple(target.newer_than_it(endpoint.deployed_models))
        track = replace(track, target=target, seen=True, absent=0, newer=newer).reached(progress)
        if progress.status is not Status.ERROR:
            return replace(track, error_since=None, error_reads=0)
        since = at if self.error_since is None else self.error_since
        return replace(track, error_since=since, error_reads=self.error_reads + 1, last_error=str(progress))

    def reached(self, progress: Progress) -> "Track":
        """Return the track with this as the last progress seen."""
        rolling_back = self.seen_rolling_back or progress.status is Status.ROLLING_BACK
        return replace(self, progress=progress, seen_rolling_back=rolling_back)

    @property
    def end(self) -> End | None:
        """The end of the rollout; None while it may still go on."""
        return self._end_unlisted() if self.absent else self._end_listed()

    @property
    def end_at_deadline(self) -> End | None:
        """The end, if there will be no further read: an error counts then, however short it has stood."""
        return self._failed if self.progress.status is Status.ERROR and not self.absent else self.end

    @property
    def _failed(self) -> End:
        return End(Result.FAILED, self.progress.error)

    def _end_listed(self) -> End | None:
        newer = self._newest
        match self.progress.status:
            case Status.DONE if self.seen_rolling_back:  # the end of a rollback is no success, whatever its word
                return End(Result.ROLLED_BACK, "it was reported done after rolling back")
            case Status.DONE:
                return End(Result.SUCCEEDED, newer=newer)
            case Status.ERROR:
                stands = self.error_since is not None and self.at - self.error_since >= ERROR_STANDS
                return self._failed if stands and self.error_reads >= ERROR_READS else None
            case Status.ROLLED_BACK:
                return End(Result.ROLLED_BACK, self.progress.error)
            case Status.CANCELLED if newer:
                return End(Result.SUPERSEDED, "it was cancelled", newer=newer)
            case Status.CANCELLED:
                return End(Result.CANCELLED, self.progress.error)
            case Status.NOT_STARTED | Status.IN_PROGRESS | Status.ROLLING_BACK | Unknown():
                return self._end_overtaken()
            case never:
                assert_never(never)

    def _end_overtaken(self) -> End | None:
        done = next((entry for entry in self.newer if entry.status is Status.DONE), None)
        return End(Result.SUPERSEDED, newer=deployment_of(done)) if done else None

    def _end_unlisted(self) -> End | None:
        if self.absent < GONE_AFTER:
            return None
        newer, waited = self._newest, self.at - (self.at if self.since is None else self.since)
        if self.seen and newer:
            return End(Result.SUPERSEDED, "it is no longer listed", newer=newer)
        if self.seen:
            return End(Result.FAILED, "the endpoint no longer lists it, and nothing newer")
        if newer and waited >= LISTED_LATE:
            return End(Result.SUPERSEDED, "it was never listed", newer=newer)
        if self.target.by_id and waited >= LISTED_WITHIN:
            return End(Result.REFUSED)
        return None

    @property
    def _newest(self) -> str:
        return deployment_of(self.newer[0]) if self.newer else ""
