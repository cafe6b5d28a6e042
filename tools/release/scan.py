"""What is known by now about the released images: an open issue hears of what a new build would fix, once.

`GH_TOKEN` and `GH_REPO` tell gh where. The issue is known by its label, which only people with a say here can give,
and by its author. What others write under it hides nothing.
"""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from release.layout import PLATFORMS

LABEL = "released-image"
TITLE = "Vulnerabilities in the released images"
HEAD = f"| id | package | image | installed | fixed in | severity | platforms |\n|{' --- |' * 7}"
MOST = 200  # rows at once, of what GitHub takes in one text (65,536 characters); the next scan tells of the rest


@dataclass(frozen=True, order=True)
class Finding:
    """What the scanner found in one image: something known about a package, which a newer version of that has not."""

    known_as: str
    package: str
    image: str
    installed: str
    fixed_in: str
    severity: str

    @property
    def told_by(self) -> str:
        """How a text begins the row that tells of it, on whatever platform, and of whatever version."""
        return f"| {self.known_as} | {self.package} | {self.image} |"

    def row(self, platforms: Iterable[str]) -> str:
        """Return the row of a table."""
        return f"{self.told_by} {self.installed} | {self.fixed_in} | {self.severity} | {', '.join(platforms)} |"


def read(image: str, report: str) -> set[Finding]:
    """Read the scanner's report (`grype --output json`) on one image."""
    return {
        Finding(
            match["vulnerability"]["id"],
            match["artifact"]["name"],
            image,
            match["artifact"]["version"],
            ", ".join(match["vulnerability"]["fix"]["versions"]),
            match["vulnerability"]["severity"],
        )
        for match in json.loads(report)["matches"]
    }


def look(images: dict[str, str], scanner: str) -> dict[Finding, list[str]]:
    """Scan each image on each platform; returns what was found, and on which platforms."""
    found: defaultdict[Finding, list[str]] = defaultdict(list)
    for image, reference in images.items():
        for platform in PLATFORMS:
            print(f"{reference}, {platform}", flush=True)
            options = ["--platform", platform, "--only-fixed", "--output", "json"]
            command = ["docker", "run", "--rm", scanner, f"registry:{reference}", *options]
            report = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            for one in read(image, report):
                found[one].append(platform)
    return dict(sorted(found.items()))


def _gh(*arguments: str, put: str = "") -> str:
    return subprocess.run(["gh", *arguments], check=True, input=put, stdout=subprocess.PIPE, text=True).stdout


def _open_issue() -> tuple[str, str]:
    """Return the number of the open issue, and all that was told there; both empty if there is none."""
    which = ["--state", "open", "--label", LABEL, "--app", "github-actions", "--limit", "1"]
    for issue in json.loads(_gh("issue", "list", *which, "--json", "number,body,comments")):
        told = [issue["body"], *(one["body"] for one in issue["comments"] if one["viewerDidAuthor"])]
        return str(issue["number"]), "\n".join(told)
    return "", ""


def tell(found: dict[Finding, list[str]], images: dict[str, str]) -> None:
    """Open an issue on what was found, or add to the open one what that does not have."""
    number, told = _open_issue()
    rows = [one.row(platforms) for one, platforms in found.items() if one.told_by not in told]
    print(f"{len(found)} found, {len(rows)} of them new", *rows, sep="\n")
    if not rows:
        return
    named = "\n".join(f"- {image}: `{reference}`" for image, reference in images.items())
    text = "\n".join([f"A new build would fix this. Release a new patch version.\n\n{named}\n", HEAD, *rows[:MOST]])
    if number:
        _gh("issue", "comment", number, "--body-file", "-", put=text)
    else:
        _gh("label", "create", LABEL, "--force", "--description", "A new build of the images would fix it")
        _gh("issue", "create", "--title", TITLE, "--label", LABEL, "--body-file", "-", put=text)


def scan(images: dict[str, str], scanner: str) -> None:
    """Scan the released images, and tell of what is new. There may be no release yet."""
    if images:
        tell(look(images, scanner), images)
