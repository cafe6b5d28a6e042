"""The job summary: a page of Markdown with verdict, facts, and the rollout's timeline, drawn and as a table.

Text from outside stands in code spans, except for plain words in a sentence. The drawing has words of ours only.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from cerebras_deploy.api.names import NAME_PART
from cerebras_deploy.decide.entries import version_of
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.tell.timeline import Moment, Section, Timeline
from cerebras_deploy.text import code, plain, prose
from cerebras_deploy.times import span, stamp

OUTPUT_LIMIT = 60_000  # bytes; a later step must be able to put it into its environment
CUT = "\n\nThe rest is in the job summary.\n"
BARS = 24  # of the drawing; nobody reads more
_GOOD, _BAD = {"done", "passed"}, {"error", "rolled back", "rolling back", "cancelled", "failed"}
_HOUR, _DAY = 3600, 86400


class _Bar(NamedTuple):
    section: Section
    label: str
    start: float
    end: float


def render_summary(facts: Known, outcome: Outcome, timeline: Timeline) -> str:
    """Return the page."""
    elapsed = facts.ended or 0.0
    about = f": {code(facts.what)} on {code(facts.endpoint)}" if facts.model else ""
    said = [f"- {prose(detail)}" for detail in outcome.details] or [prose(outcome.statement)]
    parts = [
        [f"### {'✅' if outcome.result.is_success else '❌'} {outcome.title}{about}"],
        said,
        [f"**Next:** {prose(outcome.advice)}"] if outcome.advice else [],
        _snippet(facts, outcome),
        _table(("Result", code(outcome.result.value)), _facts(facts, timeline)),
        _table(("Plan", ""), ((name, code(text)) for name, text in facts.plan_rows)),
        *_suite(facts.smoke_test),
        _drawing(timeline.moments, elapsed),
        _table(("Time", "For", "What"), _changes(timeline)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def shortened(page: str) -> str:
    """Return the page as it fits into an output: without its last lines, if it is very long."""
    whole = page.encode()
    if len(whole) <= OUTPUT_LIMIT:
        return page
    kept = whole[: OUTPUT_LIMIT - len(CUT)].decode("utf-8", "ignore").rpartition("\n")[0]
    return kept + CUT


def _facts(facts: Known, timeline: Timeline) -> Iterable[tuple[str, str]]:
    version = facts.model.version if facts.model and facts.has_integer else ""
    rows = {
        "Endpoint": code(facts.endpoint),
        "Model": code(str(facts.model or "")),
        "Alias": f"{code(facts.asked)} → {version}" if version and facts.asked != version and facts.asked else "",
        "Deployment": code(facts.deployment_id),
        "Last status": code(facts.status),
        "Served before": code(version_of(facts.previous)) if facts.previous else "",
        "Serves now": code(facts.serving.text) if facts.has_seen_endpoint else "",
        "Smoke test": code(_smoke_test(facts.smoke_test)),
        "Answer": code(facts.smoke_test.answer),
        "Rollback": code(facts.rollback.deployment_id) if facts.rollback else "",
        "Aliases": ", ".join(code(moved) for moved in facts.promoted),
        "Took": span(facts.ended or 0.0),
        "API calls": f"{timeline.calls}, {timeline.failed_calls} of them failed",
    }
    return ((name, value) for name, value in rows.items() if value)


def _suite(result: SmokeTestResult) -> list[list[str]]:
    """Return what is to be said of many questions."""
    if result.suite is None:
        return []
    from cerebras_deploy.tell.suite import suite_tables  # noqa: PLC0415 - few runs have one

    return suite_tables(result.suite)


def _smoke_test(result: SmokeTestResult) -> str:
    said = ": ".join(filter(None, (result.verdict, result.figures)))
    return "" if result.verdict == "skipped" else said


def _snippet(facts: Known, outcome: Outcome) -> list[str]:
    """Return what follows a rollout that may go on, to be copied into the step."""
    id_ = facts.deployment_id
    if outcome.result.is_success or not facts.under_way or not NAME_PART.fullmatch(id_):
        return []
    return ["```yaml", "with:", f"  endpoint: {plain(facts.endpoint)}", f"  deployment-id: {id_}", "```"]


def _drawing(moments: Sequence[Moment], elapsed: float) -> list[str]:
    """Return a Gantt chart in Mermaid, which GitHub draws. Its times are of a day that began with the run."""
    bars = list(_bars(moments, elapsed))
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


def _bars(moments: Sequence[Moment], elapsed: float) -> Iterable[_Bar]:
    """Merge successive moments with the same label."""
    groups = groupby(moments, key=lambda moment: (moment.change.section, moment.change.label))
    starts = [next(group) for _, group in groups]
    ends = [moment.at for moment in starts[1:]] + [elapsed]
    for (at, change), end in zip(starts, ends, strict=False):
        yield _Bar(change.section, change.label, at, end)


def _bar(bar: _Bar, least: int) -> str:
    """Return a line of the drawing, as long as it takes to be seen: at least so many seconds."""
    tag = "done" if bar.label in _GOOD else "crit" if bar.label in _BAD else "active"
    day, rest = divmod(int(bar.start), _DAY)
    start = f"2001-01-{day + 1:02} {rest // _HOUR:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{bar.label} :{tag}, {start}, {max(least, int(bar.end) - int(bar.start))}s"


def _changes(timeline: Timeline) -> Iterable[tuple[str, ...]]:
    moments = timeline.moments
    ends = [moment.at for moment in moments[1:]]
    for number, (at, change) in enumerate(moments):
        lasted = span(int(ends[number]) - int(at)) if number < len(ends) else ""  # of whole seconds, as shown beside it
        section = f"{change.section}: " if change.section in {"Before", "Rollback"} else ""
        yield stamp(at), lasted, f"{section}{code(change.text)}"
        if timeline.left_out and number == len(moments) // 2 - 1:
            yield "…", "", f"{timeline.left_out} changes are left out"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines] if lines else []
