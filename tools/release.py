"""What a release does without GitHub's help. `.github/workflows/release.yml` and `make release-dry-run` call this.

Of the standard library alone, since the workflow's last job, which may write, shall install nothing.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
BUILT_HERE = re.compile(r"^  image: Dockerfile$", re.MULTILINE)
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


class NotReady(Exception):
    """Why there is no release to be made of this."""


def numbers(tag: str) -> tuple[int, ...]:
    """Return the numbers of an exact tag."""
    if not (match := TAG.fullmatch(tag)):
        raise NotReady(f"{tag!r} is not a tag like v1.2.3")
    return tuple(map(int, match.groups()))


def source_version(root: Path) -> str:
    """Return the version that the package says it is."""
    text = (root / "src/cerebras_deploy/__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return match[1] if match else ""


def section(root: Path, name: str) -> str:
    """Return what the changelog has under the heading: `## 1.2.3`, with a date behind it or not."""
    parts = re.split(r"^## ", (root / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = [text.strip() for head, _, text in (part.partition("\n") for part in parts) if head.split()[:1] == [name]]
    if len(found) != 1 or not found[0]:
        raise NotReady(f"CHANGELOG.md needs one section «## {name}» with something in it")
    return found[0]


def check(root: Path, tag: str) -> str:
    """Return the release's notes, if all that names the version names this one."""
    version = ".".join(map(str, numbers(tag)))
    if (found := source_version(root)) != version:
        raise NotReady(f"the tag is {tag}, but src/cerebras_deploy/__init__.py says {found!r}")
    return section(root, version)


def pinned(action: str, image: str) -> str:
    """Return action.yml with that image, by digest, in place of the Dockerfile: one line differs."""
    if not IMAGE.fullmatch(image):
        raise NotReady(f"{image!r} is not a lowercase image name with a sha256 digest")
    if len(BUILT_HERE.findall(action)) != 1:
        raise NotReady("action.yml needs exactly one line «  image: Dockerfile»")
    return BUILT_HERE.sub(f"  image: docker://{image}", action)


def git(root: Path, *arguments: str) -> str:
    """Call git there, and give what it prints."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def publish(root: Path, tag: str, image: str) -> str:
    """Commit the pin, and push the exact tag, which must be new, and the moving one; returns the commit.

    Both or neither. The moving tag stays where it is if a newer version of the same major has it.
    """
    release = numbers(tag)
    action = root / "action.yml"
    action.write_text(pinned(action.read_text(encoding="utf-8"), image), encoding="utf-8")
    name, email = BOT
    author = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    git(root, *author, "commit", "--quiet", "--message", f"Release {tag}", "--", "action.yml")
    there = [line.rpartition("/")[2] for line in git(root, "ls-remote", "--refs", "--tags", "origin").splitlines()]
    same_major = [numbers(one) for one in there if TAG.fullmatch(one) and numbers(one)[0] == release[0]]
    moving = [f"+HEAD:refs/tags/v{release[0]}"] if release >= max(same_major, default=release) else []
    git(root, "push", "--quiet", "--atomic", "origin", f"HEAD:refs/tags/{tag}", *moving)
    return git(root, "rev-parse", "HEAD")


def rehearse(root: Path) -> None:
    """Do it all to a clone of what is committed, with a digest of zeros, and print what would be published."""
    tag = f"v{source_version(root)}"
    try:
        notes = check(root, tag)
    except NotReady as reason:
        print(f"not to be tagged yet: {reason}\n")
        notes = section(root, "Unreleased")
    with tempfile.TemporaryDirectory() as folder:
        remote, clone = Path(folder, "remote"), Path(folder, "clone")
        git(root, "clone", "--quiet", "--bare", str(root), str(remote))
        git(root, "clone", "--quiet", str(remote), str(clone))
        publish(clone, tag, f"ghcr.io/owner/repository@sha256:{'0' * 64}")
        print(git(remote, "show", "--format=%an: %s", "--unified=0", tag))
        print(f"\n{git(remote, 'show-ref', '--tags')}")
    print(f"\nNotes of {tag}:\n\n{notes}")


def main() -> str | None:
    """Run the command line; returns why it could not be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "publish"):
        commands.add_parser(name).add_argument("tag")
    commands.choices["publish"].add_argument("image")
    commands.add_parser("dry-run")
    given = parser.parse_args()
    try:
        if given.command == "check":
            print(check(ROOT, given.tag))
        elif given.command == "publish":
            print(publish(ROOT, given.tag, given.image))
        else:
            rehearse(ROOT)
    except NotReady as reason:
        return str(reason)
    except subprocess.CalledProcessError as error:
        return f"git failed: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
