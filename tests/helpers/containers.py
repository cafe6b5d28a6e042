"""Containers for tests: the images that `make image` builds, and the simulator in a container of its own."""

import json
import subprocess
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import runner

ACTION = "cerebras-deploy-action:local"
SIMULATOR = "cerebras-management-simulator:local"
PORT = 8321
PATIENCE = 30.0  # seconds for the simulator to listen
AT_MOST = 2.0  # seconds from the first signal until the container of a cancelled job is gone
OBEYS = "import time\ntry:\n    print('ready')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass"


def docker(*arguments: str) -> str:
    """Call the client, and give what it prints."""
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def archive(*command: str) -> tuple["subprocess.Popen[bytes]", IO[bytes]]:
    """Start a call of the client that writes an archive."""
    process = subprocess.Popen(["docker", *command], stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, process.stdout


def files_of(image: str) -> dict[str, tarfile.TarInfo]:
    """List what is in an image, by path; what Docker itself puts in is left out."""
    container = docker("create", image)
    try:
        process, stream = archive("export", container)
        with process, tarfile.open(fileobj=stream, mode="r|") as tar:
            return {one.name: one for one in tar if one.name.split("/")[0] not in {"dev", "proc", "sys", ".dockerenv"}}
    finally:
        docker("rm", container)


@dataclass(frozen=True)
class Simulator:
    """A running simulator; `url` is how the host, and containers on its network, reach it."""

    name: str
    url: str

    @property
    def by_name(self) -> str:
        """How containers on the same network of one's own reach it: as a job reaches its service containers."""
        return f"http://{self.name}:{PORT}"

    def tell(self, what: str) -> Any:
        """Ask for its records: `requests` or `deployments`."""
        with urllib.request.urlopen(f"{self.url}/_simulator/{what}", timeout=30) as reply:
            return json.load(reply)

    def spoil(self, *faults: str) -> None:
        """Make requests go wrong from now on."""
        url, headers = f"{self.url}/_simulator/faults", {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(faults).encode(), headers), timeout=30).close()


@contextmanager
def simulator(scenario: str = "healthy", *, speed: float = 10, network: str = "bridge") -> Iterator[Simulator]:
    """Run the simulator in a container until the block ends."""
    name = f"simulator-{uuid4().hex[:8]}"
    arguments = ("--speed", str(speed), "--scenario", scenario)
    docker("run", "--detach", "--rm", "--name", name, "--network", network, SIMULATOR, *arguments)
    try:
        address = docker(
            *("inspect", name, "--format", f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}')
        )
        found = Simulator(name, f"http://{address}:{PORT}")
        _await(found)
        yield found
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)


def assert_gone_in_time(result: runner.StepResult) -> None:
    """Check the promise; where the machine is too busy for that, allow for what a program that does nothing takes."""
    assert result.container_gone_after is not None
    assert result.container_gone_after < AT_MOST or result.container_gone_after < AT_MOST + _of_nothing()


def _of_nothing() -> float:
    manifest = runner.Manifest(entrypoint="/usr/bin/python3", args=("-I", "-S", "-u", "-c", OBEYS))
    with tempfile.TemporaryDirectory() as folder:
        job, cancel = runner.JobFolder(Path(folder)), runner.Cancel(when_line_matches="^ready$")
        result = runner.run_container(ACTION, job, runner.Step(manifest), cancel=cancel)
    assert result.container_gone_after is not None
    return result.container_gone_after


@contextmanager
def network() -> Iterator[str]:
    """Make a network, such as a job with service containers has one, until the block ends."""
    name = f"job-{uuid4().hex[:8]}"
    docker("network", "create", name)
    try:
        yield name
    finally:
        docker("network", "rm", name)


def _await(found: Simulator) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError):
            found.tell("health")
            return
        time.sleep(0.05)
    raise TimeoutError(f"{found.name} does not listen")
