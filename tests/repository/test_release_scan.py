"""The weekly scan: each image on each platform, and one open issue that hears of each finding once."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from helpers.rehearsal import program
from release.scan import LABEL, MOST, scan

pytestmark = pytest.mark.long

IMAGES = {"action": "ghcr.io/my-org/a@sha256:0a", "simulator": "ghcr.io/my-org/a-simulator:1.2.3"}

# Says, as grype does, what a file has for that image on that platform.
DOCKER = """#!/usr/bin/env python3
import json, os, pathlib, sys
*run, scanner, image, _, platform, only_fixed, _, form = sys.argv[1:]
assert (run, scanner, only_fixed, form) == (["run", "--rm"], "grype", "--only-fixed", "json")
known = json.loads(pathlib.Path(os.environ["KNOWN"]).read_text())
print(json.dumps({"matches": known[image.removeprefix("registry:") + " " + platform]}))
"""

# Issues in a file: as gh lists them, those that are open, have the label, and are by the app that asks.
GH = """#!/usr/bin/env python3
import json, os, pathlib, sys
store = pathlib.Path(os.environ["ISSUES"])
issues = json.loads(store.read_text())
match sys.argv[1:]:
    case ["issue", "list", "--state", state, "--label", label, "--app", app, "--limit", "1", "--json", fields]:
        assert fields == "number,body,comments"
        wanted = (state, label, app)
        print(json.dumps([one for one in issues if (one["state"], one["label"], one["app"]) == wanted][:1]))
    case ["label", "create", label, "--force", "--description", _]:
        pass
    case ["issue", "create", "--title", title, "--label", label, "--body-file", "-"]:
        new = {"number": len(issues) + 1, "state": "open", "label": label, "app": "github-actions", "title": title}
        issues.append(new | {"body": sys.stdin.read(), "comments": []})
    case ["issue", "comment", number, "--body-file", "-"]:
        issues[int(number) - 1]["comments"].append({"body": sys.stdin.read(), "viewerDidAuthor": True})
    case other:
        sys.exit(f"unknown: {other}")
store.write_text(json.dumps(issues))
"""


def found(known_as: str, package: str, installed: str = "1.0") -> dict[str, Any]:
    fix = {"state": "fixed", "versions": ["1.1", "2.0"]}
    vulnerability = {"id": known_as, "severity": "High", "fix": fix}
    return {"vulnerability": vulnerability, "artifact": {"name": package, "version": installed}}


class Place:
    """What is known of the images, and the issues."""

    def __init__(self, folder: Path) -> None:
        self.known_file, self.issues_file = folder / "known.json", folder / "issues.json"
        self.issues_file.write_text("[]")
        self.know()

    def know(self, action: Any = (), simulator: Any = (), arm: Any = ()) -> None:
        """Set what is known of the action's image, the simulator's, and the action's on arm64 besides."""
        of = {"action linux/amd64": action, "action linux/arm64": [*action, *arm]}
        of |= {f"simulator {platform}": simulator for platform in ("linux/amd64", "linux/arm64")}
        known = {f"{IMAGES[name.split()[0]]} {name.split()[1]}": list(matches) for name, matches in of.items()}
        self.known_file.write_text(json.dumps(known))

    @property
    def issues(self) -> list[dict[str, Any]]:
        issues: list[dict[str, Any]] = json.loads(self.issues_file.read_text())
        return issues

    def change(self, **fields: Any) -> None:
        """Change the first issue."""
        first, *others = self.issues
        self.issues_file.write_text(json.dumps([first | fields, *others]))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    program(tmp_path / "docker", DOCKER)
    program(tmp_path / "gh", GH)
    place = Place(tmp_path)
    for name, text in {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "KNOWN": str(place.known_file),
        "ISSUES": str(place.issues_file),
    }.items():
        monkeypatch.setenv(name, text)
    return place


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| id", "| ---"))]


def test_nothing_known_opens_nothing_and_no_release_scans_nothing(place: Place) -> None:
    scan(IMAGES, "grype")
    place.know(action=[found("CVE-1", "zlib1g")])
    scan({}, "grype")

    assert place.issues == []


def test_both_images_are_scanned_on_both_platforms(place: Place) -> None:
    place.know(action=[found("CVE-1", "zlib1g")], simulator=[found("CVE-1", "zlib1g")], arm=[found("CVE-2", "libc6")])

    scan(IMAGES, "grype")

    (issue,) = place.issues
    assert (issue["label"], issue["title"]) == (LABEL, "Vulnerabilities in the released images")
    assert rows(issue["body"]) == [
        "| CVE-1 | zlib1g | action | 1.0 | 1.1, 2.0 | High | linux/amd64, linux/arm64 |",
        "| CVE-1 | zlib1g | simulator | 1.0 | 1.1, 2.0 | High | linux/amd64, linux/arm64 |",
        "| CVE-2 | libc6 | action | 1.0 | 1.1, 2.0 | High | linux/arm64 |",
    ]
    assert [image for image in IMAGES.values() if image not in issue["body"]] == []


def test_an_open_issue_hears_of_what_is_new_and_of_that_alone(place: Place) -> None:
    first = [found("CVE-1", "zlib1g")]
    for known in (first, first, [*first, found("CVE-2", "zlib1g")], [*first, found("CVE-2", "zlib1g")]):
        place.know(action=known)
        scan(IMAGES, "grype")

    (issue,) = place.issues
    assert [len(rows(issue["body"])), *(len(rows(one["body"])) for one in issue["comments"])] == [1, 1]
    assert rows(issue["comments"][0]["body"])[0].startswith("| CVE-2 | zlib1g | action |")


@pytest.mark.parametrize("other", [{"state": "closed"}, {"label": "question"}, {"app": "somebody"}])
def test_another_issue_of_that_title_does_not_silence_it(place: Place, other: dict[str, str]) -> None:
    place.know(action=[found("CVE-1", "zlib1g")])
    scan(IMAGES, "grype")
    place.change(**other)

    scan(IMAGES, "grype")

    assert [len(rows(issue["body"])) for issue in place.issues] == [1, 1]


def test_what_others_write_under_it_does_not_silence_it(place: Place) -> None:
    place.know(action=[found("CVE-1", "zlib1g")])
    scan(IMAGES, "grype")
    place.change(comments=[{"body": "| CVE-2 | zlib1g | action |", "viewerDidAuthor": False}])
    place.know(action=[found("CVE-1", "zlib1g"), found("CVE-2", "zlib1g")])

    scan(IMAGES, "grype")

    assert len(place.issues[0]["comments"]) == 2


def test_more_than_a_text_takes_is_told_over_time(place: Place) -> None:
    place.know(action=[found(f"CVE-{number}", "zlib1g") for number in range(MOST + 5)])
    for _ in range(3):
        scan(IMAGES, "grype")

    (issue,) = place.issues
    assert [len(rows(issue["body"])), *(len(rows(one["body"])) for one in issue["comments"])] == [MOST, 5]


def test_a_scan_that_fails_is_not_taken_for_one_that_finds_nothing(place: Place) -> None:
    place.known_file.write_text("{}")

    with pytest.raises(subprocess.CalledProcessError):
        scan(IMAGES, "grype")
