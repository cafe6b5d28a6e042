"""Record, replay, record: the same result, outputs and timeline, to within one poll."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cerebras_simulator.world.recording import Playback, load
from helpers.stage import EPOCH, Played, Stage
from helpers.virtual import VirtualClock

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.har"))
POLL = 5.0  # seconds, and what a call takes


def record(there: Stage, folder: Path, name: str, inputs: dict[str, str]) -> Played:
    return there.play(inputs | {"trace": name, "poll-interval": "5s"}, env={"GITHUB_WORKSPACE": str(folder)})


def moments(played: Played) -> list[tuple[int, str]]:
    """Give the log's lines with their seconds."""
    lines = re.findall(r"^(\d\d):(\d\d)  (.+)$", played.text, re.MULTILINE)
    return [
        (60 * int(minutes) + int(seconds), text) for minutes, seconds, text in lines if "No change for " not in text
    ]


def assert_alike(first: Played, second: Played) -> None:
    timing = {"duration-seconds", "report", "summary-markdown"}
    assert {k: v for k, v in first.outputs.items() if k not in timing | {"message"}} == {
        k: v for k, v in second.outputs.items() if k not in timing | {"message"}
    }
    assert [text for _, text in moments(first)] == [text for _, text in moments(second)]
    assert all(abs(a - b) <= POLL + 1 for (a, _), (b, _) in zip(moments(first), moments(second), strict=True))


@pytest.mark.parametrize(
    "scenario", ["healthy", "rolls-back", "rollout-error", "live", "busy", "vanishes", "superseded"]
)
def test_what_is_recorded_and_replayed_comes_to_the_same(scenario: str, tmp_path: Path) -> None:
    first = record(Stage(scenario, latency=0.1), tmp_path, "1.har", {})
    later = VirtualClock(EPOCH + 40 * 24 * 3600)

    second = record(Stage(clock=later, latency=0.1).replay(tmp_path / "1.har"), tmp_path, "2.har", {})
    third = record(Stage(latency=0.1).replay(tmp_path / "2.har"), tmp_path, "3.har", {})

    assert_alike(first, second)
    assert_alike(second, third)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_each_recorded_rollout_comes_to_what_its_name_says(path: Path) -> None:
    played = Stage(latency=0.1).replay(path).play({"poll-interval": "5s"})

    assert played.result == path.stem.partition(".")[2]


def test_there_is_a_recorded_rollout() -> None:
    assert RECORDINGS


def test_it_is_played_as_fast_as_is_asked_for(tmp_path: Path) -> None:
    first = record(Stage(latency=0.1), tmp_path, "1.har", {})

    fast = Stage(latency=0.1).replay(tmp_path / "1.har", speed=10).play({"poll-interval": "1s"})

    assert (fast.result, first.result) == ("succeeded", "succeeded")
    assert fast.seconds < first.seconds / 8


def call(at: str, method: str, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    return {
        "startedDateTime": at,
        "time": 0,
        "request": {"method": method, "url": f"https://api.example.com{path}"},
        "response": {"status": status, "headers": [], "content": {"text": json.dumps(body)}},
    }


def playback(tmp_path: Path, *calls: dict[str, Any]) -> Playback:
    path = tmp_path / "t.har"
    path.write_text(json.dumps({"log": {"entries": list(calls)}}), encoding="utf-8")
    return Playback(load(str(path)))


def test_times_in_replies_are_moved_in_the_form_in_which_they_came(tmp_path: Path) -> None:
    body = {"created": 100, "updated": 1_790_000_000_000, "list": [{"created": "1970-01-01T00:01:40+00:00"}]}
    played = playback(tmp_path, call("1970-01-01T00:01:40+00:00", "GET", "/a", body))

    reply = played.reply("GET", "/a", 1100)

    assert reply is not None
    moved = json.loads(reply.body)
    assert (moved["created"], moved["list"][0]["created"]) == (1100, "1970-01-01T00:18:20+00:00")
    assert moved["updated"] == 1_790_000_000_000 + 1_000_000


def test_the_last_reply_repeats_and_what_was_not_recorded_has_none(tmp_path: Path) -> None:
    calls = [call(f"1970-01-01T00:00:0{n}+00:00", "GET", "/a", {"n": n}) for n in range(3)]
    played = playback(tmp_path, *calls)

    replies = [played.reply("GET", "/a", 1000.0 + n) for n in (0, 1, 2, 50)]

    assert [json.loads(reply.body)["n"] for reply in replies if reply] == [0, 1, 2, 2]
    assert played.reply("GET", "/b", 1000) is None
    assert played.listed() == ["GET /a"]


@pytest.mark.parametrize("text", ["", "{}", '{"log": {"entries": []}}', '{"log": {"entries": [{}]}}'])
def test_a_file_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.har"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"t\.har"):
        load(str(path))
