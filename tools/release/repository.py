"""The release at the remote: a candidate to be tried, then a branch with an exact tag, then the tag that moves.

The branch keeps every release reachable, each with the one before it as its first parent, so that the moving tag only
ever goes forward.
"""

import subprocess
from pathlib import Path

from release.commit import release_tree, write
from release.failure import NotReady
from release.refs import MOVING, Refs, git, newest, released, remote_refs
from release.source import major, numbers


def check_source(root: Path, tag: str) -> None:
    """Check that what is to be released is on main, that there is no such release yet, and that v1 is at one."""
    refs = remote_refs(root)
    if f"refs/tags/{tag}" in refs:
        raise NotReady(f"{tag} exists. Re-run the failed jobs of the run that made it, or release the next version.")
    released(refs, major(tag))
    git(root, "fetch", "--quiet", "origin", "refs/heads/main")
    on_main = ("git", "-C", str(root), "merge-base", "--is-ancestor", "HEAD", "FETCH_HEAD")
    if subprocess.run(on_main, check=False).returncode:
        raise NotReady(f"the commit of release/{tag} is not on main. Merge it, and move the tag there.")


def _candidate(tag: str) -> str:
    return f"refs/heads/candidates/{tag}"


def push_candidate(root: Path, tag: str, image: str) -> str:
    """Push the tree that is to be released on a branch of its own, so that it can be tried; returns the commit.

    No tag and no branch of a release changes, so a trial that fails has not used up the version.
    """
    source = git(root, "rev-parse", "HEAD")
    commit = write(root, release_tree(root, source, image), [source], f"Candidate for {tag}")
    git(root, "push", "--quiet", "--force", "origin", f"{commit}:{_candidate(tag)}")
    return commit


def drop_candidate(root: Path, tag: str) -> None:
    """Delete the candidate's branch, if it is there."""
    if _candidate(tag) in remote_refs(root):
        git(root, "push", "--quiet", "--delete", "origin", _candidate(tag))


def push_release(root: Path, tag: str, image: str) -> str:
    """Commit what is checked out as a release, and push its branch and its exact tag, both or neither.

    Returns the commit. Its tree is that of the candidate. If the tag exists with the same source and the same tree,
    that is the release: a run that failed after this is run again. Any other commit under that tag is refused.
    """
    refs, source = remote_refs(root), git(root, "rev-parse", "HEAD")
    tree = release_tree(root, source, image)
    if there := refs.get(f"refs/tags/{tag}"):
        return _same_release(root, tag, there.commit, (source, tree))
    branch = f"refs/heads/releases/{major(tag)}"
    commit = write(root, tree, [*_fetched(root, refs, branch), source], f"Release {tag}")
    git(root, "push", "--quiet", "--atomic", "origin", f"{commit}:{branch}", f"{commit}:refs/tags/{tag}")
    return commit


def _fetched(root: Path, refs: Refs, ref: str) -> list[str]:
    """Fetch a branch or tag; returns its commit, or nothing if it is not there."""
    if ref not in refs:
        return []
    git(root, "fetch", "--quiet", "--no-tags", "origin", ref)
    return [refs[ref].commit]


def _same_release(root: Path, tag: str, there: str, wanted: tuple[str, str]) -> str:
    git(root, "fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
    found = git(root, "rev-parse", f"{there}^@").splitlines()[-1:], git(root, "rev-parse", f"{there}^{{tree}}")
    if found != ([wanted[0]], wanted[1]):
        raise NotReady(f"{tag} exists, and is of another source or another image. Release the next version.")
    return there


def leads(root: Path, tag: str) -> bool:
    """Return whether the major's tag is to be at this release, rather than stay at a newer one.

    It never leaves a release that this one does not descend from, for example that of a later hotfix. A release whose
    tag is not pushed yet will descend from what is on the branch.
    """
    refs, moving = remote_refs(root), major(tag)
    now = released(refs, moving)
    if not now or numbers(now) > numbers(tag):
        return not now
    below = _fetched(root, refs, f"refs/tags/{tag}") or _fetched(root, refs, f"refs/heads/releases/{moving}")
    if refs[f"refs/tags/{moving}"].commit not in git(root, "rev-list", *below).splitlines():
        raise NotReady(f"{moving} is at {now}, which was released after {tag} was begun. Release the next version.")
    return True


def promote(root: Path, tag: str) -> None:
    """Move the major's tag to this release, which leads; unless somebody else moves it at the same time."""
    refs, moving = remote_refs(root), f"refs/tags/{major(tag)}"
    (commit,) = _fetched(root, refs, f"refs/tags/{tag}")
    now = refs.get(moving)
    if not now or now.commit != commit:
        lease = f"--force-with-lease={moving}:{now.itself if now else ''}"
        git(root, "push", "--quiet", lease, "origin", f"{commit}:{moving}")


def is_latest(root: Path, tag: str) -> bool:
    """Return whether this is the release to show first: none that is published is newer."""
    now = newest(remote_refs(root))
    return not now or numbers(now) <= numbers(tag)


def released_images(root: Path) -> dict[str, str]:
    """Return the images of the newest release, by what they are; none if there is no release.

    The action's is what its action.yml names; the simulator's has the release's version as its tag.
    """
    refs = remote_refs(root)
    if not (tag := newest(refs)):
        if lost := sorted(filter(MOVING.fullmatch, refs)):
            released(refs, lost[0].removeprefix("refs/tags/"))
        return {}
    (commit,) = _fetched(root, refs, f"refs/tags/{tag}")
    image = git(root, "show", f"{commit}:action.yml").partition("  image: docker://")[2].split()[0]
    return {"action": image, "simulator": f"{image.partition('@')[0]}-simulator:{tag[1:]}"}
