"""The timeline of a run: what changed and when, and how many calls it took."""

from typing import Literal, NamedTuple

from cerebras_deploy.api.message import Call
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.progress import NOT_LISTED, NOTHING_SEEN, Progress
from cerebras_deploy.tell.tone import Tone

Section = Literal["Before", "Rollout", "Smoke test", "Rollback"]

KEPT_CALLS = 300  # the first half and the last half of them
KEPT = 200  # moments: the first half and the last half of them

_TONES: dict[Status | Unknown, Tone] = {
    Status.DONE: "good",
    Status.ERROR: "bad",
    Status.CANCELLED: "bad",
    Status.ROLLING_BACK: "bad",
    Status.ROLLED_BACK: "bad",
}


class Change(NamedTuple):
    """What changed: `text` in full, `label` in a word of ours for the drawing, `line` for the log if that has more."""

    text: str
    section: Section
    label: str
    line: str = ""
    tone: Tone = "plain"


class Moment(NamedTuple):
    """A change and when it came, in seconds of the run."""

    at: float
    change: Change


class Timeline:
    """All changes, or the first and the last of very many, and the counts of API calls."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.left_out = 0
        self.calls = 0
        self.failed_calls = 0
        self.kept_calls: list[tuple[float, Call]] = []

    def add(self, at: float, change: Change) -> None:
        """Add a change."""
        self.moments.append(Moment(at, change))
        if len(self.moments) > KEPT:
            del self.moments[KEPT // 2]
            self.left_out += 1

    def called(self, at: float, call: Call) -> None:
        """Count an API call that ended at that time, and keep the first and the last ones."""
        self.calls += 1
        self.failed_calls += not call.ok
        self.kept_calls.append((at, call))
        if len(self.kept_calls) > KEPT_CALLS:
            del self.kept_calls[KEPT_CALLS // 2]


def label_of(status: Status | Unknown) -> str:
    """Return the word for a status in the drawing; a word that is not ours is not shown there."""
    if isinstance(status, Status):
        return status.words
    return "unrecognized state" if status.word else "not listed"


def change_of(progress: Progress, section: Section, *, listed: bool = True) -> Change:
    """Return a rollout's progress as the log and the timeline show it."""
    text = str(progress) if listed or progress == NOTHING_SEEN else f"{progress}, {NOT_LISTED}"
    line = f"{text} {progress.bar}" if progress.bar else ""
    return Change(text, section, label_of(progress.status), line, _TONES.get(progress.status, "plain"))
