"""What a release needs of the repository's settings: an environment with reviewers. And its page."""

import os
from pathlib import Path
from typing import Any

import pytest

from helpers.rehearsal import program
from release.failure import NotReady
from release.page import publish
from release.settings import check_environment, check_reviewers

REVIEWERS = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "User"}]}
POLICY = {"type": "branch_policy"}


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for gh: a program to be written; what it is asked comes into the file beside it."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "gh"


def test_reviewers_are_enough() -> None:
    check_reviewers({"protection_rules": [POLICY, REVIEWERS]})


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"protection_rules": None},
        {"protection_rules": []},
        {"protection_rules": [POLICY]},
        {"protection_rules": [REVIEWERS | {"reviewers": []}]},
    ],
)
def test_an_environment_that_nobody_has_to_approve_is_told_with_what_to_do(environment: dict[str, Any]) -> None:
    with pytest.raises(NotReady, match=r"has no required reviewers. In Settings > Environments, .* add them"):
        check_reviewers(environment)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("echo '{}'", "has no required reviewers"),
        ("echo '{\"message\": \"Not Found\"}'; echo 'gh: Not Found (HTTP 404)' >&2; exit 1", "There is no environment"),
        ("echo 'gh: Bad Gateway (HTTP 502)' >&2; exit 1", r"cannot be read: gh: Bad Gateway \(HTTP 502\)"),
    ],
)
def test_what_github_says_of_the_environment_is_told(gh: Path, said: str, told: str) -> None:
    program(gh, f'#!/bin/bash\n[[ $* == "api repos/{{owner}}/{{repo}}/environments/release" ]] || exit 9\n{said}\n')

    with pytest.raises(NotReady, match=told):
        check_environment()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("echo true", "Somebody has drafted a page for v1.2.3. Delete that draft"),
        ("echo 'HTTP 502: Bad Gateway' >&2; exit 1", "does not say whether v1.2.3 has a page: HTTP 502"),
    ],
)
def test_a_page_is_made_only_where_there_is_none_for_sure(gh: Path, said: str, told: str) -> None:
    program(gh, f"#!/bin/bash\n[[ $2 == view ]] || exit 9\n{said}\n")

    with pytest.raises(NotReady, match=told):
        publish("v1.2.3", "- New.", latest=True)


def test_a_page_that_is_published_is_left_as_it_is(gh: Path) -> None:
    program(gh, "#!/bin/bash\n[[ $2 == view ]] || exit 9\necho false\n")

    publish("v1.2.3", "- New.", latest=True)
