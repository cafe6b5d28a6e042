"""Files of the workspace: text from outside names them, so that a name may lead anywhere."""

import os
import stat
from pathlib import PurePosixPath

from cerebras_deploy.text import plain

MOST = 10_000_000  # bytes


def read_text(path: str, workspace: str) -> str:
    """Return the text of a file in the workspace, without the byte order mark.

    Raises a `ValueError` that says why it cannot be read: it is outside, or over a link, no file, too large, no UTF-8.
    """
    shown = plain(path, 80)
    try:
        return _read(path, workspace).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{shown} is not UTF-8 text: see byte {error.start + 1}") from error
    except FileNotFoundError as error:
        why = "check the path, and that a step before this one checks the repository out"
        raise ValueError(f"{shown} does not exist in the workspace: {why}") from error
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        accepted = "expected a file inside the workspace, without a link on the way, of at most 10 MB"
        raise ValueError(f"{shown} can't be read ({plain(why, 200)}): {accepted}") from error


def parts_inside(path: str, workspace: str) -> tuple[str, ...]:
    """Return the folders on the way to a file of the workspace, and its name; empty if it is not inside."""
    whole = os.path.normpath(os.path.join(workspace, path))  # noqa: PTH118 - pathlib leaves `..` as it is
    parts = PurePosixPath(os.path.relpath(whole, os.path.normpath(workspace))).parts
    return () if parts[:1] == ("..",) or ".." in PurePosixPath(path).parts else parts


def _read(path: str, workspace: str) -> bytes:
    """Read it without following a link: each folder on the way is opened from the one before."""
    parts = parts_inside(path, workspace)
    if not parts:
        raise ValueError("not inside the workspace")
    opened = [os.open(workspace, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for part in parts[:-1]:
            opened.append(os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
        opened.append(os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=opened[-1]))
        if not stat.S_ISREG(os.fstat(opened[-1]).st_mode):
            raise ValueError("not a file")
        with open(opened[-1], "rb", closefd=False) as file:
            content = file.read(MOST + 1)
    finally:
        for one in opened:
            os.close(one)
    if len(content) > MOST:
        raise ValueError("larger than 10 MB")
    return content
