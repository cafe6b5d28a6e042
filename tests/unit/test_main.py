"""The process itself, started as the runner starts it: files, streams, signals, a hostile place."""

import contextlib
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import runner
from cerebras_simulator.server import running
from cerebras_simulator.world.state import World
from helpers.repository import MANIFEST, ROOT

pytestmark = pytest.mark.long

ARGV = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
SPEED = 200  # a rollout of 200 s takes one: it is seen under way, so that the first read that says done is enough


@contextlib.contextmanager
def simulator(scenario: str = "healthy", speed: float = SPEED) -> Iterator[tuple[World, str]]:
    world = World(now=time.time, scenario=scenario, speed=speed)
    with running(world) as address:
        yield world, address


def step(address: str, *, env: dict[str, str] | None = None, debug: bool = False, **inputs: str) -> runner.Step:
    with_ = {
        "api-key": "sim-management-key",
        "endpoint": "my-org-gpt-oss-120b",
        "model": "orgs/my-org/models/gpt-oss-120b",
        "alias": "production",
        "base-url": address,
        "poll-interval": "100ms",
    }
    given = with_ | {name.replace("_", "-"): value for name, value in inputs.items()}
    return runner.Step(MANIFEST, given, env or {}, debug=debug)


def test_a_healthy_rollout_is_green_with_all_outputs_and_a_summary(tmp_path: Path) -> None:
    with simulator() as (world, address):
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address))

    assert (result.outcome, result.exit_code, result.stderr) == ("success", 0, b"")
    assert result.outputs["deployment-id"] == world.deployments[-1].id
    assert result.outputs["result"] == "succeeded"
    assert set(result.outputs) == set(MANIFEST.outputs)
    assert "### ✅ Deployed: " in result.summary
    assert [a.level for a in result.annotations] == ["notice"]


def test_a_cancelled_job_ends_before_the_second_signal_and_says_how_to_re_attach(tmp_path: Path) -> None:
    with simulator("slow", 60.0) as (world, address):
        cancel = runner.Cancel(when_line_matches="In progress")
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address), cancel=cancel)

    assert result.outcome == "cancelled"
    assert result.cancelled_after is not None
    assert result.cancelled_after < 7.5  # when the runner's second signal comes
    deployment = world.deployments[-1].id
    assert result.outputs["deployment-id"] == deployment
    assert result.outputs["result"] == "interrupted"
    assert f"`deployment-id: {deployment}` to keep waiting." in result.annotations[0].message
    assert "### ❌ Job canceled, rollout still running: " in result.summary


def test_a_process_that_is_killed_leaves_the_id_and_pessimistic_outputs(tmp_path: Path) -> None:
    job = runner.JobFolder(tmp_path)
    with simulator("slow", 60.0) as (world, address):
        kill = runner.Cancel(when_line_matches="In progress", lost=True)
        result = runner.run_process(ARGV, job, step(address), cancel=kill)

    assert result.outputs["deployment-id"] == world.deployments[-1].id
    assert result.outputs["result"] == "interrupted"
    assert result.outputs["message"] == "The action was killed before it finished."


def test_files_of_the_checkout_and_the_home_are_not_run(tmp_path: Path) -> None:
    job = runner.JobFolder(tmp_path)
    job.new_step()
    evil = "print('::error::hijacked'); raise SystemExit(0)"
    site = Path(".local/lib") / f"python3.{sys.version_info.minor}" / "site-packages"
    for place in ("json.py", "httpx.py", "cerebras_deploy.py", "sitecustomize.py"):
        (job.workspace / place).write_text(evil)
    (job.home / site).mkdir(parents=True)
    (job.home / site / "usercustomize.py").write_text(evil)
    (job.home / ".netrc").write_text("machine 127.0.0.1 login evil password evil")
    startup = job.workspace / "startup.py"
    startup.write_text(evil)
    env = {
        "PYTHONPATH": str(job.workspace),
        "PYTHONHOME": str(job.workspace),
        "PYTHONSTARTUP": str(startup),
        "PYTHONINSPECT": "1",
        "PYTHONUNBUFFERED": "",
        "LC_ALL": "C",
        "LANG": "C",
    }
    with simulator("live") as (_, address):
        result = runner.run_process(ARGV, job, step(address, env=env))

    assert result.outputs["result"] == "unchanged"
    assert "hijacked" not in str(result.log.lines)


