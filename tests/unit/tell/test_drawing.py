"""The drawing of the rollout's timeline."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.tell.drawing import drawing
from cerebras_deploy.tell.timeline import Change, Moment, label_of

UNDER_WAY = {Status.NOT_STARTED, Status.IN_PROGRESS}


def rollout(label: str, text: str = "") -> Change:
    return Change(text or label, "Rollout", label)


def drawn(elapsed: float, *changes: tuple[float, Change]) -> list[str]:
    """The lines of the drawing, without what frames it."""
    lines = drawing([Moment(at, change) for at, change in changes], elapsed)
    assert (lines[:2], lines[-1:]) in ((["```mermaid", "gantt"], ["```"]), ([], []))
    return [line.strip() for line in lines[2:-1]]


def test_it_has_a_bar_for_each_state_in_sections_and_merges_what_has_one_label() -> None:
    changes = (
        (0, Change("waiting for weights: queued", "Before", "weights")),
        (5, Change("waiting for weights: syncing", "Before", "weights")),
        (10.9, rollout("in progress", "in progress, 1 of 8")),
        (50, rollout("in progress", "in progress, 2 of 8")),
        (70, rollout("error")),
        (135, Change("done", "Rollback", "done")),
    )

    assert drawn(135, *changes) == [
        "dateFormat YYYY-MM-DD HH:mm:ss",
        "axisFormat %M:%S",
        "section Before",
        "weights :active, 2001-01-01 00:00:00, 10s",
        "section Rollout",
        "in progress :active, 2001-01-01 00:00:10, 60s",
        "error :crit, 2001-01-01 00:01:10, 65s",
        "section Rollback",
        "done :2001-01-01 00:02:15, 2s",  # no bar is too short to be seen, and what went well is not drawn gray
    ]


@pytest.mark.parametrize("status", [status for status in Status if status not in UNDER_WAY])
def test_a_bad_end_is_drawn_as_one(status: Status) -> None:
    bar = drawn(200, (0, rollout("in progress")), (100, rollout(label_of(status))))[-1]

    assert bar.startswith(f"{status.words} :2001" if status is Status.DONE else f"{status.words} :crit")


@pytest.mark.parametrize(
    ("elapsed", "head", "start"),
    [
        (3599, ["axisFormat %M:%S"], "01 00:58:19"),
        (3600, ["axisFormat %H:%M"], "01 00:58:20"),
        (86399, ["axisFormat %H:%M"], "01 23:58:19"),
        (86400, ["axisFormat day %-d", "tickInterval 1day"], "01 23:58:20"),
        (90100, ["axisFormat day %-d", "tickInterval 1day"], "02 01:00:00"),
    ],
)
def test_its_axis_is_of_minutes_hours_or_days(elapsed: int, head: list[str], start: str) -> None:
    lines = drawn(elapsed, (0, rollout("not started")), (elapsed - 100, rollout("done")))

    assert lines[1:-2] == [*head, "section Rollout"]
    assert lines[-1] == f"done :2001-01-{start}, {max(elapsed // 100 + 1, 100)}s"


def test_of_very_many_bars_the_first_and_the_last_are_drawn() -> None:
    def bars(count: int) -> list[str]:
        lines = drawn(1000, *((number, rollout(f"bar {number}")) for number in range(count)))
        return [line.partition(" :")[0] for line in lines[3:]]

    assert bars(24) == [f"bar {number}" for number in range(24)]
    assert bars(25) == [f"bar {number}" for number in (*range(12), *range(13, 25))]


def test_what_shows_nothing_is_not_drawn() -> None:
    two = ((0, rollout("not started")), (60, rollout("done")))

    assert (drawn(119.9, *two), drawn(500, two[0]), drawn(500)) == ([], [], [])
    assert len(drawn(120, *two)) == 5
