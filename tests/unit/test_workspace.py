"""Files of the workspace are read, and no others."""

import os
from pathlib import Path

import pytest

from cerebras_deploy.workspace import MOST, parts_inside, read_text


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace beside which there is a secret."""
    root = tmp_path / "workspace"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "file").write_text("inside")
    (tmp_path / "secret").write_text("outside")
    return root


@pytest.mark.parametrize("path", ["folder/file", "./folder/file", "folder//file", "{root}/folder/file"])
def test_a_file_inside_is_read(workspace: Path, path: str) -> None:
    assert read_text(path.format(root=workspace), str(workspace)) == "inside"


def test_a_byte_order_mark_is_no_text(workspace: Path) -> None:
    (workspace / "bom").write_bytes(b"\xef\xbb\xbfx\r\n")

    assert read_text("bom", str(workspace)) == "x\r\n"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../secret", "not inside the workspace"),
        ("folder/../../secret", "not inside the workspace"),
        ("folder/../folder/file", "not inside the workspace"),
        ("{root}/../secret", "not inside the workspace"),
        ("/etc/passwd", "not inside the workspace"),
        (".", "not inside the workspace"),
        ("folder", "not a file"),
        ("folder/file/x", "Not a directory"),
        ("link", "Too many levels of symbolic links"),
        ("to/secret", "Not a directory"),
        ("fifo", "not a file"),
        ("large", "larger than 10 MB"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_no_other_is(workspace: Path, path: str, why: str) -> None:
    (workspace / "link").symlink_to(workspace / "folder" / "file")
    (workspace / "to").symlink_to(workspace.parent)
    os.mkfifo(workspace / "fifo")
    with (workspace / "large").open("wb") as file:
        file.truncate(MOST + 1)

    with pytest.raises(ValueError, match="can't be read") as raised:
        read_text(path.format(root=workspace), str(workspace))

    assert f"({why}" in str(raised.value)
    assert str(raised.value).endswith(
        "expected a file inside the workspace, without a link on the way, of at most 10 MB"
    )


def test_one_as_large_as_allowed_is(workspace: Path) -> None:
    with (workspace / "large").open("wb") as file:
        file.truncate(MOST)

    assert len(read_text("large", str(workspace))) == MOST


def test_one_that_is_missing_gets_a_hint_about_the_checkout(workspace: Path) -> None:
    with pytest.raises(ValueError, match=r"^missing does not exist in the workspace: .* checks the repository out$"):
        read_text("missing", str(workspace))


def test_one_that_is_no_text_is_none(workspace: Path) -> None:
    (workspace / "binary").write_bytes(b"abc\xff")

    with pytest.raises(ValueError, match="binary is not UTF-8 text: see byte 4"):
        read_text("binary", str(workspace))


def test_no_descriptor_stays_open(workspace: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("folder/file", "folder", "missing", "folder/missing"):
        try:
            read_text(path, str(workspace))
        except ValueError:
            continue

    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a.toml", ("a.toml",)),
        ("./a//b/c.har", ("a", "b", "c.har")),
        ("/w/a/b", ("a", "b")),
        ("..", ()),
        ("a/../b", ()),
        ("/etc/passwd", ()),
        ("/w2/a", ()),
        (".", ()),
    ],
)
def test_a_name_leads_to_a_file_inside_or_nowhere(path: str, parts: tuple[str, ...]) -> None:
    assert parts_inside(path, "/w") == parts
