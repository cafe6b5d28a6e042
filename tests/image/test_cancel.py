"""A cancelled job, in the real container, with the runner's own timings: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill.

Whenever the cancel comes after the first line of the log, the container is gone within two seconds, and all that it
leaves behind is whole. `make test-image` ends with a table of the times.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

import runner
from helpers import containers
from helpers.containers import ACTION, SIMULATOR, docker
from helpers.repository import MANIFEST
from helpers.stage import BASE, KEY

pytestmark = [pytest.mark.container, pytest.mark.alone]

FIRST_LINE, PLAN, ACCEPTED = r"^::add-mask::", r"^Deploy gpt-oss-120b ", r"  Deployment accepted: "
HINT = "serves, then re-run the step"

# A name server that hears questions and never answers one.
SILENT = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("listening", flush=True)
while True:
    server.recvfrom(512)
    print("asked", flush=True)
"""


@dataclass(frozen=True)
class Moment:
    """When the cancel comes: *after* seconds from the line, in a world with these *faults*."""

    line: str
    after: float = 0.0
    faults: tuple[str, ...] = ()
    scenario: str = "slow"
    poll_interval: str = "200ms"


BEFORE_THE_CALL = {
    "at the first line": Moment(FIRST_LINE),
    "before the look: the first read hangs": Moment(FIRST_LINE, 1.5, ("status:1=read-timeout",)),
    "before the look: the version's read hangs": Moment(FIRST_LINE, 1.5, ("version:1=read-timeout",)),
    "in a pause before another look": Moment(FIRST_LINE, 1.5, ("status:*=503;retry-after=60",)),
    "waiting for weights": Moment("Waiting for the weights", 0.5, scenario="weights-syncing"),
}
FOLLOWING = {
    "as the deployment is accepted": Moment(ACCEPTED),
    "between polls": Moment(ACCEPTED, 1.0, poll_interval="10m"),
    "in a read that gets no reply": Moment(ACCEPTED, 1.5, ("status:2-=read-timeout",)),
    "in a read that comes byte by byte": Moment(ACCEPTED, 1.5, ("status:2-=drip",)),
    "in a read whose headers come byte by byte": Moment(ACCEPTED, 1.5, ("status:2-=drip-headers",)),
    "in an outage": Moment("Retrying for up to ", 0.5, ("status:2-=503",)),
}


@pytest.fixture(scope="module")
def times(request: pytest.FixtureRequest) -> Iterator[dict[str, float]]:
    """Collect seconds from SIGINT to the container's end, and show them at the end."""
    collected: dict[str, float] = {}
    yield collected
    capture: Any = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n\n| cancelled | from SIGINT to the container's end |\n| --- | --- |")
        for moment, seconds in collected.items():
            print(f"| {moment} | {seconds:.2f} s |")


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    with containers.network() as network:
        yield network


@dataclass(frozen=True)
class Cancelled:
    """What a cancelled step left, and what the simulator has of it."""

    result: runner.StepResult
    deployments: list[dict[str, Any]]

    @property
    def message(self) -> str:
        return self.result.outputs["message"]


def play(moment: Moment, folder: Path, network: str) -> Cancelled:
    with containers.simulator(moment.scenario, speed=1, network=network) as simulator:
        simulator.spoil(*moment.faults)
        before = {one["id"] for one in simulator.tell("deployments")}
        cancel = runner.Cancel(when_line_matches=moment.line, after_seconds=moment.after)
        inputs = BASE | {"base-url": simulator.by_name, "poll-interval": moment.poll_interval}
        if moment.scenario == "weights-syncing":
            inputs |= {"endpoint": "my-org-weights-syncing", "model": "orgs/my-org/models/weights-syncing"}
        step = runner.Step(MANIFEST, inputs)
        result = runner.run_container(ACTION, runner.JobFolder(folder), step, network=network, cancel=cancel)
        return Cancelled(result, [one for one in simulator.tell("deployments") if one["id"] not in before])


def assert_well_formed(summary: str) -> None:
    """Check that headings, tables and fences are whole."""
    assert summary.startswith("### ")
    assert summary.endswith("\n")
    assert len(re.findall(r"^```", summary, re.MULTILINE)) % 2 == 0
    prose = re.sub(r"^```.*?^```$", "", summary, flags=re.MULTILINE | re.DOTALL)
    for block in prose.split("\n\n"):
        rows = [line for line in block.splitlines() if line]
        if rows and rows[0].startswith("|"):
            assert all(row.startswith("|") and row.endswith("|") for row in rows)
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1, block
        else:
            assert not [row for row in rows if row.startswith("|")]


def assert_whole(result: runner.StepResult) -> None:
    """Check what holds after every cancel: it ended in time, and left all that it should, and no key."""
    assert result.outcome == "cancelled"
    assert result.failures == ()
    assert result.stderr == b""
    assert set(result.outputs) == set(MANIFEST.outputs)
    assert_well_formed(result.summary)
    assert KEY not in result.summary + str(result.outputs) + "\n".join(result.log.lines)
    containers.assert_gone_in_time(result)


def assert_interrupted(result: runner.StepResult, deployment: str, *left: str) -> None:
    """Check that it was this step's last word, everywhere, and how to go on from there."""
    assert_whole(result)
    ours = [one for one in result.annotations if one.title]
    assert (result.outputs["result"], result.outputs["deployment-id"]) == ("interrupted", deployment)
    title = ours[-1].title.partition(":")[0]
    assert title in {f"Job canceled, {one}" for one in left}
    assert [(one.level, one.title.partition(":")[0]) for one in ours if one.level == "error"] == [("error", title)]
    assert ours[-1].message.splitlines()[0] in result.outputs["message"]
    assert result.summary.startswith(f"### ❌ {title}: `{result.outputs['endpoint']}`\n")
    snippet = re.search(r"^```yaml\n(.*?)^```$", result.summary, re.MULTILINE | re.DOTALL)
    if not deployment:
        assert snippet is None
        return
    assert snippet is not None
    attach = {"endpoint": BASE["endpoint"], "deployment-id": deployment}
    assert yaml.safe_load(snippet[1]) == {"with": attach}
    assert f"Set `deployment-id: {deployment}` to keep waiting." in result.outputs["message"]


