"""What is told to the runner: nothing with a secret in it, nothing that it takes for a command, and never too much."""

import io
import sys
from pathlib import Path

import pytest

import runner
from cerebras_deploy.tell.runner import Runner

PLAIN = {"NO_COLOR": "1"}
MIB = 1024 * 1024
FULL = "The log is too long. The rest is left out, except for the end."
KEY = "csk-0123456789"


class Buffered(io.StringIO):
    """Stands in for stdout; what was written is `seen` when it was flushed."""

    seen = ""

    def flush(self) -> None:
        """Have it seen."""
        self.seen = self.getvalue()


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


class TestLines:
    def test_one_has_its_stamp_and_its_color(self, capsys: pytest.CaptureFixture[str]) -> None:
        Runner({}).line("done", "03:22", "good")
        Runner({}).line("done")
        Runner(PLAIN).line("done", "03:22", "good")
        Runner({"NO_COLOR": ""}).line("failed", tone="bad")

        assert printed(capsys) == ["\x1b[32m03:22  done\x1b[0m", "done", "03:22  done", "\x1b[31mfailed\x1b[0m"]

    def test_it_is_one_line_and_no_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        Runner(PLAIN).line("::error::a\n::error::b")

        assert printed(capsys) == [": :error::a ::error::b"]

    def test_each_is_seen_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        out = Buffered()
        monkeypatch.setattr(sys, "stdout", out)
        Runner({}).line("waiting")
        assert out.seen == "waiting\n"

        Runner({}).end_group()
        assert out.seen == "waiting\n::endgroup::\n"


