"""What the remote has: its branches and tags, and which releases its moving tags are at."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from release.failure import NotReady
from release.source import TAG, major, numbers

MOVING = re.compile(r"refs/tags/(v\d+)")


def git(root: Path, *arguments: str, put: str = "", **env: str) -> str:
    """Call git there, and give what it prints, without the last line break."""
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, check=True, input=put, stdout=subprocess.PIPE, text=True, env=os.environ | env)
    return done.stdout.removesuffix("\n")


@dataclass(frozen=True)
class Ref:
    """A branch or tag: the object that it names, and the commit that this leads to; an annotated tag is between."""

    itself: str
    commit: str


Refs = dict[str, Ref]


def remote_refs(root: Path) -> Refs:
    """Return each branch and tag of the remote, by its full name."""
    lines = (line.split("\t") for line in git(root, "ls-remote", "origin").splitlines())
    listed = {ref: found for found, ref in lines}
    return {ref: Ref(found, listed.get(f"{ref}^{{}}", found)) for ref, found in listed.items() if "^" not in ref}


def exact_at(refs: Refs, moving: str) -> str:
    """Return the exact tag of the same major that a moving tag is at; empty if it is at none, or is not there."""
    at = refs.get(f"refs/tags/{moving}")
    tags = [ref.removeprefix("refs/tags/") for ref, one in refs.items() if at and one.commit == at.commit]
    return max((tag for tag in tags if TAG.fullmatch(tag) and major(tag) == moving), key=numbers, default="")


def released(refs: Refs, moving: str) -> str:
    """Return the release that a moving tag is at; empty if there is no such tag yet.

    Only those have been tried and published for sure. Tags of other majors are of no account.
    """
    exact = exact_at(refs, moving)
    if not exact and f"refs/tags/{moving}" in refs:
        raise NotReady(f"{moving} is at no release: somebody moved it. Move it back to the newest of that major.")
    return exact


def newest(refs: Refs) -> str:
    """Return the newest of the releases that moving tags are at; empty if there is none."""
    moving = [found[1] for ref in refs if (found := MOVING.fullmatch(ref))]
    return max((exact for tag in moving if (exact := exact_at(refs, tag))), key=numbers, default="")
