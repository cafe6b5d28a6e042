"""The release in Git: what is checked before it, its commit, its branch, its tags. tests/image rehearses the whole."""

import difflib
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from helpers.repository import ROOT
from release.commit import pinned
from release.failure import NotReady
from release.refs import git
from release.repository import (
    check_source,
    drop_candidate,
    is_latest,
    leads,
    promote,
    push_candidate,
    push_release,
    released_images,
)
from release.source import bump, check, check_documents, pinned_image, section, source_version

pytestmark = pytest.mark.long

IMAGE = f"ghcr.io/my-org/my.action@sha256:{'0a' * 32}"
OTHER = f"ghcr.io/my-org/my.action@sha256:{'0b' * 32}"


def commit(tree: Path) -> str:
    git(tree, "add", ".")
    git(tree, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "All")
    return git(tree, "rev-parse", "HEAD")


def tags(tree: Path) -> dict[str, str]:
    lines = (line.split("\t") for line in git(tree, "ls-remote", "--tags", "origin").splitlines())
    return {ref.removeprefix("refs/tags/"): commit for commit, ref in lines}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a clone of a remote with the files that a release looks at, version 1.2.3."""
    remote, clone = tmp_path / "remote", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(clone))
    git(clone, "remote", "add", "origin", str(remote))
    (clone / "src/cerebras_deploy").mkdir(parents=True)
    (clone / "src/cerebras_deploy/__init__.py").write_text('"""Doc."""\n\n__version__ = "1.2.3"\n')
    shutil.copy(ROOT / "action.yml", clone)
    shutil.copytree(ROOT / ".github", clone / ".github")
    (clone / "README.md").write_text("uses: OWNER/deploy-to-cerebras@v1.2.3\n")
    (clone / "examples").mkdir()
    (clone / "docs").mkdir()
    (clone / "docs/simulator.md").write_text("")
    (clone / "examples/one.yml").write_text("uses: OWNER/deploy-to-cerebras@v1.2.3\n")
    (clone / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-02)\n\n- New.\n\n## 1.2.0\n")
    commit(clone)
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


@pytest.mark.parametrize("name", ["README.md", "examples/one.yml"])
def test_another_version_in_what_people_copy_is_refused(tree: Path, name: str) -> None:
    (tree / name).write_text("uses: OWNER/deploy-to-cerebras@v1\n")

    with pytest.raises(NotReady, match=f"{name} uses v1, but the version is 1.2.3"):
        check(tree, "v1.2.3")


def test_our_readme_and_examples_use_the_version_that_comes_next() -> None:
    check_documents(ROOT, source_version(ROOT))


@pytest.mark.parametrize("name", ["1.2.0", "1.2.4", "Unreleased"])
def test_a_section_that_is_empty_or_missing_is_refused(tree: Path, name: str) -> None:
    with pytest.raises(NotReady, match="needs one section"):
        section(tree, name)


def test_a_bump_makes_a_version_that_passes(tree: Path) -> None:
    changelog = tree / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased\n", "## Unreleased\n\n- Newer.\n"))

    bump(tree, "2.0.0", "2026-03-04")

    assert check(tree, "v2.0.0") == "- Newer."
    assert "## Unreleased\n\n## 2.0.0 (2026-03-04)\n\n- Newer.\n\n## 1.2.3" in changelog.read_text()


def test_what_is_not_on_main_is_refused_and_so_is_what_exists(tree: Path) -> None:
    check_source(tree, "v1.2.3")
    (tree / "more").write_text("")
    commit(tree)

    with pytest.raises(NotReady, match=r"release/v1\.2\.3 is not on main"):
        check_source(tree, "v1.2.3")
    git(tree, "push", "--quiet", "origin", "HEAD:main", "HEAD:refs/tags/v1.2.3")
    with pytest.raises(NotReady, match=r"v1\.2\.3 exists"):
        check_source(tree, "v1.2.3")


def test_a_release_is_its_source_with_one_other_line_and_without_workflows(tree: Path) -> None:
    source = git(tree, "rev-parse", "HEAD")

    made = push_release(tree, "v1.2.3", IMAGE)

    assert tags(tree) == {"v1.2.3": made}
    assert git(tree, "ls-remote", "origin", "releases/v1").split()[0] == made
    assert git(tree, "rev-parse", f"{made}^@") == source
    kept = git(tree, "diff", "--numstat", source, made, "--", ".", ":!.github/workflows").split()
    assert kept == ["1", "1", "action.yml"]
    assert git(tree, "ls-tree", made, ".github/") != git(tree, "ls-tree", made, ".github/workflows") == ""
    assert git(tree, "status", "--porcelain") == ""


def test_security_md_says_how_to_compare_a_release_with_its_source(tree: Path) -> None:
    git(tree, "tag", "release/v1.2.3")
    git(tree, "tag", "v1.2.3", push_release(tree, "v1.2.3", IMAGE))
    text = (ROOT / "SECURITY.md").read_text()
    (commands,) = [block for block in text.split("```") if block.startswith("sh\ngit ")]

    said = [
        subprocess.run(["bash", "-c", line], check=True, cwd=tree, capture_output=True, text=True).stdout.split()
        for line in commands.splitlines()[1:]
    ]

    assert said[0] == [git(tree, "rev-parse", "release/v1.2.3")]
    assert said[1] == ["1", "1", "action.yml"]
    assert set(said[2][::2]) == {"D"}


def test_a_release_that_is_there_already_is_taken_as_it_is(tree: Path) -> None:
    made = push_release(tree, "v1.2.3", IMAGE)

    assert push_release(tree, "v1.2.3", IMAGE) == made
    with pytest.raises(NotReady, match="another source or another image"):
        push_release(tree, "v1.2.3", OTHER)
    (tree / "more").write_text("")
    commit(tree)
    with pytest.raises(NotReady, match="another source or another image"):
        push_release(tree, "v1.2.3", IMAGE)
    assert tags(tree) == {"v1.2.3": made}


def published(tree: Path, tag: str) -> tuple[bool, bool]:
    """Finish a release that is pushed, as `release finish` does; returns whether it gets v1, and is the latest."""
    leading, latest = leads(tree, tag), is_latest(tree, tag)
    if leading:
        promote(tree, tag)
    return leading, latest


def by_hand(tree: Path, name: str, to: str, how: str = "--annotate") -> None:
    """Push a tag as people do: `git tag -a`."""
    note = ("--message", "By hand") if how == "--annotate" else ()
    git(tree, "-c", "user.name=a", "-c", "user.email=a@example.com", "tag", "--force", how, *note, name, to)
    git(tree, "push", "--quiet", "--force", "origin", f"refs/tags/{name}")


def test_a_candidate_has_the_tree_of_the_release_and_uses_up_nothing(tree: Path) -> None:
    git(tree, "push", "--quiet", "origin", "HEAD:refs/heads/candidates/v1.2.3")  # of a trial that failed
    (tree / "mended").write_text("")
    commit(tree)
    git(tree, "push", "--quiet", "origin", "HEAD:main")

    tried = push_candidate(tree, "v1.2.3", IMAGE)

    assert tags(tree) == {}
    assert git(tree, "ls-remote", "origin", "candidates/*", "releases/*").split() == [
        tried,
        "refs/heads/candidates/v1.2.3",
    ]
    check_source(tree, "v1.2.3")
    made = push_release(tree, "v1.2.3", IMAGE)
    assert git(tree, "rev-parse", f"{made}^{{tree}}") == git(tree, "rev-parse", f"{tried}^{{tree}}")
    for _ in range(2):  # it may be gone
        drop_candidate(tree, "v1.2.3")
    assert git(tree, "ls-remote", "origin", "candidates/*") == ""


def test_the_moving_tag_goes_forward_only_and_what_was_not_published_does_not_hold_it(tree: Path) -> None:
    made = {
        tag: push_release(tree, tag, IMAGE) for tag in ("v1.9.0", "v1.11.0", "v1.10.0", "v1.9.1", "v2.0.0", "v1.9.2")
    }
    git(tree, "push", "--quiet", "origin", "HEAD:refs/tags/release/v1.12.0")

    moved = {tag: published(tree, tag) for tag in ("v1.9.0", "v1.10.0", "v1.9.1", "v2.0.0", "v1.9.2")}

    assert moved == {
        "v1.9.0": (True, True),
        "v1.10.0": (True, True),
        "v1.9.1": (False, False),
        "v2.0.0": (True, True),
        "v1.9.2": (False, False),
    }
    assert (tags(tree)["v1"], tags(tree)["v2"]) == (made["v1.10.0"], made["v2.0.0"])
    assert published(tree, "v1.10.0") == (True, False)  # once more


def test_the_moving_tag_does_not_leave_a_hotfix_that_was_released_meanwhile(tree: Path) -> None:
    for tag in ("v1.2.0", "v1.3.0"):  # the later one is not finished
        push_release(tree, tag, IMAGE)
    published(tree, "v1.2.0")
    hotfix = push_release(tree, "v1.2.1", IMAGE)
    published(tree, "v1.2.1")

    with pytest.raises(NotReady, match=r"v1 is at v1\.2\.1, which was released after v1\.3\.0 was begun"):
        leads(tree, "v1.3.0")

    assert tags(tree)["v1"] == hotfix
    assert leads(tree, "v1.4.0")  # which will come after the hotfix


@pytest.mark.parametrize("how", ["--annotate", "--no-sign"])
def test_a_moving_tag_that_somebody_moved_is_told_before_anything_is_pushed(tree: Path, how: str) -> None:
    by_hand(tree, "v1", "HEAD", how)

    for asked in (check_source, leads):
        with pytest.raises(NotReady, match="v1 is at no release"):
            asked(tree, "v1.2.3")


@pytest.mark.parametrize("how", ["--annotate", "--no-sign"])
def test_a_stray_tag_of_another_major_stops_no_release(tree: Path, how: str) -> None:
    by_hand(tree, "v2", "HEAD", how)
    check_source(tree, "v1.2.3")

    made = push_release(tree, "v1.2.3", IMAGE)

    assert published(tree, "v1.2.3") == (True, True)
    assert tags(tree)["v1"] == made
    assert released_images(tree)["action"] == IMAGE


def test_a_moving_tag_that_somebody_made_by_hand_at_a_release_counts_as_that(tree: Path) -> None:
    by_hand(tree, "v1", push_release(tree, "v1.2.0", IMAGE))
    by_hand(tree, "v1.2.0", "v1")
    assert published(tree, "v1.1.0") == (False, False)
    made = push_release(tree, "v1.2.3", IMAGE)

    assert published(tree, "v1.2.3") == (True, True)
    assert tags(tree)["v1"] == made


def test_an_exact_tag_of_another_major_is_no_release_of_this_one(tree: Path) -> None:
    by_hand(tree, "v1", push_release(tree, "v2.0.0", IMAGE))

    with pytest.raises(NotReady, match="v1 is at no release"):
        check_source(tree, "v1.2.3")


def test_what_is_scanned_is_what_the_newest_release_names(tree: Path) -> None:
    assert released_images(tree) == {}
    for tag, image in {"v1.2.3": IMAGE, "v1.3.0": OTHER, "v1.4.0": IMAGE}.items():
        push_release(tree, tag, image)
    for tag in ("v1.2.3", "v1.3.0"):
        published(tree, tag)

    assert released_images(tree) == {"action": OTHER, "simulator": "ghcr.io/my-org/my.action-simulator:1.3.0"}


def test_a_scan_does_not_take_a_tag_that_somebody_moved_for_no_release_at_all(tree: Path) -> None:
    by_hand(tree, "v1", "HEAD")

    with pytest.raises(NotReady, match="v1 is at no release"):
        released_images(tree)


def test_an_image_that_is_not_in_the_list_is_told() -> None:
    with pytest.raises(NotReady, match=r"'bases' is none of the images in .*: base, buildkit"):
        pinned_image(ROOT, "bases")
