"""The release: what `.github/workflows/release.yml` calls, on repositories that were made for it."""

import difflib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from release import ROOT, NotReady, check, git, pinned, publish, section

IMAGE = f"ghcr.io/my-org/my.action@sha256:{'0a' * 32}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a clone of a remote with the files that a release looks at, version 1.2.3."""
    remote, clone = tmp_path / "remote", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(tmp_path, "clone", "--quiet", str(remote), str(clone))
    (clone / "src/cerebras_deploy").mkdir(parents=True)
    (clone / "src/cerebras_deploy/__init__.py").write_text('"""Doc."""\n\n__version__ = "1.2.3"\n')
    shutil.copy(ROOT / "action.yml", clone)
    (clone / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-02)\n\n- New.\n\n## 1.2.0\n")
    git(clone, "add", ".")
    git(clone, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "All")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    return clone


def test_the_pin_changes_one_line_of_our_action_yml() -> None:
    before = (ROOT / "action.yml").read_text()

    after = pinned(before, IMAGE)

    changed = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert changed == ["-   image: Dockerfile", f"+   image: docker://{IMAGE}"]
    assert yaml.safe_load(after)["runs"] == {"using": "docker", "image": f"docker://{IMAGE}"}


@pytest.mark.parametrize("action", ["runs:\n  image: docker://x\n", 2 * "runs:\n  image: Dockerfile\n", ""])
def test_an_action_yml_that_does_not_say_dockerfile_once_is_not_pinned(action: str) -> None:
    with pytest.raises(NotReady, match="exactly one line"):
        pinned(action, IMAGE)


@pytest.mark.parametrize(
    "image",
    ["ghcr.io/o/r:v1", f"ghcr.io/O/r@sha256:{'0' * 64}", f"ghcr.io/o/r@sha256:{'0' * 63}", f"{IMAGE}\n  x: y", ""],
)
def test_an_image_that_is_not_named_by_digest_is_not_taken(image: str) -> None:
    with pytest.raises(NotReady, match="not a lowercase image name"):
        pinned("  image: Dockerfile\n", image)


def test_notes_are_the_section_of_that_version(tree: Path) -> None:
    assert check(tree, "v1.2.3") == "- New."


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3-rc1", "v01.2.3", "v1", "release/v1.2.3"])
def test_other_tags_are_refused(tree: Path, tag: str) -> None:
    with pytest.raises(NotReady, match="not a tag like"):
        check(tree, tag)


def test_another_version_in_the_source_is_refused(tree: Path) -> None:
    with pytest.raises(NotReady, match=r"the tag is v1\.2\.4, but src/cerebras_deploy/__init__\.py says '1\.2\.3'"):
        check(tree, "v1.2.4")


@pytest.mark.parametrize("name", ["1.2.0", "1.2.4", "Unreleased"])
def test_a_section_that_is_empty_or_missing_is_refused(tree: Path, name: str) -> None:
    with pytest.raises(NotReady, match="needs one section"):
        section(tree, name)


def test_a_release_is_one_commit_with_both_tags(tree: Path) -> None:
    source = git(tree, "rev-parse", "HEAD")

    commit = publish(tree, "v1.2.3", IMAGE)

    tags = git(tree, "ls-remote", "--tags", "origin").split()
    assert tags == [commit, "refs/tags/v1", commit, "refs/tags/v1.2.3"]  # plain: no tag objects
    assert git(tree, "rev-parse", "HEAD^") == source == git(tree, "ls-remote", "origin", "main").split()[0]
    assert git(tree, "show", "--format=", "--numstat", commit).split() == ["1", "1", "action.yml"]


def test_the_moving_tag_goes_forward_only(tree: Path) -> None:
    source = git(tree, "rev-parse", "HEAD")
    moved = {}
    for tag in ("v1.9.0", "v1.10.0", "v1.9.1", "v2.0.0"):
        git(tree, "checkout", "--quiet", source)
        moved[tag] = publish(tree, tag, IMAGE)

    assert git(tree, "ls-remote", "origin", "refs/tags/v1").split()[0] == moved["v1.10.0"]
    assert git(tree, "ls-remote", "origin", "refs/tags/v2").split()[0] == moved["v2.0.0"]


def test_an_exact_tag_is_never_moved_nor_the_other_with_it(tree: Path) -> None:
    git(tree, "push", "--quiet", "origin", "HEAD:refs/tags/v1.2.3", "HEAD:refs/tags/v1")
    before = git(tree, "ls-remote", "origin")

    with pytest.raises(subprocess.CalledProcessError):
        publish(tree, "v1.2.3", IMAGE)

    assert git(tree, "ls-remote", "origin") == before


def test_the_dry_run_shows_commit_tags_and_notes_and_leaves_the_tree_alone() -> None:
    before = git(ROOT, "show-ref"), (ROOT / "action.yml").read_bytes()

    command = [sys.executable, str(ROOT / "tools/release.py"), "dry-run"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    assert "-  image: Dockerfile\n+  image: docker://ghcr.io/owner/repository@sha256:000" in said
    assert "refs/tags/v" in said
    assert "Notes of v" in said
    assert (git(ROOT, "show-ref"), (ROOT / "action.yml").read_bytes()) == before
