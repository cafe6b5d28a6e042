"""Every command and snippet of the documents runs as it stands; what needs the world outside can at least be read.

Workflows of the README and the examples: test_examples.py. The simulator's snippets in YAML and Python: test_docs.py.
"""

import re
import select
import shlex
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from helpers.repository import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SIMULATOR = ".venv/bin/python -m cerebras_simulator"
OUTSIDE = {"git", "skopeo", "sed", "docker", "curl", "cosign", "gh", "grype", "trivy"}  # what they reach is not here
PATIENCE = 60.0  # seconds for the simulator to say where it is


def blocks() -> list[str]:
    found = [
        re.findall(r"^```(?:sh|bash|console)\n(.*?)^```", text(path), re.DOTALL | re.MULTILINE) for path in DOCUMENTS
    ]
    return [block for each in found for block in each]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands() -> list[str]:
    """Give all commands: the lines of blocks, and the code in sentences that is one."""
    whole = [re.sub(r"\\\n\s*", "", block).splitlines() for block in blocks()]
    lines = [re.sub(r"\s+#.*|^#.*", "", line).strip() for block in whole for line in block]
    spans = [
        span
        for path in DOCUMENTS
        for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text(path), flags=re.DOTALL))
    ]
    first = re.compile(r"(make|bash|python3?|\.venv/bin/\w+) \S")
    return sorted({*filter(None, lines), *(" ".join(span.split()) for span in spans if first.match(span))})


def of(program: str) -> list[str]:
    return [command for command in commands() if command.startswith(f"{program} ")]


@pytest.mark.parametrize("block", blocks())
def test_a_block_of_commands_can_be_read(block: str) -> None:
    subprocess.run(["bash", "-n"], input=block, check=True, text=True, timeout=30)


def test_every_command_is_one_that_is_checked_here() -> None:
    known = {"make", ".venv/bin/python", "bash", *OUTSIDE}

    assert {command.split()[0] for command in commands()} - {"cd"} <= known


@pytest.mark.parametrize("command", of("make"))
def test_make_knows_the_target(command: str) -> None:
    words = [word.split("=")[0] + "=1.2.3" if "=" in word else word for word in shlex.split(command)[1:]]
    done = subprocess.run(
        ["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", of("bash"))
def test_a_script_is_there_and_can_be_read(command: str) -> None:
    subprocess.run(["bash", "-n", ROOT / command.split()[1]], check=True, timeout=30)


@pytest.mark.long
@pytest.mark.parametrize("command", [command for command in of(".venv/bin/python") if command.split()[1] != "-m"])
def test_a_tool_runs(command: str) -> None:
    words = ["3" if word == "SEED" else word for word in shlex.split(command)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("command", [command for command in of(".venv/bin/python") if command.startswith(SIMULATOR)])
def test_the_simulator_starts(command: str) -> None:
    argv = [*shlex.split(command), "--port", "0"]  # as it stands, but for the port, which somebody may have
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            said = heard(process)
            url = re.search(r"http://\S+:\d+", said)
            assert url, said
            with urllib.request.urlopen(f"{url[0]}/_simulator/health", timeout=30) as reply:
                assert reply.status == 200
        finally:
            process.kill()


def heard(process: "subprocess.Popen[str]") -> str:
    """Read what it says up to where it is."""
    assert process.stdout
    said, end = "", time.monotonic() + PATIENCE
    while "http://" not in said and time.monotonic() < end:
        if select.select([process.stdout], [], [], 1)[0]:
            line = process.stdout.readline()
            if not line:
                break
            said += line
    return said
