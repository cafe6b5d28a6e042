"""Steps run as processes: small Python programs in place of the action."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from helpers.virtual import PATIENCE
from runner import Annotation, Cancel, JobFolder, Manifest, Step, StepResult, run_process
from runner.job import RUNNER_UID

FAST = 0.1  # of the runner's 7.5 and 2.5 seconds between its signals
PRELUDE = "import os, signal, sys, time\n"


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def python(program: str, job: JobFolder, step: Step | None = None, cancel: Cancel | None = None) -> StepResult:
    argv = [sys.executable, "-I", "-S", "-u", "-X", "utf8", "-c", PRELUDE + program]
    return run_process(argv, job, step, cancel=cancel, limit=50)


def write(name: str, text: str) -> str:
    return f"open(os.environ['GITHUB_{name}'], 'a').write({text!r})\n"


def at_sigint(action: str) -> str:
    """Do this at SIGINT; a SIGTERM has to wait until it is done, however busy the machine is."""
    unblock = "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])"
    return (
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        f"signal.signal(signal.SIGINT, lambda *_: ({action}, {unblock}))\n"
    )


def running(status: Path) -> bool:
    """Tell a process from one that is gone, or dead and not reaped yet by whoever inherited it."""
    try:
        return "\nState:\tZ" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_step_that_uses_everything(job: JobFolder) -> None:
    result = python(
        "print('::set-output name=Status::by command')\n"
        "print('::add-mask::' + os.environ['INPUT_API-KEY'])\n"
        "print('using key-1')\n"
        "print('::warning::careful', file=sys.stderr)\n"
        + write("OUTPUT", "status=done\nkey=key-1\nempty=\n")
        + write("STEP_SUMMARY", "# Done with key-1\r\n")
        + write("ENV", "A=1\n")
        + write("STATE", "id=7\n")
        + write("PATH", "/opt/bin\n"),
        job,
        Step(Manifest(inputs={"api-key": ""}), {"api-key": "key-1"}),
    )

    assert (result.outcome, result.exit_code, result.failures) == ("success", 0, ())
    assert result.log.lines == ("##[warning]careful", "using ***")
    assert result.annotations == (Annotation("warning", "careful"),)
    assert result.outputs == {"Status": "done", "key": "key-1", "empty": ""}
    assert result.job_outputs == {"Status": "done"}
    assert (result.env, result.state, result.path) == ({"A": "1"}, {"id": "7"}, ("/opt/bin",))
    assert result.summary == "# Done with ***\n"
    assert result.output_file == b"status=done\nkey=key-1\nempty=\n"
    assert result.summary_file == b"# Done with key-1\r\n"
    assert result.stderr == b"::warning::careful\n"


def test_the_place_of_a_step(job: JobFolder) -> None:
    result = python(
        "print(os.getcwd() == os.environ['GITHUB_WORKSPACE'], repr(sys.stdin.read()))\n"
        "print(os.path.getsize(os.environ['GITHUB_EVENT_PATH']) > 2, os.environ['HOME'])\n"
        "print(sorted(name for name in os.environ if name.startswith('PYTEST')))\n",
        job,
        Step(env={"HOME": "/root"}),
    )

    assert result.log.lines == ("True ''", f"True {job.home}", "[]")


def test_files_belong_to_the_runner(job: JobFolder) -> None:
    host = job.new_step()
    status = host.command_file("OUTPUT").stat()

    assert status.st_mode & 0o777 == 0o644
    assert status.st_uid == (RUNNER_UID if os.geteuid() == 0 else os.geteuid())
    assert job.workspace.stat().st_uid == status.st_uid


def test_a_step_sees_the_files_of_those_before_it(job: JobFolder) -> None:
    python(write("OUTPUT", "a=1\n"), job)
    result = python("print(len([name for name in os.listdir(os.path.dirname(os.environ['GITHUB_OUTPUT']))]))", job)

    assert result.outputs == {}
    assert result.log.lines == ("14",)


class TestFailures:
    def test_an_exit_code_annotates_nothing(self, job: JobFolder) -> None:
        result = python(write("OUTPUT", "a=1") + "sys.exit(3)", job)

        assert (result.outcome, result.exit_code) == ("failure", 3)
        assert result.failures == ("The exit code is 3.",)
        assert result.annotations == ()
        assert result.outputs == {"a": "1"}

    def test_a_broken_output_file_fails_a_step_that_ends_well(self, job: JobFolder) -> None:
        result = python(write("OUTPUT", "a=1\nbroken\n") + write("STEP_SUMMARY", "kept"), job)

        assert (result.outcome, result.exit_code, result.outputs) == ("failure", 0, {"a": "1"})
        assert result.failures == ("Unable to process file command 'output' successfully. Invalid format 'broken'",)
        assert [annotation.message for annotation in result.annotations] == [
            "Unable to process file command 'output' successfully.",
            "Invalid format 'broken'",
        ]
        assert result.summary == "kept\n"

    def test_a_line_can_fail_a_step_that_ends_well(self, job: JobFolder) -> None:
        assert python("print('the server says ##[set-env name=A]b')", job).outcome == "failure"

    def test_a_summary_that_is_too_large_is_none_and_the_step_is_green(self, job: JobFolder) -> None:
        result = python("open(os.environ['GITHUB_STEP_SUMMARY'], 'w').write('x' * (1024 * 1024 + 1))", job)

        assert (result.outcome, result.summary) == ("success", "")
        assert result.annotations[0].message.startswith("$GITHUB_STEP_SUMMARY upload aborted")

    def test_a_file_that_is_gone_counts_as_empty(self, job: JobFolder) -> None:
        assert python("os.remove(os.environ['GITHUB_OUTPUT'])", job).outcome == "success"

    @pytest.mark.parametrize(
        "replace",
        [
            pytest.param("os.mkdir(path)", id="a directory"),
            pytest.param(
                "os.close(os.open(path, os.O_CREAT, 0o600))",
                id="a file for root alone",
                marks=pytest.mark.skipif(os.geteuid() != 0, reason="the process and the runner are one user"),
            ),
        ],
    )
    def test_a_file_out_of_reach_fails_the_step(self, job: JobFolder, replace: str) -> None:
        result = python(f"path = os.environ['GITHUB_OUTPUT']; os.remove(path); {replace}", job)

        assert result.outcome == "failure"
        assert "Access to the path" in result.failures[0]

    def test_an_input_that_is_too_large_never_starts(self, job: JobFolder) -> None:
        largest = "x" * (128 * 1024 - len("INPUT_X=") - 1)

        assert python("print(len(os.environ['INPUT_X']))", job, Step(with_={"x": largest})).log.lines[-1] == "131063"
        result = python("print('never')", job, Step(with_={"x": largest + "x"}))
        assert result.outcome == "failure"
        assert "Argument list too long" in result.failures[0]

    def test_a_step_that_hangs_is_killed(self, job: JobFolder) -> None:
        result = run_process([sys.executable, "-I", "-c", "import time; time.sleep(60)"], job, limit=0.2)

        assert (result.outcome, result.exit_code) == ("failure", -signal.SIGKILL)
        assert "The harness killed the step: it ran for too long." in result.failures

    def test_what_it_leaves_running_is_killed_too(self, job: JobFolder) -> None:
        result = python(
            "import subprocess\nprint(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
            " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid)",
            job,
        )

        status, deadline = Path(f"/proc/{result.log.lines[0]}/status"), time.monotonic() + PATIENCE
        while running(status) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not running(status)


class TestViewer:
    def test_lines_come_live_and_masked(self, job: JobFolder) -> None:
        seen: list[str] = []

        def look(line: str) -> None:
            seen.append(line)
            if "two" in line:
                (job.workspace / "seen").touch()

        wait = "while not os.path.exists('seen'): time.sleep(.01)"
        program = f"{PRELUDE}print('key one')\nprint('::error::two')\n{wait}\nsys.stderr.write('three')\n" + write(
            "OUTPUT", "bad"
        )

        result = run_process(
            [sys.executable, "-I", "-S", "-u", "-c", program],
            job,
            Step(secrets=("key\n",)),
            on_line=look,
        )

        assert seen == [
            "*** one",
            "##[error]two",
            "three",
            "##[error]Unable to process file command 'output' successfully.",
            "##[error]Invalid format 'bad'",
        ]
        assert result.log.lines[0] == "three"

    def test_debug_is_announced_and_shown(self, job: JobFolder) -> None:
        program = "print('::debug::' + os.environ.get('RUNNER_DEBUG', 'no'))"

        assert python(program, job, Step(debug=True)).log.lines == ("##[debug]1",)
        assert python(program, job).log.lines == ()

    def test_unknown_inputs_are_warned_of_first(self, job: JobFolder) -> None:
        result = python("print(os.environ['INPUT_ODD'])", job, Step(Manifest(), {"odd": "x"}))

        assert [line[:11] for line in result.log.lines] == ["##[warning]", "x"]

    def test_megabytes_of_output_arrive(self, job: JobFolder) -> None:
        result = python("sys.stdout.write('x' * 3_000_000 + '\\n')\nsys.stderr.write('y\\n' * 100_000)", job)

        assert (len(result.stdout), len(result.stderr)) == (3_000_001, 200_000)
        assert len(result.log.lines) == 100_001


@pytest.mark.long
class TestCancel:
    def test_a_program_that_obeys(self, job: JobFolder) -> None:
        result = python(
            "try:\n  print('ready'); time.sleep(60)\n"
            "except KeyboardInterrupt:\n  " + write("OUTPUT", "result=interrupted\n") + "  sys.exit(1)",
            job,
            cancel=Cancel(when_line_matches="^ready$"),
        )

        assert (result.outcome, result.exit_code) == ("cancelled", 1)
        assert result.outputs == {"result": "interrupted"}
        assert result.annotations == (Annotation("error", "The operation was canceled."),)
        assert result.cancelled_after is not None
        assert result.cancelled_after < 7.5  # when the runner's second signal comes

    def test_sigterm_follows_after_seven_and_a_half_seconds(self, job: JobFolder) -> None:
        result = python(
            at_sigint("print('SIGINT')") + "print('ready')\nwhile True: time.sleep(60)",
            job,
            cancel=Cancel(when_line_matches="ready", scale=FAST),
        )

        assert (result.exit_code, result.log.lines[1]) == (-signal.SIGTERM, "SIGINT")
        assert result.cancelled_after is not None
        assert 7.5 * FAST <= result.cancelled_after < 5

    def test_sigkill_follows_two_and_a_half_seconds_later(self, job: JobFolder) -> None:
        result = python(
            "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
            "print('ready')\ntime.sleep(60)",
            job,
            cancel=Cancel(when_line_matches="ready", scale=FAST),
        )

        assert result.exit_code == -signal.SIGKILL
        assert result.cancelled_after is not None
        assert 10 * FAST <= result.cancelled_after < 5

    def test_it_may_wait_for_a_later_line_that_matches(self, job: JobFolder) -> None:
        result = python(
            "for seconds in (0.5, 60, 0): print('ready'); time.sleep(seconds)",
            job,
            cancel=Cancel(when_line_matches="ready", occurrence=2),
        )

        assert result.log.lines.count("ready") == 2
        assert result.exit_code != 0

    def test_lines_that_match_again_do_not_hurry_the_runner(self, job: JobFolder) -> None:
        result = python(
            at_sigint("[print('ready') for _ in range(9)]") + "print('ready')\nwhile True: time.sleep(60)",
            job,
            cancel=Cancel(when_line_matches="ready", scale=FAST),
        )

        assert result.exit_code == -signal.SIGTERM
        assert result.cancelled_after is not None
        assert result.cancelled_after >= 7.5 * FAST

    def test_after_some_time(self, job: JobFolder) -> None:
        result = python("time.sleep(60)", job, cancel=Cancel(after_seconds=0.3, scale=FAST))

        assert result.outcome == "cancelled"
        assert result.seconds >= 0.3

    def test_a_step_that_ends_before_is_not_cancelled(self, job: JobFolder) -> None:
        result = python("print('done')", job, cancel=Cancel(after_seconds=9))

        assert (result.outcome, result.cancelled_after) == ("success", None)

    def test_a_timeout_of_the_step_is_a_failure(self, job: JobFolder) -> None:
        result = python("time.sleep(60)", job, cancel=Cancel(after_seconds=0.1, scale=FAST, by_timeout=True))

        assert (result.outcome, result.failures) == ("failure", ("The action has timed out.",))
