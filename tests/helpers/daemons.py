"""Real programs between the action and the API, from Debian's packages, each run by a test until its block ends."""

import contextlib
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from helpers.containers import docker

PATIENCE = 30.0  # seconds for a program to listen


def program(name: str) -> str:
    """Find a program. A test that needs one that is missing fails, and says what to do."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    if found is None:
        pytest.fail(f"{name} is missing: `make parts` installs it from Debian's packages", pytrace=False)
    return found


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that a program may read and write under whatever user it runs."""
    with tempfile.TemporaryDirectory(prefix="part-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o777)
        yield path


@contextlib.contextmanager
def daemon(
    argv: Sequence[str], listens: tuple[str, int], kind: socket.SocketKind = socket.SOCK_STREAM
) -> Iterator[None]:
    """Run a program in the foreground, from when it listens there until the block ends."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + PATIENCE
        while not _listens(listens, kind):
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                said = process.communicate()[0].decode(errors="replace")
                pytest.fail(f"{argv[0]} does not listen on {listens}: {said[-2000:]}", pytrace=False)
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _listens(address: tuple[str, int], kind: socket.SocketKind) -> bool:
    """Whether somebody has the port: it can be connected to, or, where that says nothing, not be taken."""
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            if kind is socket.SOCK_DGRAM:
                probe.bind(address)
                return False
            probe.connect(address)
        except OSError:
            return kind is socket.SOCK_DGRAM
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody has at the moment."""
    with socket.create_server((host, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def host_on(network: str) -> str:
    """Return this machine's address on one of Docker's networks, by which the containers there reach it."""
    (config,) = json.loads(docker("network", "inspect", network, "--format", "{{json .IPAM.Config}}"))
    return str(ipaddress.ip_network(config["Subnet"])[1])
