"""The image in a registry: pushed, tagged, pulled as anybody would, started on each platform."""

import shutil
import subprocess
from pathlib import Path

from release.failure import NotReady
from release.layout import PLATFORMS

OF_ITSELF = "result: invalid-input"  # what the action says if it is started without inputs; it sends nothing then


def skopeo_copy(source: str, target: str) -> None:
    """Copy an index with all that is in it, to the last byte, so that its digest stays."""
    if not shutil.which("skopeo"):
        raise NotReady("skopeo is missing. Install it: apt-get install skopeo")
    flags = [f"--{role}-tls-verify=false" for role, name in (("src", source), ("dest", target)) if _is_local(name)]
    subprocess.run(["skopeo", "copy", "--quiet", "--all", "--preserve-digests", *flags, source, target], check=True)


def _is_local(reference: str) -> bool:
    return reference.startswith(("docker://localhost:", "docker://127.0.0.1:"))


def push(layout: Path, name: str) -> None:
    """Push a layout's one index under that name and tag."""
    skopeo_copy(f"oci:{layout}", f"docker://{name}")


def retag(reference: str, tag: str) -> None:
    """Give an image that is in the registry by digest another tag."""
    skopeo_copy(f"docker://{reference}", f"docker://{reference.partition('@')[0]}:{tag}")


def pull(reference: str) -> None:
    """Pull an image as its users do, which must work without a login."""
    if subprocess.run(["docker", "pull", "--quiet", reference], check=False).returncode:
        raise NotReady(
            f"{reference} cannot be pulled without a login. Make its package public (in the package's settings on "
            "GitHub: Change visibility), then re-run the failed jobs."
        )


def start(reference: str) -> None:
    """Start the action on each platform of an index: without inputs it says so, sends nothing, and fails.

    Docker's classic image store holds one platform under an index' digest, so the image goes in between.
    """
    for platform in PLATFORMS:
        command = ["docker", "run", "--rm", "--platform", platform, reference]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"{platform}:\n{done.stdout}")
        if not done.returncode or OF_ITSELF not in done.stdout:
            raise NotReady(f"{reference} does not start on {platform}")
        subprocess.run(["docker", "image", "rm", "--force", reference], check=True, stdout=subprocess.DEVNULL)
