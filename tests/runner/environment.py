"""The variables of a step, and what becomes of them on the way into its container."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# A push to the default branch, with `uses: ./`: so no ACTION_REPOSITORY or ACTION_REF, and never a TOKEN.
GITHUB = {
    "ACTION": "__self",
    "ACTOR": "octocat",
    "ACTOR_ID": "583231",
    "API_URL": "https://api.github.com",
    "BASE_REF": "",
    "EVENT_NAME": "push",
    "GRAPHQL_URL": "https://api.github.com/graphql",
    "HEAD_REF": "",
    "JOB": "deploy",
    "REF": "refs/heads/main",
    "REF_NAME": "main",
    "REF_PROTECTED": "false",
    "REF_TYPE": "branch",
    "REPOSITORY": "octo-org/octo-repo",
    "REPOSITORY_ID": "123456789",
    "REPOSITORY_OWNER": "octo-org",
    "REPOSITORY_OWNER_ID": "987654321",
    "RETENTION_DAYS": "90",
    "RUN_ATTEMPT": "1",
    "RUN_ID": "1658821493",
    "RUN_NUMBER": "3",
    "SERVER_URL": "https://github.com",
    "SHA": "ffac537e6cbbf934b08745a378932722df287a53",
    "TRIGGERING_ACTOR": "octocat",
    "WORKFLOW": "release",
    "WORKFLOW_REF": "octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main",
    "WORKFLOW_SHA": "ffac537e6cbbf934b08745a378932722df287a53",
}

RUNNER = {
    "ARCH": "X64",
    "ENVIRONMENT": "github-hosted",
    "NAME": "GitHub Actions 1",
    "OS": "Linux",
    "TOOL_CACHE": "/opt/hostedtoolcache",  # not mounted: in the container it does not exist
}

# `run:` steps do not get these (ContainerActionHandler.cs:220-253).
ACTIONS = {
    "CACHE_URL": "https://cache.actions.invalid/",
    "RESULTS_URL": "https://results.actions.invalid/",
    "RUNTIME_TOKEN": "a-token-of-the-runtime",
    "RUNTIME_URL": "https://pipelines.actions.invalid/",
}

# FileCommandManager.cs:127-352: variable (without GITHUB_) and how its file's name begins.
COMMAND_FILES = {
    "ARTIFACTS": "artifacts_",
    "ARTIFACTS_LIST": "artifacts_list_",
    "ENV": "set_env_",
    "OUTPUT": "set_output_",
    "PATH": "add_path_",
    "STATE": "save_state_",
    "STEP_SUMMARY": "step_summary_",
}


@dataclass(frozen=True)
class HostPaths:
    """Where a job's directories are on the runner's host; *guid* tells one step's files from another's."""

    temp: Path
    workspace: Path
    guid: str

    @property
    def home(self) -> Path:
        """HOME of every container action of the job."""
        return self.temp / "_github_home"

    @property
    def workflow(self) -> Path:
        """Where event.json lies."""
        return self.temp / "_github_workflow"

    @property
    def file_commands(self) -> Path:
        """Where the files of all steps lie."""
        return self.temp / "_runner_file_commands"

    def command_file(self, name: str) -> Path:
        """Give the file that GITHUB_<name> points to."""
        return self.file_commands / f"{COMMAND_FILES[name]}{self.guid}"

    @property
    def mounts(self) -> tuple[tuple[Path, str], ...]:
        """Give what is mounted where, in the order of the command line, without the docker socket."""
        return (
            (self.temp, "/github/runner_temp"),
            (self.home, "/github/home"),
            (self.workflow, "/github/workflow"),
            (self.file_commands, "/github/file_commands"),
            (self.workspace, "/github/workspace"),
        )


def step_environment(
    host: HostPaths,
    inputs: Mapping[str, str],
    *,
    env: Mapping[str, str] | None = None,
    state: Mapping[str, str] | None = None,
    runs_env: Mapping[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    debug: bool = False,
) -> dict[str, str]:
    """Give all variables of a step, with the host's paths; a later source overrides an earlier one.

    *env* is what workflow, job, step and GITHUB_ENV set; *inputs* are INPUT_ variables; *runs_env* is
    action.yml's.
    """
    saved = {f"STATE_{name}": value for name, value in (state or {}).items()}
    environment = {**(proxies or {}), **(env or {}), **saved, **inputs}
    environment = {**(runs_env or {}), **environment}  # only what is not there already (handler :160-170)
    return {
        "CI": "true",  # `-e CI=true` unless env has it (DockerCommandManager.cs:194-262)
        **environment,
        "HOME": str(host.home),
        **{f"GITHUB_{name}": value for name, value in (GITHUB | _github_paths(host)).items()},
        **{f"RUNNER_{name}": value for name, value in (RUNNER | _runner_paths(host)).items()},
        **({"RUNNER_DEBUG": "1"} if debug else {}),
        **{f"ACTIONS_{name}": value for name, value in ACTIONS.items()},
        "GITHUB_ACTIONS": "true",
    }


def in_container(environment: Mapping[str, str], host: HostPaths) -> dict[str, str]:
    """Rewrite values that are, or begin with, a mounted directory (ContainerInfo.cs:164-196).

    The mount added last is looked at first: the home is /github/home though it lies in the mounted temp.
    """
    return {name: _translated(value, host) for name, value in environment.items()}


def _translated(value: str, host: HostPaths) -> str:
    for directory, mounted in reversed(host.mounts):
        if value == str(directory) or value.startswith(f"{directory}/"):
            return mounted + value.removeprefix(str(directory))
    return value


def _github_paths(host: HostPaths) -> dict[str, str]:
    files = {name: str(host.command_file(name)) for name in COMMAND_FILES}
    return files | {"EVENT_PATH": str(host.workflow / "event.json"), "WORKSPACE": str(host.workspace)}


def _runner_paths(host: HostPaths) -> dict[str, str]:
    return {"TEMP": str(host.temp), "WORKSPACE": str(host.workspace.parent)}
