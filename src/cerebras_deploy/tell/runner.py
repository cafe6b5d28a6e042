"""The GitHub runner: commands on stdout, output and summary files. The only user of actions-toolkit.

Everything goes to stdout, since the runner reads stdout and stderr in no fixed order. `core` of the toolkit is not
used: it imports requests, and its `set_failed` exits before outputs are written.
"""

import os
import sys
from collections.abc import Mapping

from actions_toolkit.command import issue_command
from actions_toolkit.file_command import issue_file_command, prepare_key_value_message

from cerebras_deploy.tell.tone import COLORS, Tone
from cerebras_deploy.text import Redactor, plain

SUMMARY_LIMIT = 1024 * 1024  # bytes; a larger one is not shown (CreateStepSummaryCommand)
LINE_LIMIT = 4000  # characters; the runner cuts annotations at 4096, which it counts in UTF-16
TITLE_LIMIT = 250  # characters; GitHub takes 255
LOG_LIMIT = 2 * 1024 * 1024  # characters; the longest rollout that is well has half of them
STAMP = 20  # characters of a line that are not its text
ANNOTATIONS = 5  # warnings and early errors in a step; the runner keeps ten of a kind


class Runner:
    """Speaks to the runner; no text leaves but through `clean`, and none with a secret in it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.redact = Redactor()
        self.has_lost_outputs = False
        self._annotated = 0
        self._room = LOG_LIMIT

    @property
    def debugging(self) -> bool:
        """Whether step debug logging is on."""
        return self._environ.get("RUNNER_DEBUG") == "1"

    @property
    def is_rerun(self) -> bool:
        """Whether an earlier attempt of this run may have made the deploy call already."""
        return self._environ.get("GITHUB_RUN_ATTEMPT", "1") not in {"", "0", "1"}

    def mask(self, secrets: list[str]) -> None:
        """Have the runner blank these, and blank them here; call it before anything else is printed."""
        masked = {line.strip(): None for secret in secrets for line in (secret, *secret.splitlines()) if line.strip()}
        for line in masked:
            self._command("add-mask", "", line)
        self.redact = Redactor(masked)

    def line(self, text: str, stamp: str = "", tone: Tone = "plain") -> None:
        """Print one line, after a time stamp if there is one, in a color unless NO_COLOR is set.

        In a log that is too long, nothing but commands and outputs is printed any more.
        """
        if self._room > 0:
            self._print(text, stamp, tone)
            self._use(text)

    def _print(self, text: str, stamp: str = "", tone: Tone = "plain") -> None:
        line = f"{stamp}  {self.clean(text)}" if stamp else self.clean(text)
        color = "" if self._environ.get("NO_COLOR") else COLORS[tone]
        sys.stdout.write(f"\x1b[{color}m{line}\x1b[0m\n" if color else f"{line}\n")
        sys.stdout.flush()

    def debug(self, text: str) -> None:
        """Print a line that shows with step debug logging only."""
        if self.debugging and self._room > 0:
            self._command("debug", "", self.clean(text))
            self._use(text)

    def group(self, title: str) -> None:
        """Begin lines that one may fold."""
        self._command("group", "", self.clean(title))

    def end_group(self) -> None:
        """End them."""
        self._command("endgroup", "", "")

    def annotate(self, level: str, title: str, *lines: str, last: bool = False) -> None:
        """Print an annotation: `error`, `warning` or `notice`.

        Past a handful it is a plain line, unless it is one of the `last`, which say how the step ends.
        """
        text = _cut("\n".join(self.clean(line) for line in lines))
        self._annotated += 1
        if self._annotated > ANNOTATIONS and not last:
            self.line(f"{title}: {text}")
        else:
            self._command(level, self.clean(title, TITLE_LIMIT), text)

    def write_outputs(self, values: Mapping[str, str]) -> None:
        """Write outputs, all in one append; the last write of a name wins.

        Without GITHUB_OUTPUT they are printed. If it is set and cannot be written, that is told once, and
        `has_lost_outputs` remembers it.
        """
        clean = {name: self.clean(value) for name, value in values.items()}
        if not self._environ.get("GITHUB_OUTPUT"):
            for name, value in clean.items():
                self._print(f"output {name}: {value}")
            return
        self._append_outputs(clean)

    def write_documents(self, values: Mapping[str, str]) -> None:
        """Write outputs of many lines, as `write_outputs` does; nothing is printed without GITHUB_OUTPUT."""
        if self._environ.get("GITHUB_OUTPUT"):
            self._append_outputs({name: self.redact(value) for name, value in values.items()})

    def _append_outputs(self, values: Mapping[str, str]) -> None:
        message = os.linesep.join(prepare_key_value_message(name, value) for name, value in values.items())
        try:
            issue_file_command("OUTPUT", message)
        except Exception as error:  # noqa: BLE001 - the toolkit raises bare Exceptions
            if not self.has_lost_outputs:
                why = "The step fails, because later steps can't read its outputs."
                text = f"GITHUB_OUTPUT can't be written: {error}. {why}"
                self.annotate("error", "Outputs lost", text, last=True)
            self.has_lost_outputs = True

    def write_summary(self, text: str) -> None:
        """Append to the job summary, if there is one; one warning if it cannot be written."""
        if not self._environ.get("GITHUB_STEP_SUMMARY"):
            return
        whole = self.redact(text).encode("utf-8", "replace")
        cut = whole[: SUMMARY_LIMIT - 1].decode("utf-8", "ignore") if len(whole) >= SUMMARY_LIMIT else whole.decode()
        try:
            issue_file_command("STEP_SUMMARY", cut)
        except Exception as error:  # noqa: BLE001 - the toolkit raises bare Exceptions; the result stands
            self.annotate("warning", "No job summary", f"GITHUB_STEP_SUMMARY can't be written: {error}.")

    def _use(self, text: str) -> None:
        self._room -= STAMP + min(len(text), LINE_LIMIT)
        if self._room <= 0:
            self._print("The log is too long. The rest is left out, except for the end.")

    def clean(self, text: str, limit: int = LINE_LIMIT) -> str:
        """Return text as one harmless line without secrets."""
        return self.redact(plain(self.redact(text), limit))  # twice: a key may come in pieces

    @staticmethod
    def _command(name: str, title: str, text: str) -> None:
        issue_command(name, {"title": title} if title else {}, text)
        sys.stdout.flush()


def _cut(text: str) -> str:
    return text.encode("utf-16-le")[: 2 * LINE_LIMIT].decode("utf-16-le", "ignore")
