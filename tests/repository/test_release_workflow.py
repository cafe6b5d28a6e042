"""The release's workflow and its command line: who may write, what is pinned, what a dry run says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.repository import MANIFEST, ROOT
from release import page, trial
from release.failure import NotReady
from release.layout import INDEX, join
from release.refs import git
from release.source import source_version

WORKFLOWS = {file.name: yaml.safe_load(file.read_text()) for file in (ROOT / ".github/workflows").glob("*.yml")}
JOBS: dict[str, Any] = WORKFLOWS["release.yml"]["jobs"]
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", re.MULTILINE)


def release(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "release", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT / "tools")}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env, cwd=ROOT)


def before(job: str) -> set[str]:
    """Name the jobs that have to have succeeded before this one starts."""
    needs = JOBS[job].get("needs", [])
    needed = {needs} if isinstance(needs, str) else set(needs)
    return needed.union(*(before(one) for one in needed))


def names(job: str) -> list[str]:
    return [step.get("name", step.get("uses", step.get("run"))) for step in JOBS[job]["steps"]]


def test_what_writes_comes_after_the_approval() -> None:
    writing = {name for name, job in JOBS.items() if "write" in job["permissions"].values()}

    assert writing == {"image", "candidate", "finish"}
    assert JOBS["image"]["environment"] == "release"
    assert {name for name in writing if name != "image" and "image" not in before(name)} == set()
    assert JOBS["image"]["if"] == "github.event_name == 'push'"  # a rehearsal ends here


def test_whether_somebody_has_to_approve_is_checked_before_anything_is_built() -> None:
    assert JOBS["check"]["permissions"] == {"contents": "read", "actions": "read"}
    assert "check" in before("build")


def test_the_image_is_pulled_without_a_login_before_git_hears_of_it() -> None:
    assert names("candidate")[1:] == [
        "Pull both images as anybody would, without a login",
        "Commit the pin, and push it as a candidate",
    ]
    assert not [step for step in JOBS["candidate"]["steps"] if "login" in step.get("uses", "")]


def test_tags_and_page_come_after_the_trial_and_one_release_at_a_time() -> None:
    assert {"candidate", "trial"} < before("finish")
    assert [name for name, job in JOBS.items() if "release finish" in str(job["steps"])] == ["finish"]
    assert JOBS["finish"]["concurrency"] == {"group": "release-finish", "cancel-in-progress": False, "queue": "max"}
    assert {machine["runner"] for machine in JOBS["build"]["strategy"]["matrix"]["include"]} == set(
        JOBS["trial"]["strategy"]["matrix"]["runner"]
    )


def test_a_release_that_waits_for_its_approval_holds_up_no_other_version() -> None:
    assert WORKFLOWS["release.yml"]["concurrency"] == {
        "group": "release-${{ github.ref }}",
        "cancel-in-progress": False,
        "queue": "max",
    }
    assert [name for name, job in JOBS.items() if "concurrency" in job] == ["finish"]


def test_the_images_that_are_tested_are_those_that_are_handed_on() -> None:
    steps = [
        "Build the action's image with its SBOM and provenance",
        "Build the simulator, a service container for rehearsals",
        "Test these very images, as the runner runs them",
    ]
    assert [name for name in names("build") if name in steps] == steps
    (test,) = (step["run"] for step in JOBS["build"]["steps"] if step.get("name") == steps[2])
    written = [step["with"]["outputs"] for step in JOBS["build"]["steps"] if "outputs" in step.get("with", {})]
    assert re.findall(r'release load "(\S+?)/\$ARCHITECTURE"', test) == [
        place.removeprefix("type=oci,dest=").partition("/$")[0] for place in written
    ]
    assert "make test-image BUILT=1" in test
    said = subprocess.run(["make", "-n", "test-image", "BUILT=1"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "docker build" not in said.stdout


def test_a_rehearsal_tries_the_action_as_the_release_will_have_it() -> None:
    deploy, check = (names("join").index(name) for name in ("Deploy to the simulator", "Check the result"))

    assert deploy + 1 == check
    assert before("join") == {"build", "check"}  # no approval


@pytest.mark.parametrize("name", ["release.yml", "scan.yml"])
def test_a_pipe_that_breaks_fails_its_step(name: str) -> None:
    assert WORKFLOWS[name]["defaults"] == {"run": {"shell": "bash"}}


def test_an_action_has_the_same_pin_wherever_it_is_used() -> None:
    files = [*(ROOT / ".github/workflows").glob("*.yml"), *(ROOT / "examples").glob("*.yml")]
    found = {match for file in files for match in PINNED.findall(file.read_text())}
    actions = [action for action, _, _ in found]

    assert sorted(actions) == sorted(set(actions))
    assert {"actions/attest", "actions/checkout", "docker/build-push-action"} < set(actions)


def test_every_image_that_a_release_is_built_with_is_named_by_digest() -> None:
    named = re.findall(r"^FROM (.+) AS (\w+)$", (ROOT / ".github/images/Dockerfile").read_text(), re.MULTILINE)
    used = set(re.findall(r"release image (\w+)", (ROOT / ".github/workflows/release.yml").read_text()))

    assert {stage for _, stage in named} == used | {"base", "buildkit", "sbom", "scanner"}
    for image, stage in named:
        assert re.fullmatch(r"[a-z./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
        assert release("image", stage).stdout == f"{image}\n"


def test_the_trial_uses_the_release_as_its_users_do(tmp_path: Path) -> None:
    trial.write(tmp_path / "trial", "My-Org/deploy-to-cerebras@c0ffee", "http://simulator:8321")

    action = yaml.safe_load((tmp_path / "trial/action.yml").read_text())
    (step,) = action["runs"]["steps"]
    assert step["uses"] == "My-Org/deploy-to-cerebras@c0ffee"
    assert step["with"]["base-url"] == "http://simulator:8321"
    assert set(step["with"]) < set(MANIFEST.inputs)
    assert action["outputs"]["result"]["value"] == "${{ steps.deploy.outputs.result }}"


def test_a_rehearsal_has_the_action_yml_of_a_release_with_an_image_of_its_own(tmp_path: Path) -> None:
    image = f"127.0.0.1:5000/action@sha256:{'0a' * 32}"

    trial.pin(tmp_path / "pinned", image)

    action = yaml.safe_load((tmp_path / "pinned/action.yml").read_text())
    assert action == yaml.safe_load((ROOT / "action.yml").read_text()) | {
        "runs": {"using": "docker", "image": f"docker://{image}"}
    }


def test_the_page_says_what_to_pin() -> None:
    text = page.notes("- New.", "c0ffee", "a@sha256:1", "s@sha256:2")

    assert text.startswith("- New.\n")
    assert [word for word in ("`c0ffee`", "`a@sha256:1`", "`s@sha256:2`") if word not in text] == []


def test_an_index_of_other_platforms_is_refused(tmp_path: Path) -> None:
    one = {"mediaType": INDEX.replace("index", "manifest"), "digest": "sha256:0", "size": 1}
    for machine in ("amd64", "s390x"):
        (tmp_path / machine).mkdir()
        entry = one | {"platform": {"os": "linux", "architecture": machine}}
        (tmp_path / machine / "index.json").write_text(json.dumps({"manifests": [entry]}))

    with pytest.raises(NotReady, match="linux/amd64, linux/arm64 is wanted, and there are linux/amd64, linux/s390x"):
        join([tmp_path / "amd64", tmp_path / "s390x"], tmp_path / "joined")


def test_the_dry_run_shows_commit_refs_and_notes_and_leaves_the_tree_alone() -> None:
    state = git(ROOT, "show-ref"), (ROOT / "action.yml").read_bytes()

    said, version = release("dry-run").stdout, source_version(ROOT)

    assert "-  image: Dockerfile\n+  image: docker://ghcr.io/owner/repository@sha256:000" in said
    assert re.findall(r"^\w{40} (\S+)$", said, re.MULTILINE) == [
        f"refs/heads/releases/v{version[0]}",
        f"refs/tags/v{version[0]}",
        f"refs/tags/v{version}",
    ]
    assert f"Notes of v{version}:" in said
    assert (git(ROOT, "show-ref"), (ROOT / "action.yml").read_bytes()) == state


def test_a_command_that_is_called_wrongly_says_so() -> None:
    assert "check: missing a required argument: 'tag'" in release("check").stderr
    assert release("image", "none").stderr.startswith("'none' is none of the images")
