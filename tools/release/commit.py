"""The commit of a release: its source with the image in action.yml, and without workflows.

GitHub lets a workflow's token push no ref whose `.github/workflows` are new to it. So a release has none of them.
"""

import re
import tempfile
from pathlib import Path

from release.failure import NotReady
from release.refs import git

IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
BUILT_HERE = re.compile(r"^  image: Dockerfile$", re.MULTILINE)
WORKFLOWS = ".github/workflows"
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
AS_BOT = {f"GIT_{role}_NAME": BOT[0] for role in ("AUTHOR", "COMMITTER")} | {
    f"GIT_{role}_EMAIL": BOT[1] for role in ("AUTHOR", "COMMITTER")
}


def pinned(action: str, image: str) -> str:
    """Return action.yml with that image, by digest, in place of the Dockerfile: one line differs."""
    if not IMAGE.fullmatch(image):
        raise NotReady(f"{image!r} is not a lowercase image name with a sha256 digest")
    if len(BUILT_HERE.findall(action)) != 1:
        raise NotReady("action.yml needs exactly one line '  image: Dockerfile'")
    return BUILT_HERE.sub(f"  image: docker://{image}", action)


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


def write(root: Path, tree: str, parents: list[str], subject: str) -> str:
    """Write a commit of that tree, by GitHub's bot; returns it."""
    flags = [word for parent in parents for word in ("-p", parent)]
    return git(root, "commit-tree", tree, *flags, "-m", subject, **AS_BOT)
