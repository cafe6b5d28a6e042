"""Workflows as act runs them: a second opinion, beside the emulated runner, on how everything is wired."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from helpers.repository import ROOT

ACT = ROOT / ".venv" / "tools" / "bin" / "act"
# A job's container. It has what the workflows need of GitHub's runner: a shell, a Docker client, curl, and jq.
RUNNER = "act-runner:local"
REPOSITORY = "my-org/my-app"  # that the workflows seem to run in
DOCKERFILE = """\
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends docker-cli curl jq
"""


def build_runner() -> None:
    subprocess.run(["docker", "build", "--tag", RUNNER, "-"], input=DOCKERFILE, text=True, check=True)


def with_a_name_of_its_own(workflow: str) -> str:
    """Return a workflow's text with another name: act calls its containers by it, and several may run at a time."""
    return re.sub(r"^name: .*$", f"name: w{uuid4().hex[:12]}", workflow, count=1, flags=re.MULTILINE)


def copy_to(folder: Path, files: Iterable[Path]) -> None:
    """Copy files of the repository there, each to its place."""
    for file in files:
        target = folder / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def act(
    folder: Path,
    workflow: str,
    event: str = "push",
    secrets: Mapping[str, str] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> tuple[int, list[str]]:
    """Run the workflow there. Return the exit code and what its steps printed."""
    options = ("--pull=false", "--action-offline-mode", "--no-cache-server", "--rm")
    told = [word for name, value in (secrets or {}).items() for word in ("--secret", f"{name}={value}")]
    if payload is not None:
        (folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        told += ["--eventpath", "event.json", "--env", f"GITHUB_REPOSITORY={REPOSITORY}"]
    command = [str(ACT), event, "--workflows", workflow, "--platform", f"ubuntu-latest={RUNNER}", *options, *told]
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
