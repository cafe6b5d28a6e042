"""What snapshots mean for the one deployment that is followed: its progress, and the verdict at the end.

A deployment is identified by its id alone: the endpoint's other entries may be done, too, and prove nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from cerebras_deploy.errors import Result
from cerebras_deploy.plan import newest_first
from cerebras_deploy.text import plain
from cerebras_deploy.wire import NO_STATUS, DeployedModel, Deployment, Endpoint, Status, Unknown

GONE_AFTER = 3  # successful reads in a row: one alone may be a stale replica's answer
LISTED_WITHIN = 60.0  # seconds of successful reads; when following by id
CELLS = 10  # of the replica bar, at most
SAID = 500  # characters of the server's error message that are shown
LISTED_LATE = 20.0  # seconds; an accepted deployment may be listed as late


@dataclass(frozen=True)
class Target:
    """The deployment to follow. `created` is in unix seconds; `older` are ids known to be of before it, if known.

    `by_id`: the workflow gave the id, so that it may be of no deployment at all.
    """

    id: str
    created: int | None = None
    older: frozenset[str] | None = None
    by_id: bool = False

    def newer(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries made after this deployment, newest first.

        Without our own time, all that was not there before the deploy call is newer; if that is unknown, nothing is.
        """
        if self.created is None and self.older is None:
            return []
        others = [entry for entry in entries if entry.id != self.id and entry.id not in (self.older or ())]
        return newest_first([e for e in others if self.created is None or e.created > self.created])


@dataclass(frozen=True)
class Progress:
    """How far the rollout is; counts and error as far as a reply carries them."""

    status: Status | Unknown = NO_STATUS
    updated: int | None = None
    total: int | None = None
    error: str = ""

    @classmethod
    def of_entry(cls, entry: DeployedModel) -> "Progress":
        """Read it from a snapshot's entry."""
        return cls(
            entry.status,
            entry.rollout_replicas_updated,
            entry.rollout_total_replicas,
            plain(entry.rollout_error_message or "", SAID),
        )

    @classmethod
    def of_reply(cls, reply: Deployment | None) -> "Progress":
        """Read it from the deploy reply, which may say nothing."""
        if reply is None or reply.rollout_status is None:
            return cls()
        return cls(
            reply.rollout_status,
            reply.rollout_replicas_updated,
            reply.rollout_total_replicas,
            plain(reply.rollout_error_message or "", SAID),
        )

    def __str__(self) -> str:
        """Say it: `in progress, 5 of 8 replicas updated`."""
        match self.status:
            case Unknown(""):
                return "not listed yet"
            case Unknown(word):
                words = f"in unknown state `{word}`"
            case status:
                words = status.value.replace("_", " ")
        if self.updated is not None and self.total is not None and self.status is not Status.NOT_STARTED:
            words += f", {self.updated} of {self.total} replicas updated"
        return words + (f" ({self.error})" if self.error else "")

    @property
    def bar(self) -> str:
        """Draw the updated replicas, a cell each, or ten in all if there are many; empty where they are not known."""
        if self.updated is None or not self.total or self.status is Status.NOT_STARTED:
            return ""
        cells = min(self.total, CELLS)
        full = min(self.updated, self.total) * cells // self.total
        return "▰" * full + "▱" * (cells - full)

    @property
    def near_end(self) -> bool:
        """Whether the end may come any moment, so that reading more often pays."""
        one_missing = self.updated is not None and self.total is not None and self.total - self.updated <= 1
        return self.status is Status.ROLLING_BACK or (self.status is Status.IN_PROGRESS and one_missing)


NOTHING_SEEN = Progress()


@dataclass(frozen=True)
class Verdict:
    """The end of the rollout: what it is, why, and what took the endpoint if something did."""

    result: Result
    why: str = ""
    newer: DeployedModel | None = None


@dataclass(frozen=True)
class Track:
    """What successive snapshots have shown of the target; `read` folds in the next one.

    Times are in seconds on the caller's monotonic clock: `since` is that of the first snapshot.
    """

    target: Target
    progress: Progress = NOTHING_SEEN
    seen: bool = False
    absent: int = 0
    rolling_back: bool = False
    since: float | None = None
    at: float = 0.0
    newer: tuple[DeployedModel, ...] = ()

    def read(self, endpoint: Endpoint, at: float) -> "Track":
        """Return the track after a snapshot that came at `at`."""
        entry = next((e for e in endpoint.deployed_models if e.id == self.target.id), None)
        track = replace(self, since=at if self.since is None else self.since, at=at)
        if entry is None:
            return replace(track, absent=self.absent + 1, newer=tuple(self.target.newer(endpoint.deployed_models)))
        target = replace(self.target, created=entry.created)
        track = replace(track, target=target, seen=True, absent=0, newer=tuple(target.newer(endpoint.deployed_models)))
        return track.reached(Progress.of_entry(entry))

    def reached(self, progress: Progress) -> "Track":
        """Return the track with this as the last progress seen."""
        return replace(
            self,
            progress=progress,
            rolling_back=self.rolling_back or progress.status is Status.ROLLING_BACK,
        )

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, or None while the rollout goes on."""
        return self._absent() if self.absent else self._listed()

    def _listed(self) -> Verdict | None:
        newer = self.newer[0] if self.newer else None
        match self.progress.status:  # the others go on
            case Status.DONE if self.rolling_back:  # the end of a rollback is no success, whatever its word
                return Verdict(Result.ROLLED_BACK, "it was reported done after rolling back")
            case Status.DONE:
                return Verdict(Result.SUCCEEDED, newer=newer)
            case Status.ERROR:
                return Verdict(Result.FAILED, self.progress.error)
            case Status.ROLLED_BACK:
                return Verdict(Result.ROLLED_BACK, self.progress.error)
            case Status.CANCELLED if newer:
                return Verdict(Result.SUPERSEDED, "it was cancelled", newer)
            case Status.CANCELLED:
                return Verdict(Result.CANCELLED, self.progress.error)
            case Status.NOT_STARTED | Status.IN_PROGRESS | Status.ROLLING_BACK | Unknown():
                return self._overtaken()
            case never:
                assert_never(never)

    def _overtaken(self) -> Verdict | None:
        taken = next((entry for entry in self.newer if entry.status is Status.DONE), None)
        return Verdict(Result.SUPERSEDED, newer=taken) if taken else None

    def _absent(self) -> Verdict | None:
        newer = self.newer[0] if self.newer else None
        waited = self.at - (self.since or 0.0)
        if self.seen and self.absent >= GONE_AFTER:
            if newer:
                return Verdict(Result.SUPERSEDED, "it is no longer listed", newer)
            return Verdict(Result.FAILED, "the endpoint no longer lists it, and nothing newer")
        if not self.seen and newer and self.absent >= GONE_AFTER and waited >= LISTED_LATE:
            return Verdict(Result.SUPERSEDED, "it was never listed", newer)
        if not self.seen and self.target.by_id and self.absent >= GONE_AFTER and waited >= LISTED_WITHIN:
            return Verdict(Result.REFUSED)
        return None
