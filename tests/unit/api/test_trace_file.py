"""The file of `trace` is a new one in the workspace, and nowhere else."""

import os
from pathlib import Path

import pytest

from cerebras_deploy.api.trace_file import open_file
from cerebras_deploy.errors import Stop
from helpers.forged import Forged, stage


@pytest.mark.parametrize("path", ["../out.har", "/etc/out.har", "a/../../out.har", ".", "link/t.har", "there.har"])
def test_it_must_be_new_and_inside_without_a_link(path: str, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "link").symlink_to(tmp_path)
    (workspace / "there.har").touch()

    with pytest.raises(Stop, match=r"[.] Set a new file inside the workspace, with no symbolic link in its path"):
        open_file(path, str(workspace))


def test_missing_folders_are_made(tmp_path: Path) -> None:
    os.close(open_file("a/b/t.har", str(tmp_path)).descriptor)

    assert (tmp_path / "a" / "b" / "t.har").exists()


def test_one_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "t.har").touch()
    api = Forged()

    played = stage(api).play({"trace": "t.har"}, env={"GITHUB_WORKSPACE": str(tmp_path)})

    assert (played.result, api.requests) == ("invalid-input", [])
    assert "it already exists" in played.told
