"""All that the reads of this run have shown of an endpoint, and each entry as they judge it. Design: docs/design.md.

Times are those of `Patience.answered_time`, in seconds.
"""

from collections import Counter
from typing import NamedTuple

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status, StatusWords, Unknown, normal, tells_of_rollback
from cerebras_deploy.decide.freshness import Freshness
from cerebras_deploy.decide.judgment import History, judge

HOUR = 3600.0  # seconds; what is older at our first read is not under way any more


class Snapshot(NamedTuple):
    """The endpoint with the judgment of each entry, when it was so, and what is to be said of the one followed."""

    endpoint: Endpoint
    at: float
    notes: tuple[str, ...]


class Evidence:
    """All that the reads of this run have shown of an endpoint. `take` adds a read."""

    def __init__(self, known: StatusWords) -> None:
        self._known = known
        self._histories: dict[tuple[str, int], History] = {}  # by ID, and by which of its rows it is
        self._has_begun = False
        self._freshness = Freshness()

    @property
    def ids(self) -> frozenset[str]:
        """IDs of all entries that any read of this run has listed."""
        return frozenset(id_ for id_, _ in self._histories)

    def take(self, endpoint: Endpoint, at: float, followed: frozenset[str]) -> "list[Snapshot]":
        """Add a read, and return the snapshots that count now, with the judgment of each entry.

        `followed` has all forms of the ID of the deployment that is followed. There is no snapshot if the read was
        stale, and there are several if those before it were the present after all.
        """
        return [self._judged(one, when, followed) for one, when in self._freshness.take(endpoint, at)]

    def _judged(self, endpoint: Endpoint, at: float, followed: frozenset[str]) -> "Snapshot":
        notes: list[str] = []
        judged = []
        rows = Counter[str]()
        for entry in endpoint.deployed_models:
            key = (entry.id, rows[entry.id])
            rows.update((entry.id,))
            meanings = {word.field: self._known.parse(word.text) for word in entry.words}
            history = self._history(endpoint, entry, key, at).read(entry, meanings, at)
            self._histories[key] = history
            unknown = tuple(word for word in entry.words if isinstance(meanings[word.field], Unknown))
            judgment = judge(entry, meanings, history, at, is_followed=entry.id in followed)
            notes += [f"Deployment {entry.id}: {judgment.note}"] if judgment.note else []
            changes = {
                "status": judgment.status,
                "contradicted": judgment.contradicted or (history.was_rolling_back and judgment.status is Status.DONE),
                "was_rolling_back": history.was_rolling_back,
                "is_young": _is_young(entry, history, endpoint.date),
                "unknown_words": unknown if isinstance(judgment.status, Status) else (),
            }
            judged.append(entry.model_copy(update=changes))
        self._has_begun = True
        return Snapshot(endpoint.model_copy(update={"deployed_models": tuple(judged)}), at, tuple(notes))

    def _history(self, endpoint: Endpoint, entry: DeployedModel, key: tuple[str, int], at: float) -> History:
        is_old = entry.created is not None and endpoint.date is not None and endpoint.date - entry.created > HOUR
        return self._histories.get(key) or History(at, is_old and not self._has_begun, self._has_begun)


def _is_young(entry: DeployedModel, history: History, now: float | None) -> bool:
    if entry.created is None:
        return history.appeared or history.moved
    return history.moved or (now is not None and now - entry.created < HOUR)


def teach(word: str, raw: str) -> str:
    """Say how to have a word understood; `raw` is the entry in which it came. Neither has a secret in it any more."""
    if not word:
        return f"The entry has no status: {raw}"
    what, status = ("being rolled back", "rolling_back") if tells_of_rollback(word) else ("done", "done")
    return (
        f"If it means that the rollout is {what}, set `status-words: {normal(word)}={status}`. The API's entry: {raw}"
    )
