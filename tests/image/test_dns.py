"""The image and a job's name server: a first address that swallows packets, a slow answer, and none."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import runner
from cerebras_simulator.server import running
from cerebras_simulator.world.state import World
from helpers import containers
from helpers.containers import ACTION, SIMULATOR, docker
from helpers.daemons import host_on
from helpers.dnsmasq import dnsmasq, name_server
from helpers.nginx import nginx
from helpers.repository import MANIFEST
from helpers.stage import BASE

pytestmark = pytest.mark.container

WAITS = "import threading; threading.Event().wait(120)"


@contextlib.contextmanager
def asking(server: str) -> Iterator[str]:
    """Have a container that asks that name server; others may share its network."""
    name = f"asks-{uuid4().hex[:8]}"
    options = ("--detach", "--rm", "--name", name, "--dns", server, "--entrypoint", "/usr/bin/python3")
    docker("run", *options, SIMULATOR, "-c", WAITS)
    try:
        yield f"container:{name}"
    finally:
        docker("rm", "--force", name)


@contextlib.contextmanager
def swallowing(host: str, port: int) -> Iterator[None]:
    """Have a port of that address that answers no connection: as many wait there as there is room for."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server((host, port), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(server.getsockname())
        yield


@pytest.fixture
def world() -> World:
    return World(time.time, speed=100)


def deploy(
    url: str, network: str, folder: Path, cancel: runner.Cancel | None = None, timeout: str = "2m"
) -> runner.StepResult:
    step = runner.Step(MANIFEST, BASE | {"base-url": url, "poll-interval": "500ms", "timeout": timeout})
    return runner.run_container(ACTION, runner.JobFolder(folder), step, network=network, cancel=cancel)


def test_after_a_first_address_that_is_dead_the_second_is_tried(tmp_path: Path, world: World) -> None:
    near = host_on("bridge")
    with contextlib.ExitStack() as stack:
        far = host_on(stack.enter_context(containers.network()))
        there = stack.enter_context(nginx(stack.enter_context(running(world)), far))
        port = int(there.url.rpartition(":")[2])
        stack.enter_context(swallowing(near, port))
        stack.enter_context(dnsmasq(near, records=[("twice", near), ("twice", far)]))
        network = stack.enter_context(asking(near))
        result = deploy(f"http://twice:{port}", network, tmp_path)

    assert result.outputs["result"] == "succeeded"


def test_a_slow_answer_is_waited_for(tmp_path: Path, world: World) -> None:
    near = host_on("bridge")
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(nginx(stack.enter_context(running(world)), near))
        upstream = stack.enter_context(name_server(near, after=1.0))
        stack.enter_context(dnsmasq(near, records=[], upstream=upstream))
        network = stack.enter_context(asking(near))
        result = deploy(f"http://slow:{there.url.rpartition(':')[2]}", network, tmp_path)

    assert result.outputs["result"] == "succeeded"


def test_without_an_answer_the_reason_that_held_is_told(tmp_path: Path) -> None:
    near = host_on("bridge")
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(name_server(near, after=None))
        stack.enter_context(dnsmasq(near, records=[], upstream=upstream))
        network = stack.enter_context(asking(near))
        result = deploy("http://silent:8321", network, tmp_path, timeout="12s")

    assert result.outputs["result"] == "timed-out"
    assert "no connection to silent:8321: Temporary failure in name resolution" in result.log.last_annotation


def test_an_unknown_host_is_named(tmp_path: Path) -> None:
    near = host_on("bridge")
    with dnsmasq(near, records=[("known", near)]), asking(near) as network:
        first = runner.Cancel(when_line_matches="Retrying for up to ")
        result = deploy("http://unknown:8321", network, tmp_path, first)

    assert "no connection to unknown:8321: Name or service not known" in result.stdout.decode()