def test_without_an_output_file_the_outputs_are_printed_and_the_result_stands(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import os, sys
        os.environ.pop("GITHUB_OUTPUT"); os.environ.pop("GITHUB_STEP_SUMMARY")
        os.execv(sys.argv[1], sys.argv[1:])
    """)
    with simulator("live") as (_, address):
        result = runner.run_process([sys.executable, "-c", script, *ARGV], runner.JobFolder(tmp_path), step(address))

    assert result.exit_code == 0
    assert "output result: unchanged" in result.log.lines
    assert not any(command.name == "set-output" for command in result.log.commands)


@pytest.mark.parametrize("path", ["/nowhere/output", "/dev/full"])
def test_an_output_file_that_cannot_be_written_makes_the_step_red_before_anything_is_sent(
    tmp_path: Path, path: str
) -> None:
    script = "import os, sys; os.environ['GITHUB_OUTPUT'] = sys.argv[1]; os.execv(sys.argv[2], sys.argv[2:])"
    argv = [sys.executable, "-c", script, path, *ARGV]
    with simulator() as (world, address):
        result = runner.run_process(argv, runner.JobFolder(tmp_path), step(address))

    assert result.exit_code == 1
    assert "Outputs lost" in {a.title for a in result.annotations}
    assert world.requests == []


def test_a_summary_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    script = "import os, sys; os.environ['GITHUB_STEP_SUMMARY'] = '/nowhere/s'; os.execv(sys.argv[1], sys.argv[1:])"
    with simulator("live") as (_, address):
        result = runner.run_process([sys.executable, "-c", script, *ARGV], runner.JobFolder(tmp_path), step(address))

    assert result.outcome == "success"
    assert [(a.level, a.title) for a in result.annotations] == [
        ("warning", "No job summary"),
        ("notice", "Already live, nothing deployed: my-org-gpt-oss-120b"),
    ]


def test_a_ca_bundle_of_the_host_that_is_not_in_the_container_is_a_warning(tmp_path: Path) -> None:
    env = {"SSL_CERT_FILE": "/etc/host-only/ca.pem"}
    with simulator("live") as (_, address):
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address, env=env))

    assert result.outcome == "success"
    assert "SSL_CERT_FILE ignored" in {a.title for a in result.annotations}


def test_entries_of_no_proxy_that_except_nothing_are_one_warning(tmp_path: Path) -> None:
    usual = "localhost,fd00::/8,::1/128,[::1],10.0.0.0/8"
    with simulator() as (_, url):
        given = step(url, env={"NO_PROXY": f"{usual},10.*,<local>"})
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), given)

    assert result.outputs["result"] == "succeeded"
    (warning,) = [one for one in result.annotations if one.level == "warning"]
    assert warning.title == "Entries of NO_PROXY ignored"
    assert warning.message == "10.*, <local>: neither a host, nor an address, nor a network, and not used"


def test_a_proxy_that_cannot_be_used_is_said_and_nothing_is_sent(tmp_path: Path) -> None:
    env = {"HTTP_PROXY": "gopher://proxy:70"}
    with simulator() as (world, address):
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address, env=env))

    assert result.outputs["result"] == "invalid-input"
    assert "proxy" in result.log.last_annotation
    assert world.requests == []


def test_step_debug_adds_a_line_for_every_call_and_no_key(tmp_path: Path) -> None:
    with simulator("live") as (world, address):
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address, debug=True))

    debug = [line for line in result.stdout.decode().splitlines() if line.startswith("::debug::")]
    assert len(debug) == len(world.requests)
    assert all(": HTTP 200 in " in line for line in debug)
    assert "sim-management-key" not in result.stdout.decode().partition("\n")[2]


def test_the_key_is_masked_before_anything_else_is_printed(tmp_path: Path) -> None:
    env = {"SSL_CERT_FILE": "/etc/host-only/ca.pem"}
    with simulator("live") as (_, address):
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), step(address, env=env))

    assert result.stdout.decode().splitlines()[0] == "::add-mask::sim-management-key"


@pytest.mark.long
def test_peak_memory_of_six_hours_is_below_60_mib_and_that_of_half_an_hour() -> None:
    def peak(hours: str) -> int:
        command = [sys.executable, str(ROOT / "tools" / "memory.py"), hours]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    half_an_hour, six_hours = peak("0.5"), peak("6")

    assert six_hours < 60 * 1024
    assert six_hours < half_an_hour + 1024
