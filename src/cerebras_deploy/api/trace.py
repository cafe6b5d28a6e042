"""The input `trace`: all API traffic in a HAR 1.2 file, without keys. It is whole at any moment, also after a kill.

One line of the file is one call. A new call overwrites the file's last bytes, which close the lists, and writes them
anew. HAR: w3c.github.io/web-performance/specs/HAR/Overview.html.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from cerebras_deploy import __version__
from cerebras_deploy.api.har import entry, without_bodies
from cerebras_deploy.api.message import Answer, Ask, Request
from cerebras_deploy.errors import CallError, Interrupted, invalid_input
from cerebras_deploy.text import Redactor, plain
from cerebras_deploy.workspace import parts_inside

MOST = 20_000_000  # bytes of the file
FIRST, LAST = 100, 200  # calls that stay when it is full
_HEAD = b'{"log": {"version": "1.2", "creator": {"name": "cerebras-deploy-action", "version": "%s"}, "entries": [\n'
_TAIL = b"\n]}}\n"
INFERENCE = "/v1/chat/completions"


class OpenFile(NamedTuple):
    """A file that was created, and its descriptor."""

    path: Path
    descriptor: int


def open_file(path: str, workspace: str) -> OpenFile:
    """Create the file in the workspace.

    Missing folders are made, owned as the workspace is. Raises a `Stop` for invalid input if the file is there already,
    or if its path leads out of the workspace or over a link.
    """
    root, parts = Path(workspace), parts_inside(path, workspace)
    try:
        if not parts:
            raise ValueError("it is not inside the workspace")  # noqa: TRY301 - as all that is wrong with it
        return OpenFile(root.joinpath(*parts), _create(root, parts))
    except (OSError, ValueError) as error:
        why = "it already exists" if isinstance(error, FileExistsError) else str(error)
        reason = f"`trace`: can't write `{plain(path, 80)}`: {plain(why, 200)}"
        problem = f"{reason}. Set a new file inside the workspace, with no symbolic link in its path."
        raise invalid_input(problem) from error


def _create(root: Path, parts: Sequence[str]) -> int:
    owner = root.stat()
    folder = root
    for part in parts[:-1]:
        folder = folder / part
        if folder.is_symlink():
            raise ValueError(f"{part} is a symbolic link")
        if not folder.exists():
            folder.mkdir()
            os.chown(folder, owner.st_uid, owner.st_gid)
    return _create_file(folder / parts[-1], owner)


def _create_file(path: Path, owner: os.stat_result) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    os.fchown(file, owner.st_uid, owner.st_gid)
    return file


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
        """Send a request, and record what came of it."""
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
        new = _create_file(part, os.fstat(self.file.descriptor))
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
