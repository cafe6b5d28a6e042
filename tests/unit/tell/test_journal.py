"""The log: each change once, a sign of life while nothing changes, and no more of an outage than is worth a line."""

import pytest

from cerebras_deploy.api.message import Call
from cerebras_deploy.clock import Stopwatch
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.tell.journal import Journal
from cerebras_deploy.tell.runner import Runner
from cerebras_deploy.tell.timeline import Change
from helpers.virtual import EPOCH, VirtualClock

QUEUED = Change("not started", "Rollout", "not started")
UPDATING = Change("in progress", "Rollout", "in progress", "in progress ▰▱")


class Told:
    """A journal on a virtual clock; `lines` gives what was printed since it was last asked for."""

    def __init__(self, capsys: pytest.CaptureFixture[str], **variables: str) -> None:
        self._capsys, self._clock = capsys, VirtualClock()
        self.journal = Journal(Stopwatch(self._clock, EPOCH), Runner({"NO_COLOR": "1"} | variables))

    def at(self, seconds: float) -> Journal:
        """Let it be so late in the run."""
        self._clock.time = EPOCH + seconds
        return self.journal

    def lines(self) -> list[str]:
        return self._capsys.readouterr().out.splitlines()


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def test_a_line_has_the_elapsed_time_and_a_heading_and_a_block_have_none(told: Told) -> None:
    told.at(202).say("accepted")
    told.journal.heading("Deploy version 2")
    told.journal.heading("Deploy version 2 again")
    told.journal.block("Dry run", [("Action", "deploy"), ("If that fails", "ask")])

    assert told.lines() == [
        "03:22  accepted",
        "Deploy version 2",
        "Dry run",
        "  Action          deploy",
        "  If that fails   ask",
    ]


class TestChanges:
    def test_each_is_told_once_and_put_into_the_timeline(self, told: Told) -> None:
        for seconds, change in enumerate([QUEUED, QUEUED, UPDATING, QUEUED]):
            told.at(seconds).show(change, 600)

        assert told.lines() == ["00:00  Not started", "00:02  In progress ▰▱", "00:03  Not started"]
        assert told.journal.timeline.moments == [(0, QUEUED), (2, UPDATING), (3, QUEUED)]

    def test_a_line_of_its_own_is_printed_in_place_of_the_changes(self, told: Told) -> None:
        told.journal.show(UPDATING, 600, line="Deployment accepted: ours.")
        told.at(1).show(UPDATING, 600, line="Deployment accepted: ours.")

        assert told.lines() == ["00:00  Deployment accepted: ours."]

    def test_while_nothing_changes_a_minute_after_the_latest_line_it_says_so(self, told: Told) -> None:
        told.at(10).show(QUEUED, 600)
        told.at(30).say("something else")
        for seconds in (89.9, 90, 149.9, 150):
            told.at(seconds).show(QUEUED, 600 - seconds)

        assert told.lines()[2:] == [
            "01:30  No change for 1m20s: not started (timeout in 8m30s)",
            "02:30  No change for 2m20s: not started (timeout in 7m30s)",
        ]
        assert len(told.journal.timeline.moments) == 1

    def test_they_are_in_their_tone_and_a_sign_of_life_is_faint(self, capsys: pytest.CaptureFixture[str]) -> None:
        colored = Told(capsys, NO_COLOR="")
        for seconds in (0, 60):
            colored.at(seconds).show(Change("done", "Rollout", "done", tone="good"), 600)

        assert colored.lines() == [
            "\x1b[32m00:00  Done\x1b[0m",
            "\x1b[2m01:00  No change for 1m00s: done (timeout in 10m00s)\x1b[0m",
        ]


def test_a_warning_is_printed_once_by_its_text_or_by_what_it_is_about(told: Told) -> None:
    for text, about in [("a", ""), ("a", ""), ("b", ""), ("c 1", "c"), ("c 2", "c")]:
        told.journal.warn_once("Title", text, about=about)

    assert told.lines() == [f"::warning title=Title::{text}" for text in ("a", "b", "c 1")]


class TestOutages:
    def test_a_failure_is_told_at_first_when_its_reason_changes_and_once_a_minute(self, told: Told) -> None:
        for seconds, reason in [
            (0, "HTTP 502"),
            (1, "HTTP 502"),
            (2, "HTTP 503"),
            (61.9, "HTTP 503"),
            (62, "HTTP 503"),
        ]:
            told.at(seconds).failing(CallError(Fate.UNKNOWN, reason), 300 - seconds)

        assert told.lines() == [
            "00:00  HTTP 502. Retrying for up to 5m00s.",
            "00:02  HTTP 503. Retrying for up to 4m58s.",
            "01:02  HTTP 503. Retrying for up to 3m58s.",
        ]

    def test_what_to_do_about_it_is_told_with_a_reason_that_is_new(self, told: Told) -> None:
        for seconds in (0, 60):
            told.at(seconds).failing(CallError(Fate.UNSENT, "unknown host", hint="check `base-url`"), 300 - seconds)

        assert told.lines() == [
            "00:00  Unknown host. Retrying for up to 5m00s. Check `base-url`.",
            "01:00  Unknown host. Retrying for up to 4m00s.",
        ]

    def test_without_a_second_left_it_tells_no_time(self, told: Told) -> None:
        for left in (0.9, 1.0):
            told.journal.failing(CallError(Fate.UNSENT, f"unknown host {left}"), left)

        assert told.lines() == ["00:00  Unknown host 0.9. Retrying.", "00:00  Unknown host 1.0. Retrying for up to 1s."]

    def test_its_end_is_told_if_it_was_long_and_the_next_one_is_new_even_for_the_same_reason(self, told: Told) -> None:
        error = CallError(Fate.UNKNOWN, "HTTP 502")
        told.journal.failing(error, 300)
        told.journal.recovered(14.9)
        told.journal.failing(error, 300)
        told.journal.recovered(15)

        failing = "00:00  HTTP 502. Retrying for up to 5m00s."
        assert told.lines() == [failing, failing, "00:00  The API is answering again after 15s."]

    def test_an_old_reply_is_told_once_and_is_no_outage(self, told: Told) -> None:
        for seconds in (0, 100):
            told.at(seconds).failing(CallError(Fate.UNKNOWN, "a reply is old", is_stale=True), 300)

        assert told.lines() == ["00:00  a reply is old"]


def test_calls_are_counted_and_the_debug_log_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    debugging, quiet = Told(capsys, RUNNER_DEBUG="1"), Told(capsys)
    debugging.journal.called(Call("GET", "/a", "HTTP 200", 0.0424, ok=True))
    debugging.journal.called(Call("POST", "/b", "timed out", 30, ok=False))
    quiet.journal.called(Call("GET", "/a", "HTTP 200", 0.04, ok=True))

    assert debugging.lines() == ["::debug::GET /a: HTTP 200 in 42 ms", "::debug::POST /b: timed out in 30000 ms"]
    assert (debugging.journal.timeline.calls, debugging.journal.timeline.failed_calls) == (2, 1)
    assert quiet.journal.timeline.calls == 1
