"""What is left of a step once its process has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from runner import files
from runner.annotations import Annotation
from runner.environment import HostPaths
from runner.job import read_as_runner
from runner.log import Log, Recorder
from runner.masking import encodings, mask
from runner.process import Cancel, Ended
from runner.text import put

Outcome = Literal["success", "failure", "cancelled"]


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


def conclude(
    recorder: Recorder, ended: Ended, host: HostPaths, cancel: Cancel | None, gone: float | None = None
) -> StepResult:
    """Read the files, as the runner does even after a cancel, and judge the step; *gone* counts from the end."""
    left = _Files(host, recorder).read()
    failures = _last_words(recorder, ended, cancel)
    log = recorder.log()
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


def _last_words(recorder: Recorder, ended: Ended, cancel: Cancel | None) -> tuple[str, ...]:
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
    """Judge the step; after a cancel neither exit code nor files matter."""
    if ended.interrupted_at is not None and cancel and not cancel.by_timeout:
        return "cancelled"
    return "failure" if failures else "success"


def _over(commands: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """Set what the file says over what commands said: it is read later."""
    values = dict(commands)
    for name, value in file.items():
        put(values, name, value)
    return values
