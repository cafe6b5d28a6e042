"""The job summary: a page of Markdown with verdict, facts, and the rollout's timeline, drawn and as a table.

All text that is not ours stands in code spans, but for plain words in a sentence; the drawing has words of ours only.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from cerebras_deploy.names import INTEGER_VERSION, NAME_PART
from cerebras_deploy.plan import version_of
from cerebras_deploy.settle import Facts, Outcome
from cerebras_deploy.text import code, plain, prose
from cerebras_deploy.times import span, stopwatch
from cerebras_deploy.wire import Status, Unknown

Section = Literal["Before", "Rollout", "Smoke test", "Rollback"]

BARS = 24  # of the drawing; nobody reads more
_GOOD, _BAD = {"done", "passed"}, {"error", "rolled back", "rolling back", "cancelled", "failed"}
_HOUR, _DAY = 3600, 86400


class Moment(NamedTuple):
    """One change: when, in seconds of the run; `label` is a word of ours for the drawing, `text` tells it in full."""

    at: float
    section: Section
    label: str
    text: str


class Counts(NamedTuple):
    """API calls made, how many of them failed, and how many changes were left out of the timeline."""

    calls: int = 0
    failed: int = 0
    left_out: int = 0


class _Bar(NamedTuple):
    section: Section
    label: str
    start: float
    end: float


def label_of(status: Status | Unknown) -> str:
    """Return the word for a status in the drawing; a word that is not ours is not shown there."""
    if isinstance(status, Status):
        return status.value.replace("_", " ")
    return "unknown state" if status.word else "not listed"


def summary(facts: Facts, outcome: Outcome, timeline: Sequence[Moment], counts: Counts, elapsed: float) -> str:
    """Return the page. `elapsed` is how long the run took, in seconds."""
    about = f": {code(facts.what)} on {code(facts.endpoint)}" if facts.model else ""
    said = [f"- {prose(detail)}" for detail in outcome.details] or [prose(outcome.said)]
    parts = [
        [f"### {'✅' if outcome.result.green else '❌'} {outcome.title}{about}"],
        said,
        [f"**Next:** {prose(outcome.advice)}"] if outcome.advice else [],
        _snippet(facts, outcome),
        _table(("Result", code(outcome.result.value)), _facts(facts, counts, elapsed)),
        _table(("Plan", ""), ((name, code(text)) for name, text in facts.plan)),
        _drawing(timeline, elapsed),
        _table(("Time", "For", "What"), _changes(timeline, counts)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _facts(facts: Facts, counts: Counts, elapsed: float) -> Iterable[tuple[str, str]]:
    version = facts.model.version if facts.model and INTEGER_VERSION.fullmatch(facts.model.version) else ""
    rows = {
        "Endpoint": code(facts.endpoint),
        "Model": code(str(facts.model or "")),
        "Alias": f"{code(facts.asked)} → {version}" if version and facts.asked != version and facts.asked else "",
        "Deployment": code(facts.deployment_id),
        "Last status": code(facts.status),
        "Served before": code(version_of(facts.previous)) if facts.previous else "",
        "Serves now": code(version_of(facts.serving)) if facts.serving else "",
        "Smoke test": code(f"{facts.smoke.verdict}: {facts.smoke.figures}") if facts.smoke.verdict != "skipped" else "",
        "Answer": code(facts.smoke.answer),
        "Rollback": code(facts.rollback.deployment_id) if facts.rollback else "",
        "Aliases": ", ".join(code(moved) for moved in facts.promoted),
        "Took": span(elapsed),
        "API calls": f"{counts.calls}, {counts.failed} of them failed",
    }
    return ((name, value) for name, value in rows.items() if value)


def _snippet(facts: Facts, outcome: Outcome) -> list[str]:
    """Return what re-attaches to a rollout that goes on, to be copied into the step."""
    id_ = facts.deployment_id
    over = isinstance(facts.progress.status, Status) and not facts.progress.status.under_way
    if outcome.result.green or over or not NAME_PART.fullmatch(id_):
        return []
    return ["```yaml", "with:", f"  endpoint: {plain(facts.endpoint)}", f"  deployment-id: {id_}", "```"]


def _drawing(timeline: Sequence[Moment], elapsed: float) -> list[str]:
    """Return a Gantt chart in Mermaid, which GitHub draws. Its times are of a day that began with the run."""
    bars = list(_bars(timeline, elapsed))
    if not bars:
        return []
    axis = "%M:%S" if elapsed < _HOUR else "%H:%M" if elapsed < _DAY else "day %-d"
    lines = ["```mermaid", "gantt", "    dateFormat YYYY-MM-DD HH:mm:ss", f"    axisFormat {axis}"]
    lines += ["    tickInterval 1day"] if elapsed >= _DAY else []
    least = int(elapsed / 100) + 1
    shown = bars if len(bars) <= BARS else bars[: BARS // 2] + bars[-BARS // 2 :]
    for section, group in groupby(shown, key=lambda bar: bar.section):
        lines += [f"    section {section}", *(f"    {_bar(bar, least)}" for bar in group)]
    return [*lines, "```"]


def _bars(timeline: Sequence[Moment], elapsed: float) -> Iterable[_Bar]:
    """Merge moments with the same label that follow each other."""
    starts = [next(group) for _, group in groupby(timeline, key=lambda moment: (moment.section, moment.label))]
    ends = [moment.at for moment in starts[1:]] + [elapsed]
    for moment, end in zip(starts, ends, strict=False):
        yield _Bar(moment.section, moment.label, moment.at, end)


def _bar(bar: _Bar, least: int) -> str:
    """Return a line of the drawing, as long as it takes to be seen: at least so many seconds."""
    tag = "done" if bar.label in _GOOD else "crit" if bar.label in _BAD else "active"
    day, rest = divmod(int(bar.start), _DAY)
    start = f"2001-01-{day + 1:02} {rest // _HOUR:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{bar.label} :{tag}, {start}, {max(least, int(bar.end) - int(bar.start))}s"


def _changes(timeline: Sequence[Moment], counts: Counts) -> Iterable[tuple[str, ...]]:
    ends = [moment.at for moment in timeline[1:]]
    for number, moment in enumerate(timeline):
        lasted = span(int(ends[number]) - int(moment.at)) if number < len(ends) else ""  # as the times beside it say
        section = f"{moment.section}: " if moment.section in {"Before", "Rollback"} else ""
        yield stopwatch(moment.at), lasted, f"{section}{code(moment.text)}"
        if counts.left_out and number == len(timeline) // 2 - 1:
            yield "…", "", f"{counts.left_out} changes are left out"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines] if lines else []
