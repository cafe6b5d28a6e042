"""What successive snapshots mean for the one deployment that is followed, and when that is its end.

A deployment is identified by its ID alone: other entries of the endpoint may be done too, and prove nothing. Entries
have the status that `evidence.py` has judged.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.entries import deployment_of, may_serve
from cerebras_deploy.decide.progress import NOTHING_SEEN, Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.result import End, Result

STEADY_READS = 3  # good reads in a row; one alone may come from a stale replica of the API
LISTED_WITHIN = 300.0  # seconds of good reads, when the workflow named the deployment
LISTED_LATE = 20.0  # seconds; an accepted deployment may be listed as late as that, and a listed one be missing
ERROR_STANDS = 30.0  # seconds; until then the rollout may recover
CONFIRMED = 2.0  # seconds between two reads that agree


@dataclass(frozen=True)
class Track:
    """What successive snapshots have shown of the target; `read` adds the next one.

    Times are those of `Patience.answered_time`, in seconds: `since` of the first snapshot, `at` of the latest, and
    `state_since` of the first of `state_reads` snapshots in a row that showed the same of it: missing, or the same
    status. `reply` is the status in the deploy reply, which is a hint and no evidence.
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
    since: float | None = None
    at: float = 0.0
    newer: tuple[DeployedModel, ...] = ()

    @property
    def seen(self) -> bool:
        """Whether it has been listed."""
        return self.entry is not None

    def read(self, endpoint: Endpoint, at: float) -> "Track":
        """Return the track after a snapshot that was read at that time."""
        entry = self._own(endpoint)
        track = self.listed(entry, at) if entry else self._missing(at)
        newer = tuple(track.target.newer_than_it(endpoint.deployed_models))
        return replace(track, since=at if self.since is None else self.since, newer=newer)

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
            at=at,
            state_since=self.state_since if is_same else at,
            state_reads=self.state_reads + 1 if is_same else 1,
        )

    def _missing(self, at: float) -> "Track":
        is_same = not self.is_listed and self.state_reads > 0
        since, reads = (self.state_since, self.state_reads + 1) if is_same else (at, 1)
        return replace(self, is_listed=False, at=at, state_since=since, state_reads=reads)

    @property
    def end(self) -> End | None:
        """The end of the rollout; None while it may still go on."""
        return self._end_listed() if self.is_listed else self._end_unlisted()

    @property
    def end_at_deadline(self) -> End | None:
        """The end, if there will be no further read: an error counts then, however short it has stood."""
        return self._failed if self.is_listed and self.progress.status is Status.ERROR else self.end

    @property
    def is_near_end(self) -> bool:
        """Whether the end may come at any moment, so that it pays to read more often."""
        return self.progress.near_end or (self.is_listed and self.progress.status is Status.DONE)

    @property
    def stood(self) -> float:
        """For how long it has shown what it shows now."""
        return self.at - self.state_since

    @property
    def _failed(self) -> End:
        return End(Result.FAILED, self.progress.error)

    def _end_listed(self) -> End | None:
        match self.progress.status:
            case Status.DONE:
                return self._end_done()
            case Status.ERROR:
                return self._failed if self.stood >= ERROR_STANDS and self.state_reads >= STEADY_READS else None
            case Status.ROLLED_BACK:
                return End(Result.ROLLED_BACK, self.progress.error)
            case Status.CANCELLED if self._newest:
                return End(Result.SUPERSEDED, "it was cancelled", newer=self._newest)
            case Status.CANCELLED:
                return End(Result.CANCELLED, self.progress.error)
            case Status.NOT_STARTED | Status.IN_PROGRESS | Status.ROLLING_BACK | Unknown():
                return self._end_overtaken()
            case never:
                assert_never(never)

    def _end_done(self) -> End | None:
        if self.seen_rolling_back:  # the end of a rollback is no success, whatever its word
            return End(Result.ROLLED_BACK, "it was reported done after rolling back")
        is_confirmed = self.state_reads > 1 and self.stood >= CONFIRMED
        if self.entry and self.target.is_of_another_version(self.entry):
            reason = f"it is done, but the endpoint lists it as {self.entry.model}: another version is in place"
            return End(Result.FAILED, reason) if is_confirmed else None
        if not (self.seen_under_way or is_confirmed):
            return None
        return self._end_overtaken() or End(Result.SUCCEEDED, newer=self._newest)

    def _end_overtaken(self) -> End | None:
        done = (entry for entry in self._newer_versions if entry.status is Status.DONE and not entry.contradicted)
        first = next(done, None)
        return End(Result.SUPERSEDED, newer=deployment_of(first)) if first else None

    def _is_same_version(self, entry: DeployedModel) -> bool:
        mine = self.target.model or (self.entry.name if self.entry else None)
        return mine is not None and may_serve(entry, mine)

    def _end_unlisted(self) -> End | None:
        if self.state_reads < STEADY_READS or self.stood < LISTED_LATE:
            return None
        newer, hint = self._taken_by, self.reply.status
        if self.seen and newer:
            return End(Result.SUPERSEDED, "it is no longer listed", newer=newer)
        if self.seen:
            return End(Result.FAILED, "the endpoint no longer lists it, and no newer version")
        if newer:
            return End(Result.SUPERSEDED, "it was never listed", newer=newer)
        if hint in _BAD:
            return End(_BAD[hint], self.reply.error or "the deploy reply said so, and it was never listed")
        return End(Result.REFUSED) if self.target.by_id and self.stood >= LISTED_WITHIN else None

    @property
    def _newer_versions(self) -> list[DeployedModel]:
        return [entry for entry in self.newer if not self._is_same_version(entry)]

    @property
    def _taken_by(self) -> str:
        """Name the newest deployment of another version that may have taken the endpoint; empty if there is none."""
        over = {Status.CANCELLED, Status.ROLLED_BACK}
        return next((deployment_of(entry) for entry in self._newer_versions if entry.status not in over), "")

    @property
    def _newest(self) -> str:
        return deployment_of(self.newer[0]) if self.newer else ""


_BAD: dict[object, Result] = {
    Status.ERROR: Result.FAILED,
    Status.CANCELLED: Result.CANCELLED,
    Status.ROLLED_BACK: Result.ROLLED_BACK,
}
