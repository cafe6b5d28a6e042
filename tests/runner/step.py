"""A step of a workflow that runs a container action: in its container, or as a process of this machine."""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from runner import docker
from runner.arguments import delivered
from runner.environment import ACTIONS, HostPaths, in_container, step_environment
from runner.job import JobFolder
from runner.log import Recorder
from runner.manifest import Manifest, input_warnings, step_inputs
from runner.masking import secret_lines
from runner.process import Cancel, Ended, run
from runner.result import StepResult, conclude

LEFT_BEHIND = 2.0  # seconds that a container gets to vanish once its client has ended

NOT_STARTED = 126  # what a shell says; the runner gets no exit code at all

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
    machine: Sequence[str] = (),
    on_line: Show | None = None,
    cancel: Cancel | None = None,
    limit: float = 60.0,
) -> StepResult:
    """Run a step in its container, by the runner's own `docker run`; else as `run_process`.

    *machine* are options of Docker's for what the machine is short of.
    """
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
        machine=machine,
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
        secrets = [line for secret in (*step.secrets, ACTIONS["RUNTIME_TOKEN"]) for line in secret_lines(secret)]
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

    def result(self, ended: Ended, host: HostPaths, cancel: Cancel | None, gone: float | None = None) -> StepResult:
        """Read the streams again, stderr first, and conclude; the viewer gets the runner's last words, too."""
        self._final.read_streams(ended.stdout, ended.stderr)
        heard = len(self._final.log().lines)
        result = conclude(self._final, ended, host, cancel, gone)
        for line in result.log.lines[heard:]:
            self._show(line)
        return result
