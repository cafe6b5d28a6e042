"""The file of `trace`: whole at any moment, read by others, and without a key."""

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from haralyzer import HarParser

from cerebras_deploy.api import trace, trace_file
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.api.trace import Trace
from cerebras_deploy.api.trace_file import open_file
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import Redactor
from helpers.forged import OURS, Forged, stage
from helpers.stage import KEY, Stage

SECRET = "csk-0123456789"
REQUEST = Request("GET", "https://api.example.com/management/v1/endpoints/e?x=1", SECRET)


def recorded(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
    return entries


def tracing(path: Path, *outcomes: Answer | CallError) -> Trace:
    left = list(outcomes)

    def ask(_: Request, __: float) -> Answer:
        outcome = left.pop(0)
        if isinstance(outcome, CallError):
            raise outcome
        return outcome

    return Trace(open_file(path.name, str(path.parent)), ask, Redactor([SECRET]), lambda: 1_790_000_000.0)


def ok(body: str = "{}", **headers: str) -> Answer:
    return Answer(200, {"content-type": "application/json"} | headers, body.encode(), 0.25)


class TestBesideEachOther:
    def test_calls_of_several_threads_are_all_recorded(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracer = tracing(path, *[ok("x" * 1000) for _ in range(80)])
        threads = [threading.Thread(target=lambda: [tracer.send(REQUEST, 30) for _ in range(20)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(recorded(path)) == 80
        assert tracer.close()

    def test_a_call_that_nobody_waited_for_is_not_written_to_another_file(self, tmp_path: Path) -> None:
        tracer = tracing(tmp_path / "t.har", ok(), ok())
        tracer.send(REQUEST, 30)
        tracer.close()
        with (tmp_path / "other").open("wb") as other:  # it has the descriptor now
            assert other.fileno() == tracer.file.descriptor
            tracer.send(REQUEST, 30)

        assert (tmp_path / "other").read_bytes() == b""
        assert (len(recorded(tmp_path / "t.har")), tracer.failure) == (1, "")


class TestFile:
    def test_it_is_whole_before_and_after_each_call(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracer = tracing(path, *[ok() for _ in range(5)])
        counts = [len(recorded(path))]
        for _ in range(5):
            tracer.send(REQUEST, 30)
            counts.append(len(recorded(path)))

        assert counts == [0, 1, 2, 3, 4, 5]
        assert tracer.close()

    def test_a_call_that_failed_is_there_with_the_reason(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracer = tracing(path, CallError(Fate.UNKNOWN, f"lost by {SECRET}", seconds=2.0))
        with pytest.raises(CallError):
            tracer.send(REQUEST, 30)

        (call,) = recorded(path)
        assert (call["response"]["status"], call["response"]["_error"], call["time"]) == (0, "lost by ***", 2000)

    def test_of_headers_only_those_that_hold_no_secret_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracing(path, ok(server="cloudflare", **{"set-cookie": "a=b", "x-secret": "c"})).send(REQUEST, 30)

        (call,) = recorded(path)
        assert {header["name"] for header in call["response"]["headers"]} == {"content-type", "server"}
        assert call["request"]["headers"] == []

    def test_a_body_is_cut_and_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        chat = Request("POST", "https://api.example.com/v1/chat/completions", SECRET, {"prompt": "x" * 70_000})
        tracing(path, ok("y" * 70_000)).send(chat, 30)

        (call,) = recorded(path)
        for part in (call["request"]["postData"], call["response"]["content"]):
            assert (len(part["text"]), part["_truncated"]) == (65536, True)

    def test_an_endpoints_status_is_kept_up_to_a_mebibyte(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracing(path, ok("y" * 1_000_000)).send(REQUEST, 30)

        assert len(recorded(path)[0]["response"]["content"]["text"]) == 1_000_000

    def test_when_it_is_full_the_first_and_the_last_calls_stay(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trace, "MOST", 400_000)
        path = tmp_path / "t.har"
        tracer = tracing(path, *[ok(json.dumps({"n": n})) for n in range(1500)])
        for _ in range(1500):
            tracer.send(REQUEST, 30)

        numbers = [json.loads(call["response"]["content"]["text"])["n"] for call in recorded(path)]
        assert numbers[:100] == list(range(100))
        assert numbers[-200:] == list(range(1300, 1500))
        assert path.stat().st_size <= 400_000

    def test_with_a_key_in_it_at_the_end_it_is_deleted(self, tmp_path: Path) -> None:
        path = tmp_path / "t.har"
        tracer = tracing(path)
        os.pwrite(tracer.file.descriptor, f'{{"log": "{SECRET}"'.encode(), 0)

        assert not tracer.close()
        assert not path.exists()


# Records a call for each line that it is given, and answers with a line.
RECORDING = """
import sys
from pathlib import Path
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.api.trace import Trace
from cerebras_deploy.api.trace_file import open_file
from cerebras_deploy.text import Redactor
answer = Answer(200, {"content-type": "application/json"}, b"x" * 60_000)
trace = Trace(open_file("t.har", sys.argv[1]), lambda *_: answer, Redactor(), lambda: 1_790_000_000.0)
for _ in sys.stdin:
    trace.send(Request("GET", "https://api.example.com/management/v1/endpoints/e", "key"), 5)
    print(flush=True)
"""


@pytest.mark.parametrize("calls", [1, 2, 7, 50, 333])
def test_it_is_whole_after_a_kill(calls: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RECORDING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(calls):
            process.stdin.write(b"\n")
            process.stdout.readline()
        process.kill()

    kept = len(recorded(tmp_path / "t.har"))
    assert kept == calls or 300 <= kept < calls  # of very many, the first and the last stay


def test_it_is_whole_at_each_line_of_the_code_while_it_is_shortened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MOST": 20_000, "FIRST": 2, "LAST": 3}.items():
        monkeypatch.setattr(trace, name, value)
    path = tmp_path / "t.har"
    tracer = tracing(path, *[ok("x" * 900) for _ in range(40)])
    seen: list[int] = []

    def look(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in {trace.__file__, trace_file.__file__}:
            return None
        if event == "line":
            seen.append(len(recorded(path)))
        return look

    measures_coverage = sys.gettrace()
    sys.settrace(look)
    try:
        for _ in range(40):
            tracer.send(REQUEST, 30)
    finally:
        sys.settrace(measures_coverage)

    assert any(later < before for before, later in itertools.pairwise(seen))  # it was shortened
    assert [one.name for one in tmp_path.iterdir()] == ["t.har"]


def test_one_that_cannot_be_shortened_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MOST", 20_000)
    (tmp_path / "t.har.part").touch()
    path = tmp_path / "t.har"
    tracer = tracing(path, *[ok("x" * 900) for _ in range(40)])
    for _ in range(40):
        tracer.send(REQUEST, 30)

    assert "File exists" in tracer.failure
    assert 0 < len(recorded(path)) < 40


class TestWholeRuns:
    def test_an_independent_reader_finds_every_call(self, tmp_path: Path) -> None:
        played = Stage(latency=0.1).play({"trace": "out/t.har"}, env={"GITHUB_WORKSPACE": str(tmp_path)})
        text = (tmp_path / "out" / "t.har").read_text(encoding="utf-8")
        (page,) = HarParser(json.loads(text)).pages

        assert played.result == "succeeded"
        calls = [(entry.request.method, entry.status) for entry in page.entries]
        assert calls.count(("POST", 200)) == 1
        assert len(calls) == len(played.world.requests)
        assert KEY not in text
        assert "It contains prompts and answers" in played.text

    def test_the_deploy_call_is_in_it(self, tmp_path: Path) -> None:
        stage(Forged()).play({"trace": "t.har"}, env={"GITHUB_WORKSPACE": str(tmp_path)})

        (deploy,) = [call for call in recorded(tmp_path / "t.har") if call["request"]["method"] == "POST"]
        assert json.loads(deploy["response"]["content"]["text"])["name"] == OURS
        assert deploy["request"]["url"].endswith(":deployModel")
