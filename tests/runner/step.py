"""A step of a workflow that runs a container action: in its container, or as a process of this machine."""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from runner import docker, files
from runner.annotations import Annotation
from runner.arguments import delivered
from runner.environment import ACTIONS, HostPaths, in_container, step_environment
from runner.job import JobFolder, read_as_runner
from runner.log import Log, Recorder
from runner.manifest import Manifest, input_warnings, step_inputs
from runner.masking import encodings, mask, secret_lines
from runner.process import Cancel, Ended, run
from runner.text import put

LEFT_BEHIND = 2.0  # seconds that a container gets to vanish once its client has ended

NOT_STARTED = 126  # what a shell says; the runner gets no exit code at all

Outcome = Literal["success", "failure", "cancelled"]
Show = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """What the workflow says about the step; *secrets* are values that the job masks from the start."""

    manifest: Manifest = field(default_factory=Manifest)
    with_: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    state: Mapping[str, str] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    debug: bool = False


@dataclass(frozen=True)
class StepResult:
    """What is left of a step.

    *failures* are the reasons that make it fail. Times are seconds: *cancelled_after* from SIGINT to the end of
    the process, *container_gone_after* from SIGINT (or, with no cancel, from the end) until `docker ps` does not
    list it, None if it had to be removed.
    """

    outcome: Outcome
    exit_code: int
    stdout: bytes
    stderr: bytes
    log: Log
    failures: tuple[str, ...]
    outputs: Mapping[str, str]
    state: Mapping[str, str]
    env: Mapping[str, str]
    path: tuple[str, ...]
    summary: str
    output_file: bytes
    summary_file: bytes
    seconds: float
    cancelled_after: float | None = None
    container_gone_after: float | None = None

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What stands on the run's page, the runner's own words included."""
        return self.log.annotations

    @property
    def job_outputs(self) -> dict[str, str]:
        """What other jobs would get: no empty output, none with a secret in it (JobExtension.cs:801-818)."""
        forms = {form for secret in self.log.masks for form in encodings(secret)}
        return {name: value for name, value in self.outputs.items() if value and mask(value, forms) == value}


def run_process(
    argv: Sequence[str],
    job: JobFolder,
    step: Step | None = None,
    *,
    on_line: Show | None = None,
    cancel: Cancel | None = None,
    limit: float = 60.0,
) -> StepResult:
    """Run a step as a process of this machine: the same variables and files, with the host's paths.

    *on_line* gets each line as a viewer of the log would see it, when it comes. *limit* seconds are the most.
    """
    step, host = step or Step(), job.new_step()
    environment = {"PATH": os.environ.get("PATH", os.defpath)} | _environment(step, host)
    recording = _Recording(step, on_line, workspace=str(host.workspace))
    ended = recording.run(argv, environment, host, cancel, limit)
    return recording.result(ended, host, cancel)


def run_container(
    image: str,
    job: JobFolder,
    step: Step | None = None,
    *,
    network: str | None = None,
    on_line: Show | None = None,
    cancel: Cancel | None = None,
    limit: float = 60.0,
) -> StepResult:
    """Run a step in its container, by the runner's own `docker run`; else as `run_process`."""
    step, host = step or Step(), job.new_step()
    environment = in_container(_environment(step, host), host)
    name = docker.container_name(image)
    argv = docker.docker_run(
        image,
        host,
        environment,
        container=name,
        entrypoint=step.manifest.entrypoint,
        network=network,
        args=delivered(step.manifest.args),
    )
    argv[0] = docker.docker_program()
    recording = _Recording(step, on_line)
    try:
        ended = recording.run(argv, docker.client_environment(os.environ, environment), host, cancel, limit)
        gone = docker.seconds_until_gone(name, LEFT_BEHIND)
    finally:
        docker.remove(name)
    return recording.result(ended, host, cancel, gone)


def _environment(step: Step, host: HostPaths) -> dict[str, str]:
    return step_environment(
        host,
        step_inputs(step.manifest, step.with_),
        env=step.env,
        state=step.state,
        runs_env=step.manifest.env,
        proxies=step.proxies,
        debug=step.debug,
    )


