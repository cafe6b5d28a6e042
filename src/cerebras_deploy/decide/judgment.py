"""What an entry's words and counts mean together, by what the reads of this run have shown of it.

Times are those of `Patience.answered_time`, in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cerebras_deploy.api.endpoint import DeployedModel, single_status
from cerebras_deploy.api.status import Status, Unknown, tells_of_rollback
from cerebras_deploy.api.tolerance import Word

Meanings = Mapping[str, Status | Unknown]  # of an entry's words, by field
QUIET = 60.0  # seconds without a move, until words that contradict each other are judged


@dataclass(frozen=True)
class Signal:
    """One status word or the counts of an entry, over the reads that listed it. It moved if two of them differed."""

    value: object
    just_moved: bool = False
    moved: bool = False
    said_in_progress: bool = False

    def read(self, value: object, status: Status | Unknown | None = None) -> "Signal":
        """Return it after a read."""
        just_moved = value != self.value
        in_progress = self.said_in_progress or status is Status.IN_PROGRESS
        return Signal(value, just_moved, self.moved or just_moved, in_progress)


@dataclass(frozen=True)
class History:
    """What the reads of this run have shown of one entry.

    `quiet_since` is when a word or a count last moved, or else the first read. `is_old`: over an hour old at the first
    read, by the server's clock. `appeared`: it was not in the first reply that had a list.
    """

    quiet_since: float
    is_old: bool
    appeared: bool
    words: Mapping[str, Signal] = field(default_factory=dict)
    counts: Signal | None = None
    counts_are_a_copy: bool = True  # none is updated, in any read
    was_rolling_back: bool = False

    def read(self, entry: DeployedModel, meanings: Meanings, at: float) -> "History":
        """Return it after a read that listed the entry."""
        words = {
            word.field: self.words.get(word.field, Signal(word.text)).read(word.text, meanings[word.field])
            for word in entry.words
        }
        shown = (entry.rollout_replicas_updated, entry.rollout_total_replicas)
        counts = (self.counts or Signal(shown)).read(shown)
        stirred = any(signal.just_moved for signal in (counts, *words.values()))
        return replace(
            self,
            quiet_since=at if stirred else self.quiet_since,
            words={**self.words, **words},
            counts=counts,
            counts_are_a_copy=self.counts_are_a_copy and not entry.rollout_replicas_updated,
            was_rolling_back=self.was_rolling_back or any(_is_rolling_back(one, meanings) for one in entry.words),
        )

    @property
    def moved(self) -> bool:
        """Whether a word or the counts moved in this run."""
        return (self.counts is not None and self.counts.moved) or self.word_moved

    @property
    def word_moved(self) -> bool:
        """Whether a word moved in this run."""
        return any(signal.moved for signal in self.words.values())


@dataclass(frozen=True)
class Judgment:
    """What an entry's words mean. `contradicted`: something speaks against it, and `note` says why it still counts."""

    status: Status | Unknown
    contradicted: bool = False
    note: str = ""


def _is_rolling_back(word: Word, meanings: Meanings) -> bool:
    """Whether a word says so, or may: one that speaks of it and is not known to mean something else."""
    meaning = meanings[word.field]
    may_be = isinstance(meaning, Unknown) or meaning is Status.ERROR
    return meaning is Status.ROLLING_BACK or (may_be and tells_of_rollback(word.text))


def judge(entry: DeployedModel, meanings: Meanings, history: History, at: float, *, is_followed: bool) -> Judgment:
    """Return what an entry means.

    A word for an end that others contradict is held back until nothing has moved for a minute. In an entry that is over
    an hour old it counts at once, except for the deployment that is followed; and in one that is not followed it counts
    after that minute, since nobody rolls it out any more.
    """
    sure = {name: status for name, status in meanings.items() if isinstance(status, Status)}
    is_quiet = at - history.quiet_since >= QUIET
    counts_at_once = (history.is_old or is_quiet) if not is_followed else (history.is_old and is_quiet)
    if len(set(sure.values())) > 1 and not all(status.under_way for status in sure.values()):
        return _judge_words(sure, history, counts_at_once=counts_at_once, is_quiet=is_quiet)
    status = single_status(meanings.values())
    if status is Status.DONE and _counts_contradict(entry):
        return _judge_counts(entry, history, counts_at_once=counts_at_once, is_quiet=is_quiet)
    return Judgment(status)


def _judge_words(sure: Mapping[str, Status], history: History, *, counts_at_once: bool, is_quiet: bool) -> Judgment:
    """Judge words of which one is an end and another is not, or is another end.

    A bad end that has moved counts at once: it is no copy. All else is held back until nothing has moved for a while.
    """
    moved = [name for name in sure if history.words[name].moved]
    bad = [status for status in sure.values() if not status.under_way and status is not Status.DONE]
    if new := [sure[name] for name in moved if sure[name] in bad]:
        return Judgment(single_status(new), contradicted=True)
    is_done = Status.DONE in sure.values()
    if counts_at_once:
        return Judgment(Status.DONE if is_done else single_status(bad), contradicted=True)
    on_its_way = single_status(status for status in sure.values() if status.under_way)
    held = on_its_way if isinstance(on_its_way, Status) else Status.IN_PROGRESS if is_done else single_status(bad)
    if not is_quiet:
        return Judgment(held, contradicted=True)
    alone = moved[0] if len(moved) == 1 else ""
    if alone and history.words[alone].said_in_progress:
        said = " beside ".join(f"`{name}: {status.value}`" for name, status in sure.items())
        note = f"the entry says {said}. Only `{alone}` has changed, and nothing for {QUIET:.0f} s, so it counts."
        return Judgment(sure[alone], contradicted=True, note=note)
    return Judgment(held if is_done or alone else single_status(bad), contradicted=True)


def _counts_contradict(entry: DeployedModel) -> bool:
    updated, total = entry.rollout_replicas_updated, entry.rollout_total_replicas
    return updated is not None and total is not None and updated < total


def _judge_counts(entry: DeployedModel, history: History, *, counts_at_once: bool, is_quiet: bool) -> Judgment:
    if history.counts_are_a_copy and history.word_moved:
        return Judgment(Status.DONE)
    if counts_at_once:
        return Judgment(Status.DONE, contradicted=bool(entry.rollout_replicas_updated))
    if is_quiet and history.word_moved:
        counts = f"{entry.rollout_replicas_updated} of {entry.rollout_total_replicas} replicas"
        note = f"it is reported done with {counts} updated, and nothing has changed for {QUIET:.0f} s."
        return Judgment(Status.DONE, contradicted=True, note=note)
    return Judgment(Status.IN_PROGRESS, contradicted=True)
