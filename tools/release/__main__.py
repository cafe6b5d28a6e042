"""The command line: one command for each step of `.github/workflows/release.yml`."""

import argparse
import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from release import layout, page, registry, repository, source, trial
from release.failure import NotReady
from release.source import ROOT


def check(tag: str) -> None:
    """Check that source, documents, changelog and tag agree, and that the commit may be released."""
    print(source.check(ROOT, tag))
    repository.check_source(ROOT, tag)


def join(out: str, *layouts: str) -> None:
    """Join layouts of one platform each; print the digest."""
    print(layout.join([Path(one) for one in layouts], Path(out)))


def publish(tag: str, image: str, simulator: str) -> None:
    """Push the release commit, its branch and its exact tag, and draft the page."""
    changes = source.check(ROOT, tag)
    commit = repository.push_release(ROOT, tag, image)
    page.draft(tag, page.notes(changes, commit, image, simulator))
    print(commit)


def finish(tag: str, simulator: str) -> None:
    """Move the major's tags to a release that has been tried, and publish its page."""
    if repository.promote(ROOT, tag):
        registry.retag(simulator, source.major(tag)[1:])
    page.publish(tag, latest=repository.is_latest(ROOT, tag))


def _scratch(folder: Path) -> tuple[Path, Path]:
    remote, clone = folder / "remote", folder / "clone"
    repository.git(folder, "init", "--quiet", "--bare", str(remote))
    repository.git(remote, "config", "receive.shallowUpdate", "true")  # CI checks out one commit
    repository.git(folder, "clone", "--quiet", "--no-tags", str(ROOT), str(clone))
    repository.git(clone, "remote", "set-url", "origin", str(remote))
    return remote, clone


def dry_run(image: str = f"ghcr.io/owner/repository@sha256:{'0' * 64}") -> None:
    """Release what is committed to an empty remote, and print what that gets, and what the page would say."""
    tag = f"v{source.source_version(ROOT)}"
    try:
        notes = source.check(ROOT, tag)
    except NotReady as reason:
        print(f"Not ready to be tagged: {reason}\n")
        notes = source.section(ROOT, "Unreleased")
    with tempfile.TemporaryDirectory() as folder:
        remote, clone = _scratch(Path(folder))
        commit = repository.push_release(clone, tag, image)
        repository.promote(clone, tag)
        print(repository.git(remote, "show", "--format=%an: %s", "--unified=0", "--irreversible-delete", tag))
        print(f"\n{repository.git(remote, 'show-ref')}")
    print(f"\nNotes of {tag}:\n\n{page.notes(notes, commit, image, 'simulator')}")


COMMANDS: dict[str, Callable[..., None]] = {
    "check": check,
    "released": lambda: print(repository.released_image(ROOT)),
    "version": lambda: print(source.source_version(ROOT)),
    "image": lambda name: print(source.pinned_image(ROOT, name)),
    "join": join,
    "push": lambda folder, name: registry.push(Path(folder), name),
    "start": registry.start,
    "pull": registry.pull,
    "publish": publish,
    "trial": lambda folder, name, tag: trial.write(Path(folder), name, tag),
    "finish": finish,
    "bump": lambda version: source.bump(ROOT, version, f"{datetime.now(UTC):%Y-%m-%d}"),
    "dry-run": dry_run,
}


def main() -> str | None:
    """Run the command line; returns why it could not be done."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs="*")
    given = parser.parse_args()
    try:
        inspect.signature(COMMANDS[given.command]).bind(*given.arguments)
    except TypeError as error:
        parser.error(f"{given.command}: {error}")
    try:
        COMMANDS[given.command](*given.arguments)
    except NotReady as reason:
        return str(reason)
    except subprocess.CalledProcessError as error:
        return f"failed: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
