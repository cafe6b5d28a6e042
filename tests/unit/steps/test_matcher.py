"""A match is found, or absent, or not known; what is not known is never taken for absent."""

from pathlib import Path

import pytest

from cerebras_deploy.steps.matcher import NotMatchedError, found

WITHIN = 60.0  # seconds; for a match that ends by itself


@pytest.mark.parametrize(
    ("expression", "text", "expected"),
    [
        ("(?i)HELLO", "well, hello", True),
        ("^b", "abc", False),
        ("", "", True),
        ("é$", "café", True),
        ("a.b", "a\nb", False),
    ],
)
def test_it_is_found_somewhere_in_the_text_or_absent(expression: str, text: str, *, expected: bool) -> None:
    assert found(expression, text, WITHIN) is expected


def test_one_that_never_ends_is_stopped_by_its_cpu_time() -> None:
    with pytest.raises(NotMatchedError, match="the match took more than 1 s of CPU time"):
        found("(a+)+$", "a" * 60 + "!", WITHIN)


def test_one_that_cannot_be_started_is_not_known() -> None:
    with pytest.raises(NotMatchedError, match=r"the match could not be started: .*No such file"):
        found("a", "a", WITHIN, python="/nowhere/python3")


@pytest.mark.parametrize(
    "script",
    ["exit 1", "exit 0", "kill -9 $$", "echo absence", "printf found; exit 1"],
    ids=["fails", "says nothing", "is killed", "babbles", "fails after all"],
)
def test_one_that_crashes_is_not_known(tmp_path: Path, script: str) -> None:
    with pytest.raises(NotMatchedError, match="the match crashed"):
        found("a", "a", WITHIN, python=stand_in(tmp_path, script))


def test_one_that_gets_no_cpu_time_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(NotMatchedError, match="the match was not done after 1 s"):
        found("a", "a", 1.0, python=stand_in(tmp_path, "exec sleep 600"))


def test_an_expression_that_is_none_is_not_known() -> None:
    with pytest.raises(NotMatchedError, match="the match crashed"):
        found("(unclosed", "a", WITHIN)


def stand_in(folder: Path, script: str) -> str:
    """A program to be started in place of Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)
