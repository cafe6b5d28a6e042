"""A process run as the runner runs one: two pipes, no input, and signals when the job is cancelled."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from runner.text import LineFeed

# ProcessInvoker.cs:32-33,443-465,829-869: each signal goes to the one process, with this time until the next.
LADDER = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, float("inf")))

STRAGGLERS = 5.0  # seconds for pipes that a child of the process still holds open
TICK = 0.01


@dataclass(frozen=True)
class Cancel:
    """When the job is cancelled: *after_seconds* from the start, or from the line that matches.

    *occurrence*: which of the lines that match, counted from 1.
    *scale* stretches the runner's waits between its signals. *by_timeout*: this is the step's own timeout. *lost*: the
    process is killed at once, as when the machine runs out of memory.
    """

    after_seconds: float = 0.0
    when_line_matches: str | None = None
    occurrence: int = 1
    scale: float = 1.0
    by_timeout: bool = False
    lost: bool = False


@dataclass(frozen=True)
class Ended:
    """How the process ended. *interrupted_at* and *ended_at* are seconds from the start."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    ended_at: float
    interrupted_at: float | None
    overran: bool = False
    start_error: str = ""


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    hear: Callable[[str], None],
    cancel: Cancel | None,
    limit: float,
) -> Ended:
    """Run to the end, or to *limit* seconds and a kill; *hear* gets the lines of both streams live."""
    with subprocess.Popen(  # its own session, so that what it leaves behind can be found
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        return _Watch(process, hear, cancel, limit).to_the_end()


class _Watch:
    def __init__(
        self,
        process: subprocess.Popen[bytes],
        hear: Callable[[str], None],
        cancel: Cancel | None,
        limit: float,
    ) -> None:
        self._process, self._hear, self._cancel, self._limit = process, hear, cancel, limit
        self._start = time.monotonic()
        self._ladder = iter(((signal.SIGKILL, limit),) if cancel and cancel.lost else LADDER)
        at_once = cancel is not None and cancel.when_line_matches is None
        self._next_signal = cancel.after_seconds if cancel and at_once else float("inf")
        self._interrupted_at: float | None = None
        self._matched = 0
        self._overran = False
        self._chunks: Queue[tuple[int, bytes]] = Queue()
        self._data = (bytearray(), bytearray())
        self._feeds = (LineFeed(), LineFeed())
        self._open = 2

    def to_the_end(self) -> Ended:
        pipes = (self._process.stdout, self._process.stderr)
        readers = [
            Thread(target=self._read, args=(number, pipe.fileno()), daemon=True)
            for number, pipe in enumerate(pipes)
            if pipe
        ]
        try:
            for reader in readers:
                reader.start()
            ended_at = self._watch()
        finally:
            # The process is not reaped yet, so this group is still ours; it holds what was left behind.
            os.killpg(self._process.pid, signal.SIGKILL)
            for reader in readers:
                reader.join(STRAGGLERS)
        while not self._chunks.empty():
            self._take()
        stdout, stderr = map(bytes, self._data)
        return Ended(self._process.wait(), stdout, stderr, ended_at, self._interrupted_at, self._overran)

    def _read(self, number: int, pipe: int) -> None:
        while chunk := os.read(pipe, 65536):
            self._chunks.put((number, chunk))
        self._chunks.put((number, b""))

    def _watch(self) -> float:
        """Pass on lines and send signals until process and pipes have ended; give the former's time."""
        ended_at: float | None = None
        while True:
            self._take()
            now = self._now()
            if ended_at is None and self._has_ended():
                ended_at = now
            if ended_at is not None and (not self._open or now > ended_at + STRAGGLERS):
                return ended_at
            if ended_at is None:
                self._signal(now)

    def _take(self) -> None:
        with suppress(Empty):
            number, chunk = self._chunks.get(timeout=TICK)
            self._data[number].extend(chunk)
            self._open -= not chunk
            for line in self._feeds[number].feed(chunk):
                self._hear(line)
                self._recognise(line)

    def _recognise(self, line: str) -> None:
        cancel = self._cancel
        if self._interrupted_at is not None or not cancel or cancel.when_line_matches is None:
            return
        if not re.search(cancel.when_line_matches, line):
            return
        self._matched += 1
        if self._matched == cancel.occurrence:
            self._next_signal = self._now() + cancel.after_seconds

    def _signal(self, now: float) -> None:
        if now >= self._limit and not self._overran:
            self._overran = True
            os.killpg(self._process.pid, signal.SIGKILL)
        elif self._cancel and now >= self._next_signal:
            number, grace = next(self._ladder)
            os.kill(self._process.pid, number)
            self._interrupted_at = now if self._interrupted_at is None else self._interrupted_at
            self._next_signal = now + grace * self._cancel.scale

    def _has_ended(self) -> bool:
        """Look without reaping, so that the process id stays taken."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _now(self) -> float:
        return time.monotonic() - self._start
