"""The timeline: what changed and when, kept within bounds, and in which words and tone."""

import pytest

from cerebras_deploy.api.message import Call
from cerebras_deploy.api.status import NO_STATUS, Status, Unknown
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.tell.timeline import Change, Moment, Timeline, change_of, label_of
from cerebras_deploy.tell.tone import Tone


def filled(count: int) -> Timeline:
    timeline = Timeline()
    for number in range(count):
        timeline.add(number, Change(f"state {number}", "Rollout", "in progress"))
    return timeline


class TestKeeping:
    def test_as_many_as_fit_are_kept_as_they_came(self) -> None:
        timeline = filled(200)

        assert timeline.moments[0] == Moment(0, Change("state 0", "Rollout", "in progress"))
        assert [at for at, _ in timeline.moments] == list(range(200))
        assert timeline.left_out == 0

    def test_of_very_many_the_first_and_the_last_are_kept_and_the_others_are_counted(self) -> None:
        timeline = filled(250)

        assert [at for at, _ in timeline.moments] == [*range(100), *range(150, 250)]
        assert timeline.left_out == 50

    def test_calls_are_counted_and_those_that_failed_among_them(self) -> None:
        timeline = Timeline()
        for ok in (True, False, True):
            timeline.called(0.0, Call("GET", "/", "HTTP 200", 0.1, ok))

        assert (timeline.calls, timeline.failed_calls) == (3, 1)


@pytest.mark.parametrize(
    ("status", "label"),
    [
        (Status.DONE, "done"),
        (Status.ROLLING_BACK, "rolling back"),
        (Unknown("gantt; click"), "unrecognized state"),
        (NO_STATUS, "not listed"),
    ],
)
def test_the_drawing_has_words_of_ours_only(status: Status | Unknown, label: str) -> None:
    assert label_of(status) == label


class TestChange:
    @pytest.mark.parametrize(
        ("status", "tone"),
        [
            (Status.DONE, "good"),
            (Status.ERROR, "bad"),
            (Status.CANCELLED, "bad"),
            (Status.ROLLING_BACK, "bad"),
            (Status.ROLLED_BACK, "bad"),
            (Status.NOT_STARTED, "plain"),
            (Status.IN_PROGRESS, "plain"),
            (Unknown("paused"), "plain"),
        ],
    )
    def test_an_end_is_told_in_its_tone(self, status: Status | Unknown, tone: Tone) -> None:
        assert change_of(Progress(status), "Rollout").tone == tone

    def test_the_line_of_the_log_has_a_bar_where_replicas_are_counted(self) -> None:
        counted = change_of(Progress(Status.IN_PROGRESS, 1, 4), "Rollback")

        text = "in progress, 1 of 4 replicas updated"
        assert counted == Change(text, "Rollback", "in progress", f"{text} ▰▱▱▱")
        assert change_of(Progress(Status.IN_PROGRESS), "Rollout").line == ""

    def test_what_the_deploy_reply_alone_says_is_told_as_not_listed_yet(self) -> None:
        assert (
            change_of(Progress(Status.NOT_STARTED), "Rollout", listed=False).text
            == "not started, not yet listed by the endpoint"
        )
        assert change_of(Progress(), "Rollout", listed=False).text == "not yet listed by the endpoint"


def test_the_first_and_the_last_of_very_many_calls_are_kept() -> None:
    timeline = Timeline()
    for number in range(400):
        timeline.called(float(number), Call("GET", "/", "HTTP 200", 0.1, ok=True))

    kept = [at for at, _ in timeline.kept_calls]
    assert kept == [*map(float, range(150)), *map(float, range(250, 400))]
    assert timeline.calls == 400
