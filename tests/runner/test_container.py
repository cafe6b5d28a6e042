"""Steps run in containers: small shell programs in place of the action."""

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from runner import Cancel, JobFolder, Manifest, Step, StepResult, run_container

pytestmark = pytest.mark.container

IMAGE = "debian:trixie-slim"


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def shell(
    program: str, job: JobFolder, with_: dict[str, str] | None = None, cancel: Cancel | None = None
) -> StepResult:
    manifest = Manifest(inputs=dict.fromkeys(with_ or {}, ""), entrypoint="/bin/bash", args=("-c", program))
    return run_container(IMAGE, job, Step(manifest, with_ or {}), cancel=cancel, limit=30)


def test_what_the_container_finds(job: JobFolder) -> None:
    result = shell(
        "pwd; id -u; echo $$; echo $HOME; cat; test -t 1 || echo no terminal\n"
        "stat -c %u:%a $GITHUB_WORKSPACE $GITHUB_OUTPUT; ls -d /github/*\n"
        "test -S /var/run/docker.sock || echo no socket",
        job,
    )

    assert result.outcome == "success"
    assert result.log.lines == (
        *("/github/workspace", "0", "1", "/github/home", "no terminal", "1001:755", "1001:644"),
        *("/github/file_commands", "/github/home", "/github/runner_temp", "/github/workflow", "/github/workspace"),
        "no socket",
    )
    assert result.container_gone_after is not None


def test_values_of_any_kind_arrive(job: JobFolder) -> None:
    values = {"my-input": "a\nb 'c' \"d\" $e \\", "empty": "", "path": str(job.workspace / "x")}

    result = shell("env -0 | grep -z ^INPUT_ | sort -z | tr '\\0' '|'", job, values)

    assert result.stdout.decode() == (
        f"INPUT_EMPTY=|INPUT_MY-INPUT={values['my-input']}|INPUT_PATH=/github/workspace/x|"
    )


def test_files_come_back(job: JobFolder) -> None:
    result = shell("echo a=1 >>$GITHUB_OUTPUT; echo '# Hi' >>$GITHUB_STEP_SUMMARY; echo '::error::no' >&2; exit 4", job)

    assert (result.outcome, result.exit_code, result.outputs) == ("failure", 4, {"a": "1"})
    assert result.summary == "# Hi\n"
    assert [annotation.message for annotation in result.annotations] == ["no"]


def test_an_entrypoint_of_two_words_is_not_found(job: JobFolder) -> None:
    result = run_container(IMAGE, job, Step(Manifest(entrypoint="sh -c", args=("true",))))

    assert (result.outcome, result.exit_code) == ("failure", 127)


def test_a_network_of_the_job(job: JobFolder) -> None:
    network = f"harness-{uuid4().hex[:8]}"
    subprocess.run(["docker", "network", "create", network], check=True, capture_output=True)
    try:
        result = run_container(
            IMAGE, job, Step(Manifest(entrypoint="/bin/cat", args=("/etc/resolv.conf",))), network=network
        )
    finally:
        subprocess.run(["docker", "network", "rm", network], check=True, capture_output=True)

    assert b"127.0.0.11" in result.stdout  # docker's name server is there on networks of one's own only


@pytest.mark.alone
class TestCancel:
    def test_a_signal_to_the_client_reaches_the_first_process(self, job: JobFolder) -> None:
        result = shell(
            "trap 'echo r=interrupted >>$GITHUB_OUTPUT; exit 1' INT; echo ready; while :; do sleep .1; done",
            job,
            cancel=Cancel(when_line_matches="^ready$"),
        )

        assert (result.outcome, result.outputs) == ("cancelled", {"r": "interrupted"})
        assert result.cancelled_after is not None
        assert result.container_gone_after is not None
        assert result.cancelled_after <= result.container_gone_after < 7.5  # when the runner's second signal comes

    def test_a_container_can_outlive_its_client(self, job: JobFolder) -> None:
        result = shell(
            "trap '' INT TERM; echo ready; while :; do sleep .1; done",
            job,
            cancel=Cancel(when_line_matches="^ready$", scale=0.05),
        )

        assert (result.outcome, result.exit_code) == ("cancelled", -9)
        assert result.container_gone_after is None
