"""A match is found, or absent, or not known; what is not known is never taken for absent."""

import errno
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cerebras_deploy.errors import NoThreadError
from cerebras_deploy.steps import matcher as matcher_module
from cerebras_deploy.steps.matcher import Matcher, NotMatchedError
from helpers.virtual import PATIENCE

FOREVER = "(a+)+$", "a" * 60 + "!"


@pytest.fixture
def matcher() -> Iterator[Matcher]:
    with closing(Matcher()) as made:
        yield made


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        ("(?i)HELLO", "well, hello", True),
        ("^b", "abc", False),
        ("", "", True),
        ("é$", "café", True),
        ("a.b", "a\nb", False),
        ("\ud800", "x\ud800", True),
    ],
)
def test_it_is_found_somewhere_in_the_text_or_absent(
    matcher: Matcher, expression: str, text: str, *, expected: bool
) -> None:
    assert matcher.found([expression], text) == ({expression} if expected else set())


def test_of_several_those_that_match_are_told(matcher: Matcher) -> None:
    assert matcher.found(["a", "b", "c"], "cab") == {"a", "b", "c"}
    assert matcher.found(["a", "b", "c"], "xbx") == {"b"}


def test_many_texts_are_matched_by_one_process(matcher: Matcher) -> None:
    matcher.found(["a"], "a")
    process = matcher._process  # noqa: SLF001 - that it is the same one is the point
    assert process
    assert [bool(matcher.found(["a"], text)) for text in ("a", "b" * 1_000_000, "ba")] == [True, False, True]
    assert matcher._process is process  # noqa: SLF001


def test_one_that_never_ends_is_stopped_by_its_cpu_time_and_the_next_is_matched(matcher: Matcher) -> None:
    with pytest.raises(NotMatchedError, match="the match took more than 1 s of CPU time"):
        matcher.found([FOREVER[0]], FOREVER[1])

    assert matcher.found(["a"], "a") == {"a"}


@pytest.mark.long
def test_the_cpu_time_is_of_one_match(matcher: Matcher) -> None:
    slow = "(a+)+b", "a" * 20 + "!"  # takes some 50 ms or more
    for _ in range(40):
        assert matcher.found([slow[0]], slow[1]) == set()


def test_one_that_cannot_be_started_is_not_known() -> None:
    with pytest.raises(NotMatchedError, match=r"the match could not be started: .*No such file"):
        Matcher("/nowhere/python3").found(["a"], "a")


def test_without_room_for_a_process_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable", "python3")

    monkeypatch.setattr(subprocess, "Popen", full)

    with pytest.raises(NoThreadError, match=r"^no process could be started: Resource temporarily unavailable$"):
        Matcher().found(["a"], "a")


@pytest.mark.parametrize(
    "script",
    ["exit 1", "exit 0", "kill -9 $$", "echo absence", "echo '[]'", "echo '{}'", "echo 1"],
    ids=["fails", "says nothing", "is killed", "babbles", "says too little", "says another thing", "says a number"],
)
def test_one_that_crashes_is_not_known(tmp_path: Path, script: str) -> None:
    with closing(Matcher(stand_in(tmp_path, script))) as broken:
        for _ in range(2):
            with pytest.raises(NotMatchedError, match="the match crashed"):
                broken.found(["a"], "a")


def test_one_that_gets_no_cpu_time_ends_when_it_is_closed(tmp_path: Path) -> None:
    matcher = Matcher(stand_in(tmp_path, f"echo > {tmp_path}/started; exec sleep 600"))
    said: list[object] = []

    def match() -> None:
        try:
            said.append(matcher.found(["a"], "a" * 1_000_000))
        except NotMatchedError as error:
            said.append(error)

    thread = threading.Thread(target=match)
    thread.start()
    while matcher._process is None:  # noqa: SLF001 - it is started by then
        thread.join(0.001)
    matcher.close()
    thread.join(PATIENCE)

    assert [type(one) for one in said] == [NotMatchedError]


def test_an_expression_that_is_none_is_not_known(matcher: Matcher) -> None:
    with pytest.raises(NotMatchedError, match="the match crashed"):
        matcher.found(["(unclosed"], "a")


def stand_in(folder: Path, script: str) -> str:
    """A program to be started in place of Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_one_that_was_given_up_ends_no_other(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, given_up, waiting = matcher_module._exchange, threading.Event(), threading.Event()  # noqa: SLF001

    def late(process: subprocess.Popen[bytes], question: bytes) -> bytes:
        if b"late" not in question:
            return exchange(process, question)
        waiting.set()
        given_up.wait(30)
        raise BrokenPipeError

    monkeypatch.setattr(matcher_module, "_exchange", late)

    def give_up() -> None:
        with pytest.raises(NotMatchedError):
            matcher.found(["a"], "late")

    worker = threading.Thread(target=give_up)
    worker.start()
    waiting.wait(30)
    matcher.close()
    matcher.found(["a"], "a")
    process = matcher._process  # noqa: SLF001 - that it is the same one is the point

    given_up.set()
    worker.join(30)

    assert process
    assert (matcher._process, process.poll()) == (process, None)  # noqa: SLF001
