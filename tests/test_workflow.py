"""The selftest workflow as act runs it: a second opinion, beside the emulated runner, on how everything is wired."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.workflow

ROOT = Path(__file__).parent.parent
ACT = ROOT / ".venv" / "tools" / "bin" / "act"
WORKFLOW = ".github/workflows/selftest.yml"
# The job's container. Of what GitHub's runner has, the workflow needs a shell and a client for Docker.
RUNNER = "act-runner:local"
DOCKERFILE = """\
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends docker-cli
"""

Copy = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def _runner() -> None:
    subprocess.run(["docker", "build", "--tag", RUNNER, "-"], input=DOCKERFILE, text=True, check=True)


@pytest.fixture
def copy(tmp_path: Path, tracked: Callable[[], list[Path]]) -> Copy:
    """Copy what git tracks, with other words in the workflow if asked to."""

    def copied(changes: dict[str, str] | None = None) -> Path:
        for file in tracked():
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        workflow = tmp_path / WORKFLOW
        text = workflow.read_text()
        for old, new in (changes or {}).items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        workflow.write_text(text)
        return tmp_path

    return copied


def act(folder: Path) -> tuple[int, list[str]]:
    """Run the workflow there; gives the exit code, and what its steps printed."""
    options = ("--pull=false", "--action-offline-mode", "--no-cache-server", "--rm")
    command = [str(ACT), "push", "--workflows", WORKFLOW, "--platform", f"ubuntu-latest={RUNNER}", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    print(done.stdout)
    return done.returncode, [line.partition("] ")[2].lstrip(" |") for line in done.stdout.splitlines()]


def test_every_step_ends_as_it_should(copy: Copy) -> None:
    code, lines = act(copy())

    checked = [line.removeprefix("checked ") for line in lines if line.startswith("checked ")]
    assert checked[:-1] == [
        "healthy: success succeeded done",
        "rolls-back: failure rolled-back rolled_back",
        "started: success triggered",
        "followed: success succeeded done",
        "versions: 2 orgs/my-org/models/gpt-oss-120b/versions/1",
    ]
    assert checked[-1].startswith("deployment: ")
    assert code == 0


def test_a_step_that_ends_otherwise_than_expected_fails_the_workflow(copy: Copy) -> None:
    code, lines = act(copy({'"success triggered"': '"success succeeded"', "--speed 20": "--speed 100"}))

    assert "checked healthy: success succeeded done" in lines
    assert "started: 'success triggered' instead of 'success succeeded'" in "\n".join(lines)
    assert not [line for line in lines if line.startswith("checked followed")]
    assert code == 1