class _Recording:
    """One step seen twice: live, as lines arrive, for the viewer; in a fixed order for the result."""

    def __init__(self, step: Step, on_line: Show | None, workspace: str = "/github/workspace") -> None:
        self._show = on_line or (lambda _: None)
        secrets = [
            line for secret in (*step.secrets, ACTIONS["RUNTIME_TOKEN"]) for line in secret_lines(secret)
        ]
        self._live = Recorder(secrets=secrets, debug=step.debug, workspace=workspace, show=self._show)
        self._final = Recorder(secrets=secrets, debug=step.debug, workspace=workspace)
        for recorder in (self._live, self._final):
            for warning in input_warnings(step.manifest, step.with_):
                recorder.issue("warning", warning)

    def run(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        host: HostPaths,
        cancel: Cancel | None,
        limit: float,
    ) -> Ended:
        """Run the process; one whose variables or arguments are too large never starts."""
        try:
            return run(argv, env=env, cwd=host.workspace, hear=self._live.read, cancel=cancel, limit=limit)
        except OSError as error:
            if error.errno != errno.E2BIG:
                raise
            start_error = f"An error occurred trying to start process '{argv[0]}'. {error.strerror}"
            return Ended(NOT_STARTED, b"", b"", ended_at=0.0, interrupted_at=None, start_error=start_error)

    def result(
        self, ended: Ended, host: HostPaths, cancel: Cancel | None, gone: float | None = None
    ) -> StepResult:
        """Read the streams again, stderr first, then the files, as the runner does even after a cancel."""
        recorder = self._final
        recorder.read_streams(ended.stdout, ended.stderr)
        heard = len(recorder.log().lines)
        left = _Files(host, recorder).read()
        failures = _conclude(recorder, ended, cancel)
        log = recorder.log()
        for line in log.lines[heard:]:
            self._show(line)
        after = None if ended.interrupted_at is None else ended.ended_at - ended.interrupted_at
        return StepResult(
            outcome=_outcome(failures, ended, cancel),
            exit_code=ended.exit_code,
            stdout=ended.stdout,
            stderr=ended.stderr,
            log=log,
            failures=failures,
            outputs=_over(log.outputs, left.outputs),
            state=_over(log.state, left.state),
            env=left.env,
            path=left.path,
            summary=left.summary,
            output_file=left.output_file,
            summary_file=left.summary_file,
            seconds=ended.ended_at,
            cancelled_after=after,
            container_gone_after=None if gone is None else gone + (after or 0.0),
        )


@dataclass(frozen=True)
class _Left:
    path: tuple[str, ...]
    env: Mapping[str, str]
    summary: str
    state: Mapping[str, str]
    outputs: Mapping[str, str]
    output_file: bytes
    summary_file: bytes


class _Files:
    """The files of a step, each read whatever became of the others (FileCommandManager.cs:75-90)."""

    def __init__(self, host: HostPaths, recorder: Recorder) -> None:
        self._host, self._recorder = host, recorder

    def read(self) -> _Left:
        """Read them in the runner's order (ExtensionManager.cs:60-66)."""
        path = files.read_path(self._bytes("PATH"))
        env = self._values("ENV", files.read_env(self._bytes("ENV")))
        summary_file = self._bytes("STEP_SUMMARY")
        summary = files.read_summary(summary_file, self._recorder.mask)
        if summary.complaint:
            self._recorder.issue("error", summary.complaint)
        state = self._values("STATE", files.read_state(self._bytes("STATE")))
        output_file = self._bytes("OUTPUT")
        outputs = self._values("OUTPUT", files.read_outputs(output_file))
        return _Left(path, env, summary.text, state, outputs, output_file, summary_file)

    def _bytes(self, name: str) -> bytes:
        try:
            return read_as_runner(self._host.command_file(name))
        except files.FileError as error:
            self._fail(name, str(error))
            return b""

    def _values(self, name: str, read: files.Values) -> Mapping[str, str]:
        for complaint in read.complaints:
            self._recorder.issue("error", complaint)
        if read.failure:
            self._fail(name, read.failure)
        return read.values

    def _fail(self, name: str, message: str) -> None:
        self._recorder.fail(f"Unable to process file command '{name.lower()}' successfully.", message)


def _conclude(recorder: Recorder, ended: Ended, cancel: Cancel | None) -> tuple[str, ...]:
    """Add the runner's last words (StepsRunner.cs:318-351), and give all reasons for a failure."""
    if ended.start_error:
        recorder.fail(ended.start_error)
    if ended.overran:
        recorder.fail("The harness killed the step: it ran for too long.")
    if ended.interrupted_at is None:
        # A container's exit code makes no annotation of its own (handler :270-274).
        code = (f"The exit code is {ended.exit_code}.",) if ended.exit_code else ()
        return (*recorder.log().failures, *code)
    if cancel and cancel.by_timeout:
        recorder.fail("The action has timed out.")
    else:
        recorder.issue("error", "The operation was canceled.")
    return recorder.log().failures


def _outcome(failures: tuple[str, ...], ended: Ended, cancel: Cancel | None) -> Outcome:
    """Judge the step (contract, section 5); after a cancel neither exit code nor files matter."""
    if ended.interrupted_at is not None and cancel and not cancel.by_timeout:
        return "cancelled"
    return "failure" if failures else "success"


def _over(commands: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """Set what the file says over what commands said: it is read later."""
    values = dict(commands)
    for name, value in file.items():
        put(values, name, value)
    return values
