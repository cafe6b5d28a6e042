"""The docker command lines of the runner."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from runner.environment import HostPaths

LABEL = "7cdb2a"  # on a real runner: the first six digits of a hash of its settings


def docker_run(
    image: str,
    host: HostPaths,
    names: Iterable[str],
    *,
    container: str,
    entrypoint: str = "",
    network: str | None = None,
    machine: Sequence[str] = (),
    args: Sequence[str] = (),
) -> list[str]:
    """Write the `docker run` of the runner, without the docker socket (DockerCommandManager.cs:194-262).

    Variables go by name: their values come from the client's environment. No user, no terminal, no init. `machine` are
    options for what a machine is short of; on a real one, Docker itself is set so.
    """
    return [
        *("docker", "run", "--name", container, "--label", LABEL, "--workdir", "/github/workspace", "--rm"),
        *(word for name in names for word in ("-e", name)),
        *(("--entrypoint", entrypoint) if entrypoint else ()),
        *(("--network", network) if network else ()),
        *(word for directory, mounted in host.mounts for word in ("-v", f"{directory}:{mounted}")),
        *machine,
        *(image, *args),
    ]


def container_name(image: str) -> str:
    """Name a container as the runner does: letters and digits of the image's name, and six digits."""
    return f"{''.join(filter(str.isalnum, image))}_{uuid.uuid4().hex[:6]}"


def client_environment(own: Mapping[str, str], step: Mapping[str, str]) -> dict[str, str]:
    """Give the client's environment: the step's PATH, HOME or DOCKER_HOST hit it, too (handler :255-258)."""
    return {**own, **step}


def docker_build(dockerfile: Path, tag: str) -> list[str]:
    """Write the runner's `docker build`, in the Dockerfile's directory (DockerCommandManager.cs:105-108)."""
    return ["docker", "build", "-t", tag, "-f", str(dockerfile), str(dockerfile.parent)]


def build_image(dockerfile: Path, tag: str) -> None:
    """Build an image; its output goes to ours."""
    subprocess.run(docker_build(dockerfile, tag), check=True)


def seconds_until_gone(container: str, patience: float) -> float | None:
    """Wait until `docker ps` no longer lists a container, running or not; None if that does not happen."""
    start = time.monotonic()
    while _listed(container):
        if time.monotonic() - start > patience:
            return None
        time.sleep(0.05)
    return time.monotonic() - start


def remove(container: str) -> None:
    """Kill and remove a container that may be gone already."""
    subprocess.run(["docker", "rm", "--force", container], check=False, capture_output=True)


def _listed(container: str) -> bool:
    listing = ["docker", "ps", "--all", "--quiet", "--filter", f"name=^/{container}$"]
    return bool(subprocess.run(listing, check=True, capture_output=True).stdout.strip())


def docker_program() -> str:
    """Find the client before a step's PATH can hide it."""
    return shutil.which("docker") or "docker"
