"""The directories that the runner makes for a job, and the files for each of its steps."""

import json
import os
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.environment import COMMAND_FILES, HostPaths
from runner.files import FileError

RUNNER_UID = 1001  # on GitHub's own machines; the container's root is somebody else

_EVENT = {"ref": "refs/heads/main", "repository": {"full_name": "octo-org/octo-repo"}}


@dataclass(frozen=True)
class JobFolder:
    """A job's place on the runner's host. Its steps share home and workspace, and see each other's files."""

    root: Path

    @property
    def workspace(self) -> Path:
        """GITHUB_WORKSPACE: where a checkout would be."""
        return self.root / "octo-repo" / "octo-repo"

    @property
    def temp(self) -> Path:
        """RUNNER_TEMP."""
        return self.root / "_temp"

    @property
    def home(self) -> Path:
        """HOME of the job's container actions."""
        return self.temp / "_github_home"

    def new_step(self, event: Mapping[str, Any] | None = None) -> HostPaths:
        """Make what is missing of the directories, event.json, and empty files for one more step."""
        host = HostPaths(self.temp, self.workspace, str(uuid.uuid4()))
        directories = (
            host.home,
            host.workflow,
            host.file_commands,
            host.workspace,
            host.workspace.parent,
            host.temp,
        )
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)
            _hand_over(directory, 0o755)
        _write(host.workflow / "event.json", json.dumps(event or _EVENT, indent=2))
        for name in COMMAND_FILES:
            _write(host.command_file(name), "")
        return host


def read_as_runner(path: Path) -> bytes:
    """Read a command file when the step is over; one that is gone counts as empty.

    A file that the container replaced by one for root alone is out of the runner's reach.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and (status.st_uid == _runner_uid() or status.st_mode & stat.S_IROTH):
            return path.read_bytes()
    except FileNotFoundError:
        return b""
    raise FileError(f"Access to the path '{path}' is denied.")


def _runner_uid() -> int:
    return RUNNER_UID if os.geteuid() == 0 else os.geteuid()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _hand_over(path, 0o644)


def _hand_over(path: Path, mode: int) -> None:
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, RUNNER_UID, RUNNER_UID)
