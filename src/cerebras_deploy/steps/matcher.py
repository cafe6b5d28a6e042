"""Matches regular expressions in a process of its own: `re` cannot be interrupted, and some expressions never end."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, cast

from cerebras_deploy.errors import NoThreadError

CPU_SECONDS = 1.0  # of matching; how busy the machine is makes no difference to it
_MATCH = f"""
import json, re, signal, sys
def matches(expression, text):
    signal.setitimer(signal.ITIMER_PROF, {CPU_SECONDS})
    found = re.search(expression, text)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return bool(found)
for line in sys.stdin:
    expressions, text = json.loads(line)
    print(json.dumps([matches(one, text) for one in expressions]), flush=True)
"""


class NotMatchedError(Exception):
    """It is not known whether the expression matches; the text says why. It is no judgment of the text."""


class Matcher:
    """Matches with the `re` of that Python, one text at a time. Its process is started when it is first needed.

    It serves many texts, since a process takes longer to start than most matches take. After a match that never ends,
    or crashes, another one is started for the next text.
    """

    def __init__(self, python: str = sys.executable) -> None:
        self._command = [python, "-I", "-S", "-c", _MATCH]
        self._process: subprocess.Popen[bytes] | None = None

    def found(self, expressions: Sequence[str], text: str) -> frozenset[str]:
        """Return those of the expressions that match somewhere in the text.

        It may block for as long as the machine gives the process no CPU time; `close` ends that. Raises
        `NotMatchedError` if a match uses more than `CPU_SECONDS` of CPU time, or if the process cannot be started, or
        crashes; and `NoThreadError` if there is no room for the process.
        """
        process = self._process = self._process or self._started()
        try:
            matches = json.loads(_exchange(process, json.dumps([expressions, text]).encode()))
            return frozenset(one for one, matched in zip(expressions, matches, strict=True) if matched is True)
        except (OSError, TypeError, ValueError) as error:
            if self._process is process:  # else it was closed meanwhile, and another one may serve the next text
                self._process = None
            _end(process)
            if process.returncode == -signal.SIGPROF:
                raise NotMatchedError(f"the match took more than {CPU_SECONDS:g} s of CPU time") from error
            raise NotMatchedError(f"the match crashed ({process.returncode})") from error

    def close(self) -> None:
        """End the process, if there is one; a match that is under way fails."""
        process, self._process = self._process, None
        if process:
            _end(process)

    def _started(self) -> subprocess.Popen[bytes]:
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        try:
            return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=nothing)  # noqa: S603 - our own text; the expression goes in by stdin
        except BlockingIOError as full:
            raise NoThreadError(f"no process could be started: {full.strerror}") from full
        except OSError as error:
            raise NotMatchedError(f"the match could not be started: {error}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in filter(None, (process.stdin, process.stdout)):
        with suppress(OSError):  # what it has not read yet
            pipe.close()


def _exchange(process: subprocess.Popen[bytes], question: bytes) -> bytes:
    """Send a line, and return the line that answers it; empty if the process has ended."""
    stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    stdin.write(question + b"\n")
    stdin.flush()
    return stdout.readline()
