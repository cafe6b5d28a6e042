"""The command line: one command for each step of `.github/workflows/release.yml`."""

import argparse
import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from release import layout, page, registry, repository, scan, settings, source, trial
from release.failure import NotReady
from release.refs import git
from release.source import ROOT


def check(tag: str) -> None:
    """Check that source, documents, changelog and tag agree, and that the commit may be released, with an approval."""
    print(source.check(ROOT, tag))
    repository.check_source(ROOT, tag)
    settings.check_environment()


def join(out: str, *layouts: str) -> None:
    """Join layouts of one platform each; print the digest."""
    print(layout.join([Path(one) for one in layouts], Path(out)))


def finish(tag: str, image: str, simulator: str) -> None:
    """Make the release of what has been tried: its commit and tags, its page, and last what moves to it.

    Each part is taken as it is if it is there, so that all of it can be run again. v1 moves only to what is published.
    """
    changes = source.check(ROOT, tag)
    leads = repository.leads(ROOT, tag)
    commit = repository.push_release(ROOT, tag, image)
    for one in (image, simulator):
        registry.retag(one, tag[1:])
    page.publish(tag, page.notes(changes, commit, image, simulator), latest=repository.is_latest(ROOT, tag))
    if leads:
        repository.promote(ROOT, tag)
        registry.retag(simulator, source.major(tag)[1:])
    repository.drop_candidate(ROOT, tag)
    print(commit)


def _scratch(folder: Path) -> tuple[Path, Path]:
    remote, clone = folder / "remote", folder / "clone"
    git(folder, "init", "--quiet", "--bare", str(remote))
    git(remote, "config", "receive.shallowUpdate", "true")  # CI checks out one commit
    git(folder, "clone", "--quiet", "--no-tags", str(ROOT), str(clone))
    git(clone, "remote", "set-url", "origin", str(remote))
    return remote, clone


EXAMPLE = f"ghcr.io/owner/repository@sha256:{'0' * 64}"


def dry_run(image: str = EXAMPLE, simulator: str = EXAMPLE.replace("@", "-simulator@")) -> None:
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
        print(git(remote, "show", "--format=%an: %s", "--unified=0", "--irreversible-delete", tag))
        print(f"\n{git(remote, 'show-ref')}")
    print(f"\nNotes of {tag}:\n\n{page.notes(notes, commit, image, simulator)}")


COMMANDS: dict[str, Callable[..., None]] = {
    "check": check,
    "scan": lambda: scan.scan(repository.released_images(ROOT), source.pinned_image(ROOT, "scanner")),
    "version": lambda: print(source.source_version(ROOT)),
    "image": lambda name: print(source.pinned_image(ROOT, name)),
    "join": join,
    "load": lambda folder, name: registry.load(Path(folder), name),
    "push": lambda folder, reference: registry.push(Path(folder), reference),
    "start": registry.start,
    "pull": registry.pull,
    "pin": lambda folder, image: trial.pin(Path(folder), image),
    "candidate": lambda tag, image: print(repository.push_candidate(ROOT, tag, image)),
    "trial": lambda folder, uses, url: trial.write(Path(folder), uses, url),
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
