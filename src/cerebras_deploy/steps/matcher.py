"""Matches a regular expression in a process of its own: `re` cannot be interrupted, and some expressions never end."""

import json
import signal
import subprocess
import sys

CPU_SECONDS = 1.0  # of matching; how busy the machine is makes no difference to it
_MATCH = f"""
import json, re, signal, sys
expression, text = json.load(sys.stdin)
signal.setitimer(signal.ITIMER_PROF, {CPU_SECONDS})
sys.stdout.write("found" if re.search(expression, text) else "absent")
"""


class NotMatchedError(Exception):
    """It is not known whether the expression matches; the text says why. It is no judgment of the text."""


def found(expression: str, text: str, within: float, *, python: str = sys.executable) -> bool:
    """Whether the expression matches somewhere in the text, by the `re` of that Python.

    Raises `NotMatchedError` if the match uses more than `CPU_SECONDS` of CPU time, or if its process cannot be started,
    crashes, or is not done after `within` seconds.
    """
    command = [python, "-I", "-S", "-c", _MATCH]
    question = json.dumps([expression, text]).encode()
    try:
        done = subprocess.run(command, input=question, timeout=within, capture_output=True, check=False)  # noqa: S603 - our own text; the expression goes in by stdin
    except subprocess.TimeoutExpired:
        raise NotMatchedError(f"the match was not done after {within:.0f} s") from None
    except OSError as error:
        raise NotMatchedError(f"the match could not be started: {error}") from error
    if done.returncode == -signal.SIGPROF:
        raise NotMatchedError(f"the match took more than {CPU_SECONDS:g} s of CPU time")
    if done.returncode or done.stdout not in {b"found", b"absent"}:
        raise NotMatchedError(f"the match crashed ({done.returncode})")
    return done.stdout == b"found"
