"""The rollout's timeline as a Gantt chart in Mermaid, which GitHub draws. It has words of ours only."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from cerebras_deploy.tell.timeline import Moment, Section

BARS = 24  # of the drawing; nobody reads more
SHORT = 120.0  # seconds; a shorter run is told by its table
_DONE, _BAD = {"done", "passed"}, {"error", "rolled back", "rolling back", "canceled", "failed"}
_HOUR, _DAY = 3600, 86400


class _Bar(NamedTuple):
    section: Section
    label: str
    start: float
    end: float


def drawing(moments: Sequence[Moment], elapsed: float) -> list[str]:
    """Return the chart, line by line; nothing for a run too short to show anything. `elapsed` is in seconds.

    Its times are of a day that began with the run.
    """
    bars = list(_bars(moments, elapsed))
    if len(bars) < 2 or elapsed < SHORT:  # noqa: PLR2004 - one bar shows nothing
        return []
    axis = "%M:%S" if elapsed < _HOUR else "%H:%M" if elapsed < _DAY else "day %-d"
    lines = ["```mermaid", "gantt", "    dateFormat YYYY-MM-DD HH:mm:ss", f"    axisFormat {axis}"]
    lines += ["    tickInterval 1day"] if elapsed >= _DAY else []
    least = int(elapsed / 100) + 1
    shown = bars if len(bars) <= BARS else bars[: BARS // 2] + bars[-BARS // 2 :]
    for section, group in groupby(shown, key=lambda bar: bar.section):
        lines += [f"    section {section}", *(f"    {_line(bar, least)}" for bar in group)]
    return [*lines, "```"]


def _bars(moments: Sequence[Moment], elapsed: float) -> Iterable[_Bar]:
    """Merge successive moments with the same label."""
    groups = groupby(moments, key=lambda moment: (moment.change.section, moment.change.label))
    starts = [next(group) for _, group in groups]
    ends = [moment.at for moment in starts[1:]] + [elapsed]
    for (at, change), end in zip(starts, ends, strict=False):
        yield _Bar(change.section, change.label, at, end)


def _line(bar: _Bar, least: int) -> str:
    """Return a line of the chart, at least so many seconds long that it can be seen.

    Mermaid draws what is tagged `done` in gray, as if it were turned off. So what has gone well has no tag.
    """
    tag = "" if bar.label in _DONE else "crit, " if bar.label in _BAD else "active, "
    day, rest = divmod(int(bar.start), _DAY)
    start = f"2001-01-{day + 1:02} {rest // _HOUR:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{bar.label} :{tag}{start}, {max(least, int(bar.end) - int(bar.start))}s"
