"""How far a rollout is, as one reply shows it."""

from dataclasses import dataclass

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.operation import Deployment
from cerebras_deploy.api.status import NO_STATUS, Status, Unknown
from cerebras_deploy.text import plain

CELLS = 10  # of the replica bar, at most
ERROR_LENGTH = 500  # characters of the server's error message that are shown


@dataclass(frozen=True)
class Progress:
    """How far a rollout is; counts and error as far as a reply has them."""

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
            plain(entry.rollout_error_message or "", ERROR_LENGTH),
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
            plain(reply.rollout_error_message or "", ERROR_LENGTH),
        )

    @property
    def if_under_way(self) -> "Progress":
        """It, or nothing if it is an end: the deploy reply's word for an end is no evidence."""
        return self if isinstance(self.status, Status) and self.status.under_way else NOTHING_SEEN

    def __str__(self) -> str:
        """Return it for people: `in progress, 5 of 8 replicas updated`."""
        match self.status:
            case Unknown(""):
                return NOT_LISTED
            case Unknown(word):
                words = f"in unrecognized state `{word}`"
            case status:
                words = status.words
        if self.updated is not None and self.total is not None and self.status is not Status.NOT_STARTED:
            words += f", {self.updated} of {self.total} replicas updated"
        return words + (f" ({self.error})" if self.error else "")

    @property
    def bar(self) -> str:
        """The updated replicas, drawn: a cell each, or ten in all if there are many; empty if they are not known."""
        if self.updated is None or not self.total or self.status is Status.NOT_STARTED:
            return ""
        cells = min(self.total, CELLS)
        full = min(self.updated, self.total) * cells // self.total
        return "▰" * full + "▱" * (cells - full)


NOT_LISTED = "not yet listed by the endpoint"
NOTHING_SEEN = Progress()
