"""The image on a machine that is short of something: threads, processor time, disk; or that kills it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import runner
from helpers import containers
from helpers.containers import ACTION, Simulator, docker
from helpers.repository import MANIFEST
from helpers.stage import BASE, HELLO_OR_BACK

pytestmark = pytest.mark.container

LIMIT_HINT = "aise the container's limit on processes and threads (`--pids-limit`)"
# A disk with room for the first outputs, the action on it, and what fills it up.
DISK = ("--mount", "type=tmpfs,destination=/small,tmpfs-size=4096", "--env", "GITHUB_OUTPUT=/small/output")
ON_DISK = replace(
    MANIFEST,
    entrypoint="/usr/bin/python3",
    args=(
        *("-I", "-B", "-u", "-c"),
        "import sys; open('/small/output', 'w').close(); from cerebras_deploy.__main__ import main; sys.exit(main())",
    ),
)
FILL = """
with open("/small/output", "ab", buffering=0) as file:
    try:
        while file.write(b"#"):
            pass
    except OSError:
        pass
"""


@pytest.fixture
def network() -> Iterator[str]:
    """Give each test a network of its own, on which its container is found."""
    with containers.network() as network:
        yield network


@pytest.fixture
def simulator(network: str) -> Iterator[Simulator]:
    with containers.simulator(speed=100, network=network) as simulator:
        yield simulator


def deploy(
    simulator: Simulator,
    network: str,
    folder: Path,
    *machine: str,
    on_line: Callable[[str], None] | None = None,
    cancel: runner.Cancel | None = None,
    inputs: Mapping[str, str] | None = None,
    manifest: runner.Manifest = MANIFEST,
) -> runner.StepResult:
    given = BASE | {"base-url": simulator.by_name, "poll-interval": "500ms"} | dict(inputs or {})
    step = runner.Step(manifest, given)
    job = runner.JobFolder(folder)
    return runner.run_container(
        ACTION, job, step, network=network, machine=machine, on_line=on_line, cancel=cancel, limit=120
    )


def step_on(network: str) -> str:
    """Return the container in which the step runs."""
    return docker("ps", "--quiet", "--filter", f"network={network}", "--filter", f"ancestor={ACTION}")


def made(simulator: Simulator) -> list[str]:
    return [one["model"][-1] for one in simulator.tell("deployments") if one["by"] == "caller"]


def test_without_room_for_a_thread_nothing_is_sent_and_the_limit_is_told(
    simulator: Simulator, network: str, tmp_path: Path
) -> None:
    result = deploy(simulator, network, tmp_path, "--pids-limit", "1", inputs={"timeout": "10s"})

    assert (result.outputs["result"], simulator.tell("requests")) == ("timed-out", [])
    first = next(line for line in result.log.lines if "Retrying for up to " in line)
    assert "no thread could be started: can't start new thread" in first
    assert LIMIT_HINT in first
    assert LIMIT_HINT in result.outputs["message"]
    assert "no thread could be started" in result.log.last_annotation


def test_without_room_for_the_matcher_the_version_is_not_judged(
    simulator: Simulator, network: str, tmp_path: Path
) -> None:
    result = deploy(simulator, network, tmp_path, "--pids-limit", "2", inputs=HELLO_OR_BACK)

    assert (result.outputs["result"], result.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
    # Until the kernel has cleared the answer's thread away, the matcher's thread is the one too many.
    assert re.search("couldn't be matched: no (process|thread) could be started: ", result.stdout.decode())
    assert LIMIT_HINT in result.log.last_annotation
    assert made(simulator) == ["2"]


def test_a_matcher_that_gets_hardly_any_processor_time_is_waited_for(
    simulator: Simulator, network: str, tmp_path: Path
) -> None:
    def starve(line: str) -> None:
        if "  Asking my-org-gpt-oss-120b: " in line:
            docker("update", "--cpus", "0.01", step_on(network))
        if "Smoke test" in line:
            docker("update", "--cpus", "2", step_on(network))

    result = deploy(simulator, network, tmp_path, on_line=starve, inputs=HELLO_OR_BACK)

    assert (result.outputs["result"], result.outputs["smoke-test"]) == ("succeeded", "passed")
    assert made(simulator) == ["2"]


def test_with_a_disk_that_is_full_from_the_deploy_call_on_the_rollout_is_watched_and_its_id_is_told(
    simulator: Simulator, network: str, tmp_path: Path
) -> None:
    simulator.spoil("deploy:1=slow;seconds=5")

    def fill(line: str) -> None:
        if "Deploy gpt-oss-120b " in line:
            docker("exec", step_on(network), "/usr/bin/python3", "-c", FILL)

    result = deploy(simulator, network, tmp_path, *DISK, on_line=fill, manifest=ON_DISK)

    (ours,) = [one["id"] for one in simulator.tell("deployments") if one["by"] == "caller"]
    assert result.exit_code == 1
    assert [one.title.partition(":")[0] for one in result.annotations] == ["Outputs lost", "Deployed"]
    assert "No space left on device" in result.annotations[0].message
    assert f"Deployment accepted: {ours}. " in result.stdout.decode().partition("Outputs lost")[0]
    assert f"Deployment: {ours}" in result.annotations[1].message


def test_killed_between_the_halves_of_a_move_the_log_says_what_was_begun(
    simulator: Simulator, network: str, tmp_path: Path
) -> None:
    simulator.spoil("aliases:2=read-timeout-before")

    def kill(line: str) -> None:
        if "Moving alias stable from version 1 to version 2." in line:
            while sum(request["method"] == "PATCH" for request in simulator.tell("requests")) < 2:
                pass
            docker("kill", step_on(network))

    result = deploy(simulator, network, tmp_path, on_line=kill, inputs={"promote-aliases": "stable"})

    assert (result.exit_code, result.outputs["result"]) == (137, "interrupted")
    assert "Moving alias stable from version 1 to version 2." in result.stdout.decode()
    assert result.outputs["message"] == "The action was killed before it finished."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_that_localhost_is_the_container_is_in_the_first_line_of_the_log(
    host: str, simulator: Simulator, network: str, tmp_path: Path
) -> None:
    at_its_first_failure = runner.Cancel(when_line_matches="Retrying for up to ")
    result = deploy(
        simulator, network, tmp_path, cancel=at_its_first_failure, inputs={"base-url": f"http://{host}:8321"}
    )

    (line,) = [line for line in result.log.lines if "00:00  " in line]
    assert re.search(rf"no connection to {host}:8321: Connection refused\. Retrying for up to (1m00|5\d)s\. ", line)
    assert "Use the host's address, 172.17.0.1, or a service's name, because this address is the action's own " in line
