"""The input `trace`: all API traffic in a HAR 1.2 file, without keys. It is whole at any moment, also after a kill.

One line of the file is one call. A new call overwrites the file's last bytes, which close the lists, and writes them
again. HAR: w3c.github.io/web-performance/specs/HAR/Overview.html.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from cerebras_deploy import __version__
from cerebras_deploy.api.har import entry, without_bodies
from cerebras_deploy.api.message import Answer, Ask, Request
from cerebras_deploy.api.trace_file import OpenFile, create_file
from cerebras_deploy.errors import CallError, Interrupted
from cerebras_deploy.text import Redactor, plain

MOST = 20_000_000  # bytes of the file
FIRST, LAST = 100, 200  # calls that stay when it is full
_HEAD = b'{"log": {"version": "1.2", "creator": {"name": "cerebras-deploy-action", "version": "%s"}, "entries": [\n'
_TAIL = b"\n]}}\n"
INFERENCE = "/v1/chat/completions"


@dataclass
class Trace:
    """Records calls in an open file. `ask` sends them. `unix_time` is the wall clock, in seconds.

    Each call is added by one write, so that the file is whole between any two lines of this code. A file that cannot be
    written to any more is left as it is: it never ends the step.
    """

    file: OpenFile
    ask: Ask
    redact: Redactor
    unix_time: Callable[[], float]
    failure: str = ""

    def __post_init__(self) -> None:
        """Write the empty list."""
        self._entries = 0
        self._lock = Lock()  # several questions may be asked at a time
        self._is_closed = False
        self._write(0, _HEAD % __version__.encode() + _TAIL)

    def send(self, request: Request, within: float) -> Answer:
        """Send a request, and record its reply or failure."""
        began = self.unix_time()
        outcome: Answer | CallError | Interrupted | None = None
        try:
            outcome = self.ask(request, within)
        except (CallError, Interrupted) as error:
            outcome = error
            raise
        else:
            return outcome
        finally:
            if outcome is not None and not self.failure:
                began = min(began, self.unix_time() - outcome.seconds)
                line = json.dumps(entry(request, outcome, began, self.redact)).encode()
                with self._lock:
                    self._add(line)

    def _add(self, line: bytes) -> None:
        if self._is_closed:  # a call that nobody waited for; its descriptor may be another file's by now
            return
        size = os.fstat(self.file.descriptor).st_size
        if size + len(line) > MOST:
            try:
                size = self._shorten()
            except OSError as error:
                self.failure = plain(str(error), 200)
                return
        before = b",\n" if self._entries else b""
        self._entries += 1
        self._write(size - len(_TAIL), before + line + _TAIL)

    def _write(self, at: int, data: bytes) -> None:
        try:
            os.pwrite(self.file.descriptor, data, at)
        except OSError as error:
            self.failure = plain(str(error), 200)

    def _shorten(self) -> int:
        """Drop what the answers of inference say, then the middle, and return the size."""
        lines = [line.rstrip(",") for line in self._read().splitlines()[1:-1]]
        lines = [json.dumps(without_bodies(one)) if INFERENCE in one else one for one in lines]
        if sum(map(len, lines)) > MOST // 2:
            lines = [*lines[:FIRST], *lines[FIRST:][-LAST:]]
        data = _HEAD % __version__.encode() + ",\n".join(lines).encode() + _TAIL
        self._replace(data)
        return len(data)

    def _replace(self, data: bytes) -> None:
        """Put another file in the place of this one, since a kill may come in the midst of writing so much."""
        part = self.file.path.with_name(f"{self.file.path.name}.part")
        new = create_file(part, os.fstat(self.file.descriptor))
        with open(new, "wb", closefd=False) as file:
            file.write(data)
        part.replace(self.file.path)
        os.dup2(new, self.file.descriptor)
        os.close(new)

    def _read(self) -> str:
        file = self.file.descriptor
        return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")

    def close(self) -> bool:
        """Close the file, and return whether it is free of keys; if not, it is deleted."""
        with self._lock:
            self._is_closed = True
        text = self._read()
        is_clean = self.redact(text) == text
        if not is_clean:
            os.ftruncate(self.file.descriptor, 0)  # also where it has another name
            self.file.path.unlink(missing_ok=True)
        os.close(self.file.descriptor)
        return is_clean
