"""Containers for tests: the images that `make image` builds, and the simulator in a container of its own."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

ACTION = "cerebras-deploy-action:local"
SIMULATOR = "cerebras-management-simulator:local"
PORT = 8321
PATIENCE = 30.0  # seconds for the simulator to listen


def docker(*arguments: str) -> str:
    """Call the client, and give what it prints."""
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


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
