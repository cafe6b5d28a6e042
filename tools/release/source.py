"""What the source says of itself: its version, its notes, the images that it is built with."""

import re
from pathlib import Path

from release.failure import NotReady

ROOT = Path(__file__).parents[2]
TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
USED = re.compile(r"\bdeploy-to-cerebras@(v[\w.]+)")
PINNED = re.compile(r"^FROM (\S+@sha256:[0-9a-f]{64}) AS (\w+)$", re.MULTILINE)


def numbers(tag: str) -> tuple[int, ...]:
    """Return the numbers of an exact tag."""
    if not (match := TAG.fullmatch(tag)):
        raise NotReady(f"{tag!r} is not a tag like v1.2.3")
    return tuple(map(int, match.groups()))


def major(tag: str) -> str:
    """Return the tag that moves to each release of the same major."""
    return f"v{numbers(tag)[0]}"


def source_version(root: Path) -> str:
    """Return the version that the package says it is."""
    match = VERSION.search((root / "src/cerebras_deploy/__init__.py").read_text(encoding="utf-8"))
    return match[1] if match else ""


def section(root: Path, name: str) -> str:
    """Return what the changelog has under the heading: `## 1.2.3`, with a date behind it or not."""
    parts = re.split(r"^## ", (root / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = [text.strip() for head, _, text in (part.partition("\n") for part in parts) if head.split()[:1] == [name]]
    if len(found) != 1 or not found[0]:
        raise NotReady(f"CHANGELOG.md needs one section '## {name}' with something in it")
    return found[0]


def documents(root: Path) -> list[Path]:
    """List the documents that people copy the action's version from."""
    return [root / "README.md", root / "docs/simulator.md", *sorted(root.glob("examples/*.yml"))]


def check_documents(root: Path, version: str) -> None:
    """Check that README and examples use this version and no other."""
    for document in documents(root):
        for used in USED.findall(document.read_text(encoding="utf-8")):
            if used != f"v{version}":
                raise NotReady(f"{document.relative_to(root)} uses {used}, but the version is {version}: make bump")


def check(root: Path, tag: str) -> str:
    """Return the release's notes, if all that names the version names this one."""
    version = ".".join(map(str, numbers(tag)))
    if (found := source_version(root)) != version:
        raise NotReady(f"the tag is {tag}, but src/cerebras_deploy/__init__.py says {found!r}")
    check_documents(root, version)
    return section(root, version)


def bump(root: Path, version: str, today: str) -> None:
    """Write the next version wherever it stands; what the changelog has as unreleased becomes that version's."""
    numbers(f"v{version}")
    changes = {root / "src/cerebras_deploy/__init__.py": (VERSION, f'__version__ = "{version}"')}
    changes |= dict.fromkeys(documents(root), (USED, f"deploy-to-cerebras@v{version}"))
    heading = re.compile(r"^## Unreleased$", re.MULTILINE)
    changes[root / "CHANGELOG.md"] = (heading, f"## Unreleased\n\n## {version} ({today})")
    for file, (old, new) in changes.items():
        file.write_text(old.sub(new, file.read_text(encoding="utf-8")), encoding="utf-8")


def pinned_image(root: Path, name: str) -> str:
    """Return one of the images that a release is built with, by its digest."""
    text = (root / ".github/images/Dockerfile").read_text(encoding="utf-8")
    found: dict[str, str] = {stage: image for image, stage in PINNED.findall(text)}
    if name not in found:
        raise NotReady(f"{name!r} is none of the images in .github/images/Dockerfile: {', '.join(found)}")
    return found[name]