def note(times: dict[str, float], moment: str, result: runner.StepResult) -> None:
    times[moment] = result.container_gone_after or float("nan")


@pytest.mark.parametrize("name", BEFORE_THE_CALL)
def test_before_the_deploy_call_nothing_is_deployed(
    name: str, tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    cancelled = play(BEFORE_THE_CALL[name], tmp_path, network)
    note(times, name, cancelled.result)

    assert_interrupted(cancelled.result, "", "nothing deployed")
    assert cancelled.deployments == []


@contextmanager
def without_answers() -> Iterator[str]:
    """Have a container whose name server is silent; others may share its network."""
    name = f"silent-{uuid4().hex[:8]}"
    options = ("--detach", "--rm", "--name", name, "--dns", "127.0.0.1", "--entrypoint", "/usr/bin/python3")
    docker("run", *options, SIMULATOR, "-c", SILENT)
    try:
        end = time.monotonic() + containers.PATIENCE
        while "listening" not in docker("logs", name) and time.monotonic() < end:
            time.sleep(0.05)
        yield name
    finally:
        docker("rm", "--force", name)


def test_in_a_dns_look_up_that_hangs_nothing_is_deployed(tmp_path: Path, times: dict[str, float]) -> None:
    cancel = runner.Cancel(when_line_matches=FIRST_LINE, after_seconds=1.5)
    step = runner.Step(MANIFEST, BASE | {"base-url": "http://nowhere:8321"})
    with without_answers() as silent:
        job = runner.JobFolder(tmp_path)
        result = runner.run_container(ACTION, job, step, network=f"container:{silent}", cancel=cancel)
        asked = docker("logs", silent).count("asked")
    note(times, "in a DNS look-up that hangs", result)

    assert asked >= 1
    assert_interrupted(result, "", "nothing deployed")


def test_in_the_deploy_call_a_last_short_read_learns_the_id(
    tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    cancelled = play(Moment(PLAN, 1.0, ("deploy:1=read-timeout",)), tmp_path, network)
    note(times, "in the deploy call", cancelled.result)

    (deployment,) = cancelled.deployments
    assert_interrupted(cancelled.result, deployment["id"], "rollout still running", "rollout never listed")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("in the deploy call, and the last read gets no reply", "status:2-=read-timeout"),
        ("in the deploy call, and the last read comes byte by byte", "status:2-=drip"),
        ("in the deploy call, and the API is down", "status:2-=503"),
    ],
)
def test_in_the_deploy_call_with_no_last_read_it_says_that_it_may_have_been_accepted(
    name: str, fault: str, tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    cancelled = play(Moment(PLAN, 1.0, ("deploy:1=read-timeout", fault)), tmp_path, network)
    note(times, name, cancelled.result)

    assert_interrupted(cancelled.result, "", "deployment may have started")
    assert HINT in cancelled.message
    assert HINT in cancelled.result.summary


def test_in_a_deploy_call_that_was_not_processed_it_says_that_it_may_have_been(
    tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    cancelled = play(Moment(PLAN, 1.0, ("deploy:1=read-timeout-before",)), tmp_path, network)
    note(times, "in a deploy call that was not processed", cancelled.result)

    assert_interrupted(cancelled.result, "", "deployment may have started")
    assert HINT in cancelled.message
    assert cancelled.deployments == []


@pytest.mark.parametrize("name", FOLLOWING)
def test_after_it_the_deployment_goes_on_and_can_be_followed(
    name: str, tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    cancelled = play(FOLLOWING[name], tmp_path, network)
    note(times, name, cancelled.result)

    (deployment,) = cancelled.deployments
    assert_interrupted(cancelled.result, deployment["id"], "rollout still running", "rollout never listed")


@pytest.mark.parametrize("line", ["the last line but one", "the last line"])
@pytest.mark.parametrize("milliseconds", [0, 10, 40])
def test_in_the_final_report_the_result_is_the_rollouts_own_or_interrupted(
    line: str, milliseconds: int, tmp_path: Path, network: str, times: dict[str, float]
) -> None:
    last = {"the last line but one": "  Done, 8 of 8", "the last line": "^::notice title=Deployed"}
    with containers.simulator("healthy", speed=100, network=network) as simulator:
        cancel = runner.Cancel(when_line_matches=last[line], after_seconds=milliseconds / 1000)
        step = runner.Step(MANIFEST, BASE | {"base-url": simulator.by_name, "poll-interval": "100ms"})
        result = runner.run_container(ACTION, runner.JobFolder(tmp_path), step, network=network, cancel=cancel)
        deployment = simulator.tell("deployments")[-1]["id"]
    note(times, f"in the final report, {milliseconds} ms after {line} ({result.outputs['result']})", result)

    assert_whole(result)
    assert result.outputs["deployment-id"] == deployment
    assert result.outputs["result"] in {"succeeded", "interrupted"}
    assert result.outputs["status"] == "done"
    word = "Deployed" if result.outputs["result"] == "succeeded" else "Job canceled, rollout done"
    assert word in result.summary.splitlines()[0]
    assert [one.title.partition(":")[0] for one in result.annotations if one.title] == [word]
    assert result.exit_code == (0 if word == "Deployed" else 1)