class TestALogThatIsFull:
    """It has two mebi of characters: those of a line, at most 4000 of them, and 20 for what stands before it."""

    @staticmethod
    def filled(said: Runner, left: int) -> None:
        for _ in range(521):
            said.line("x" * 9000)
        said.line("x" * (2 * MIB - 521 * 4020 - 20 - left))

    @pytest.mark.parametrize(("name", "shown"), [("line", "y"), ("debug", "::debug::y")])
    def test_the_last_line_is_that_which_fills_it(
        self, name: str, shown: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        said, full = (Runner(PLAIN | {"RUNNER_DEBUG": "1"}) for _ in range(2))
        self.filled(said, left=1)
        getattr(said, name)("y")
        getattr(said, name)("z")
        assert printed(capsys)[522:] == [shown, FULL]

        self.filled(full, left=0)
        getattr(full, name)("y")
        assert printed(capsys)[522:] == [FULL]

    def test_commands_and_outputs_are_still_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = Runner(PLAIN)
        self.filled(said, left=0)
        said.annotate("warning", "Title", "told")
        said.write_outputs({"result": "failed"})

        assert printed(capsys)[522:] == [FULL, "::warning title=Title::told", "output result: failed"]


@pytest.mark.parametrize(
    ("variables", "is_rerun"),
    [
        ({}, False),
        *(({"GITHUB_RUN_ATTEMPT": attempt}, attempt in {"2", "17"}) for attempt in ("", "0", "1", "2", "17")),
    ],
    ids=repr,
)
def test_it_is_a_rerun_from_the_second_attempt_on(variables: dict[str, str], *, is_rerun: bool) -> None:
    assert Runner(variables).is_rerun is is_rerun


def test_debug_lines_are_printed_with_step_debug_logging_only(capsys: pytest.CaptureFixture[str]) -> None:
    quiet, loud = Runner({"RUNNER_DEBUG": "0"}), Runner({"RUNNER_DEBUG": "1"})
    for each in (quiet, loud):
        each.debug("a\nb")

    assert (quiet.debugging, loud.debugging) == (False, True)
    assert printed(capsys) == ["::debug::a b"]


def test_secrets_are_masked_line_by_line_and_blanked_in_whatever_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    summary.touch()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    said = Runner({"NO_COLOR": "1", "RUNNER_DEBUG": "1", "GITHUB_STEP_SUMMARY": str(summary)})
    said.mask([KEY, f" first-line\n\n{KEY}\n", ""])
    said.line(f"key {KEY}, {KEY[:4]}\x1b[0m{KEY[4:]} and first-line")
    said.debug(KEY)
    said.group(KEY)
    said.end_group()
    said.annotate("error", f"of {KEY}", KEY, "a\nb")
    said.write_outputs({"message": KEY})
    said.write_summary(f"# {KEY}")

    assert printed(capsys) == [
        *(f"::add-mask::{KEY}", f"::add-mask::first-line%0A%0A{KEY}", "::add-mask::first-line"),
        "key ***, *** and ***",
        *("::debug::***", "::group::***", "::endgroup::"),
        "::error title=of ***::***%0Aa b",
        "output message: ***",
    ]
    assert summary.read_text() == "# ***\n"


class TestAnnotations:
    def test_past_a_handful_they_are_plain_lines_but_for_the_last(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = Runner(PLAIN)
        for number in range(7):
            said.annotate("warning", "Title", f"a {number}", "b")
        said.annotate("notice", "Rollout succeeded", "done", last=True)

        assert printed(capsys) == [
            *(f"::warning title=Title::a {number}%0Ab" for number in range(5)),
            *(f"Title: a {number} b" for number in (5, 6)),
            "::notice title=Rollout succeeded::done",
        ]

    def test_they_are_cut_to_what_the_runner_shows_as_it_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        said = Runner({})
        said.annotate("error", "t" * 251, "x" * 4000)
        said.annotate("error", "t" * 250, "x" * 10, "\U0001f600" * 4000)

        first, second = printed(capsys)
        assert first == f"::error title={'t' * 249}…::{'x' * 4000}"
        # Such a letter is two units; the line before, and the break after it, are eleven: half a letter is left out.
        assert second == f"::error title={'t' * 250}::{'x' * 10}%0A" + "\U0001f600" * 1994


class TestOutputs:
    def test_they_are_appended_and_the_last_one_of_a_name_wins(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "output"
        file.touch()
        monkeypatch.setenv("GITHUB_OUTPUT", str(file))
        said = Runner({"GITHUB_OUTPUT": str(file)})
        said.write_outputs({"result": "interrupted", "message": "a\nb<<c"})
        said.write_outputs({"result": "succeeded"})

        outputs = runner.read_outputs(file.read_bytes())
        assert (outputs.values, outputs.failure) == ({"result": "succeeded", "message": "a b<<c"}, "")
        assert printed(capsys) == []
        assert not said.has_lost_outputs

    @pytest.mark.parametrize("path", ["missing", "."])
    def test_that_they_are_lost_is_told_once_and_remembered(
        self, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = str(tmp_path / path)
        monkeypatch.setenv("GITHUB_OUTPUT", file)
        said = Runner({"GITHUB_OUTPUT": file})
        for _ in range(9):
            said.annotate("warning", "Title", "told")
        assert (len(printed(capsys)), said.has_lost_outputs) == (9, False)

        said.write_outputs({"result": "interrupted"})
        (error,) = printed(capsys)
        said.write_outputs({"result": "succeeded"})

        assert printed(capsys) == []
        assert error.startswith("::error title=Outputs lost::GITHUB_OUTPUT can't be written: ")
        assert said.has_lost_outputs


class TestSummary:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("x" * (MIB - 1), MIB - 1),
            ("x" * MIB, MIB - 1),
            ("x" * (MIB - 2) + "é", MIB - 2),  # no half a letter
            ("x" * (MIB - 3) + "é", MIB - 1),
        ],
        ids=["fits", "one byte too many", "half a letter too many", "fits with a long letter"],
    )
    def test_it_is_as_large_as_the_runner_takes(
        self, text: str, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "summary"
        file.touch()
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))

        Runner({"GITHUB_STEP_SUMMARY": str(file)}).write_summary(text)

        written = file.read_bytes()
        assert len(written) == kept + 1  # the toolkit ends it with a line break
        assert text.encode().startswith(written[:-1])

    def test_one_that_cannot_be_written_is_a_warning_and_one_that_is_not_wanted_is_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "missing"))
        Runner(PLAIN).write_summary("# Done")
        assert printed(capsys) == []

        Runner({"GITHUB_STEP_SUMMARY": str(tmp_path / "missing")}).write_summary("# Done")

        (warning,) = printed(capsys)
        assert warning.startswith("::warning title=No job summary::GITHUB_STEP_SUMMARY can't be written: ")
