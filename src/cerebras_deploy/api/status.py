"""The API's words for a status: the deploy reply's, the endpoint's, and those for the sync of weights."""

from dataclasses import dataclass
from enum import StrEnum

from cerebras_deploy.text import plain


class Status(StrEnum):
    """Rollout status in the words of the deploy call (DeploymentRolloutStatus)."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"

    @property
    def under_way(self) -> bool:
        """Whether the rollout will go on by itself."""
        return self in {Status.NOT_STARTED, Status.IN_PROGRESS, Status.ROLLING_BACK}


@dataclass(frozen=True)
class Unknown:
    """A status word outside the table: neither an end nor known to be under way."""

    word: str


_WORDS = {
    **{status.value: status for status in Status},
    "complete": Status.DONE,
    "completed": Status.DONE,
    "failed": Status.ERROR,
    "canceled": Status.CANCELLED,
    "updating": Status.IN_PROGRESS,
    "deploying": Status.IN_PROGRESS,
    "queued": Status.NOT_STARTED,
    "pending": Status.NOT_STARTED,
}


def parse_status(word: object) -> Status | Unknown:
    """Read a status word of either vocabulary. A word outside the table is `Unknown`, never a guess."""
    if isinstance(word, Status | Unknown):
        return word
    text = plain(word if isinstance(word, str) else repr(word), 60)
    return _WORDS.get(text.lower(), Unknown(text or "empty"))


NO_STATUS = Unknown("")  # no word was there, or nothing was seen
