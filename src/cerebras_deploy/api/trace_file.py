"""The file that a trace is written to: a new one in the workspace. Text from outside names it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cerebras_deploy.errors import invalid_input
from cerebras_deploy.text import plain
from cerebras_deploy.workspace import parts_inside


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
    return create_file(folder / parts[-1], owner)


def create_file(path: Path, owner: os.stat_result) -> int:
    """Create a file with that owner, and return its descriptor. Raises an `OSError` if there is one already."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    os.fchown(file, owner.st_uid, owner.st_gid)
    return file
