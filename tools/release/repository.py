"""The release in Git: a commit that names the image, on a branch, with an exact tag; and the tag that moves.

GitHub lets a workflow's token push no ref whose `.github/workflows` are new to it. So a release has none of them. The
branch keeps every release reachable, each with the one before it as its first parent, so that the moving tag only
ever goes forward.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from release.failure import NotReady
from release.source import TAG, major, numbers

IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
MOVING = re.compile(r"v\d+")
BUILT_HERE = re.compile(r"^  image: Dockerfile$", re.MULTILINE)
WORKFLOWS = ".github/workflows"
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
AS_BOT = {f"GIT_{role}_NAME": BOT[0] for role in ("AUTHOR", "COMMITTER")} | {
    f"GIT_{role}_EMAIL": BOT[1] for role in ("AUTHOR", "COMMITTER")
}


def git(root: Path, *arguments: str, put: str = "", **env: str) -> str:
    """Call git there, and give what it prints, without the last line break."""
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, check=True, input=put, stdout=subprocess.PIPE, text=True, env=os.environ | env)
    return done.stdout.removesuffix("\n")


def pinned(action: str, image: str) -> str:
    """Return action.yml with that image, by digest, in place of the Dockerfile: one line differs."""
    if not IMAGE.fullmatch(image):
        raise NotReady(f"{image!r} is not a lowercase image name with a sha256 digest")
    if len(BUILT_HERE.findall(action)) != 1:
        raise NotReady("action.yml needs exactly one line '  image: Dockerfile'")
    return BUILT_HERE.sub(f"  image: docker://{image}", action)


def remote_refs(root: Path) -> dict[str, str]:
    """Return the commit of each branch and tag of the remote, by the ref's full name."""
    lines = git(root, "ls-remote", "--refs", "origin").splitlines()
    return {ref: commit for commit, ref in (line.split("\t") for line in lines)}


def check_source(root: Path, tag: str) -> None:
    """Check that what is to be released is on main, and that there is no such release yet."""
    refs = remote_refs(root)
    if f"refs/tags/{tag}" in refs:
        raise NotReady(f"{tag} exists. Re-run the failed jobs of the run that made it, or release the next version.")
    git(root, "fetch", "--quiet", "origin", "refs/heads/main")
    on_main = ("git", "-C", str(root), "merge-base", "--is-ancestor", "HEAD", "FETCH_HEAD")
    if subprocess.run(on_main, check=False).returncode:
        raise NotReady(f"the commit of release/{tag} is not on main. Merge it, and move the tag there.")


def release_tree(root: Path, source: str, image: str) -> str:
    """Write the tree of the release: that of its source, with the image in action.yml, and without workflows."""
    action = pinned(git(root, "show", f"{source}:action.yml") + "\n", image)
    blob = git(root, "hash-object", "-w", "--stdin", put=action)
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        git(root, "read-tree", source, **index)
        git(root, "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", WORKFLOWS, **index)
        git(root, "update-index", "--cacheinfo", f"100644,{blob},action.yml", **index)
        return git(root, "write-tree", **index)


def push_release(root: Path, tag: str, image: str) -> str:
    """Commit what is checked out as a release, and push its branch and its exact tag, both or neither.

    Returns the commit. If the tag exists with the same source and the same tree, that is the release: a run that failed
    after this is run again. Any other commit under that tag is refused.
    """
    refs, source = remote_refs(root), git(root, "rev-parse", "HEAD")
    tree = release_tree(root, source, image)
    if there := refs.get(f"refs/tags/{tag}"):
        return _same_release(root, tag, there, (source, tree))
    branch = f"refs/heads/releases/{major(tag)}"
    parents = [*_last_release(root, refs.get(branch), branch), source]
    flags = [word for parent in parents for word in ("-p", parent)]
    commit = git(root, "commit-tree", tree, *flags, "-m", f"Release {tag}", **AS_BOT)
    git(root, "push", "--quiet", "--atomic", "origin", f"{commit}:{branch}", f"{commit}:refs/tags/{tag}")
    return commit


def _last_release(root: Path, commit: str | None, branch: str) -> list[str]:
    if not commit:
        return []
    git(root, "fetch", "--quiet", "origin", branch)
    return [commit]


def _same_release(root: Path, tag: str, there: str, wanted: tuple[str, str]) -> str:
    git(root, "fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
    found = git(root, "rev-parse", f"{there}^@").splitlines()[-1:], git(root, "rev-parse", f"{there}^{{tree}}")
    if found != ([wanted[0]], wanted[1]):
        raise NotReady(f"{tag} exists, and is of another source or another image. Release the next version.")
    return there


def published(refs: dict[str, str]) -> dict[str, str]:
    """Return, for each moving tag, the exact tag of the release that it is at.

    Only those have been tried and published for sure. Exact tags of a release that was aborted count for nothing.
    """
    tags = {ref.removeprefix("refs/tags/"): commit for ref, commit in refs.items() if ref.startswith("refs/tags/")}
    exact = {commit: tag for tag, commit in tags.items() if TAG.fullmatch(tag)}
    moving = {tag: commit for tag, commit in tags.items() if MOVING.fullmatch(tag)}
    if lost := [tag for tag, commit in moving.items() if commit not in exact]:
        raise NotReady(f"{lost[0]} is at no release: somebody moved it. Move it back to the newest of that major.")
    return {tag: exact[commit] for tag, commit in moving.items()}


def promote(root: Path, tag: str) -> bool:
    """Move the major's tag to this release, unless it is at a newer one; returns whether it is at this one then.

    It never leaves a release that this one does not descend from, for example that of a later hotfix.
    """
    refs = remote_refs(root)
    now = published(refs).get(major(tag))
    if now == tag:
        return True
    if now and numbers(now) > numbers(tag):
        return False
    moving, seen = f"refs/tags/{major(tag)}", refs.get(f"refs/tags/{major(tag)}", "")
    git(root, "fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
    if seen and seen not in git(root, "rev-list", refs[f"refs/tags/{tag}"]).splitlines():
        raise NotReady(f"{major(tag)} is at {now}, which was released after {tag} was begun. Release the next version.")
    lease = f"--force-with-lease={moving}:{seen}"
    git(root, "push", "--quiet", lease, "origin", f"{refs[f'refs/tags/{tag}']}:{moving}")
    return True


def released_image(root: Path) -> str:
    """Return the image that the newest release names in its action.yml; empty if there is no release."""
    refs = remote_refs(root)
    if not (tags := published(refs).values()):
        return ""
    tag = f"refs/tags/{max(tags, key=numbers)}"
    git(root, "fetch", "--quiet", "--no-tags", "origin", tag)
    return git(root, "show", f"{refs[tag]}:action.yml").partition("  image: docker://")[2].split()[0]


def is_latest(root: Path, tag: str) -> bool:
    """Return whether this is the release to show first: the published one of the newest major."""
    return max(published(remote_refs(root)).values(), key=numbers) == tag
