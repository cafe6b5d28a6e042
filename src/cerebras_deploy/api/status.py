"""The API's words for a status: the deploy reply's, the endpoint's, and those for the sync of weights."""

import re
from collections.abc import Mapping
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

    @property
    def words(self) -> str:
        """The status for people, in American English."""
        return "canceled" if self is Status.CANCELLED else self.value.replace("_", " ")


@dataclass(frozen=True)
class Unknown:
    """A status word outside the table: neither an end nor known to be under way."""

    word: str


NO_STATUS = Unknown("")  # nothing was seen
NO_WORD = Unknown("none")  # of an entry that has no word

# Never guessed to mean done: `active`, `ready`, `live`, `deployed`. The input `status-words` can teach them.
TABLE: Mapping[str, Status] = {
    **{status.value: status for status in Status},
    "complete": Status.DONE,
    "completed": Status.DONE,
    "failed": Status.ERROR,
    "failure": Status.ERROR,
    "aborted": Status.ERROR,
    "timed_out": Status.ERROR,
    "rollback_failed": Status.ERROR,
    "rollback_complete": Status.ROLLED_BACK,
    "rollback_completed": Status.ROLLED_BACK,
    "canceled": Status.CANCELLED,
    "updating": Status.IN_PROGRESS,
    "deploying": Status.IN_PROGRESS,
    "queued": Status.NOT_STARTED,
    "pending": Status.NOT_STARTED,
}


def normal(word: str) -> str:
    """Return a word in the form of the table: `DeploymentState.COMPLETE` and `ROLLOUT_STATE_COMPLETE` are `complete`.

    A class name before a dot and a prefix that ends in `STATE_` or `STATUS_` are dropped, unless they say that it is
    about something else than the rollout; no other word is shortened.
    """
    text = re.sub(r"[\s-]+", "_", word.strip())
    found = _CLASS_OR_PREFIX.match(text)
    if found and not _OF_ANOTHER.search(found[0]):
        text = text[found.end() :]
    return text.casefold()


_CLASS_OR_PREFIX = re.compile(r"(?:[A-Z][A-Za-z0-9]*\.|(?i:(?:[a-z0-9]+_)*(?:state|status)_))(?=.)")
_OF_ANOTHER = re.compile(r"rollback|not|partial|weight|sync|submi|previous|last|target|desired", re.IGNORECASE)


@dataclass(frozen=True)
class StatusWords:
    """The words that are known: the table, and what the input `status-words` adds to it."""

    taught: Mapping[str, Status]

    def parse(self, word: object) -> Status | Unknown:
        """Read a status word of either vocabulary. A word outside the table is `Unknown`, never a guess."""
        text = plain(word if isinstance(word, str) else repr(word), 60)
        taught = {_joined(known): status for known, status in self.taught.items()}
        return taught.get(_joined(text)) or in_table(text) or Unknown(text or "empty")


def _joined(word: str) -> str:
    """Return the form in which words are compared: `RolledBack` is `rolled_back` without its underscore."""
    return normal(word).replace("_", "")


def in_table(word: str) -> Status | None:
    """Return the meaning that a word has without being taught; None if it has none."""
    return _JOINED.get(_joined(word))


_JOINED = {_joined(word): status for word, status in TABLE.items()}


def tells_of_rollback(word: str) -> bool:
    """Whether a word, known or not, speaks of rolling back: what it stands for is never the way to a success."""
    return bool(_ROLLBACK.search(_joined(word)))


_ROLLBACK = re.compile(r"roll(?:ed|ing|s)?back|revert")

PUBLISHED = StatusWords({})
parse_status = PUBLISHED.parse


def parse_sync(word: str) -> Status | Unknown:
    """Read the word for the sync of weights. Of that, unlike of a rollout, `SYNC_STATUS_DONE` is a form of `done`."""
    found = _CLASS_OR_PREFIX.match(word.strip())
    return parse_status(word.strip()[found.end() :] if found else word)
