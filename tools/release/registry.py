"""The image in a registry: pushed, tagged, pulled as anybody would, started on each platform; and in Docker, tested."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from release.failure import NotReady
from release.layout import PLATFORMS

OF_ITSELF = "result: invalid-input"  # what the action says if it is started without inputs; it sends nothing then


def _skopeo_copy(*arguments: str) -> None:
    if not shutil.which("skopeo"):
        raise NotReady("skopeo is missing. Install it: apt-get install skopeo")
    subprocess.run(["skopeo", "copy", "--quiet", *arguments], check=True)


def _copy_index(source: str, target: str) -> None:
    """Copy an index with all that is in it, to the last byte, so that its digest stays."""
    flags = [f"--{role}-tls-verify=false" for role, name in (("src", source), ("dest", target)) if _is_local(name)]
    _skopeo_copy("--all", "--preserve-digests", *flags, source, target)


def _is_local(reference: str) -> bool:
    return reference.startswith(("docker://localhost:", "docker://127.0.0.1:"))


def push(layout: Path, reference: str) -> None:
    """Push a layout's one index by its digest, without a tag: `name@sha256:…`. Another digest is refused."""
    _copy_index(f"oci:{layout}", f"docker://{reference}")


def retag(reference: str, tag: str) -> None:
    """Give an image that is in the registry by digest a tag."""
    _copy_index(f"docker://{reference}", f"docker://{reference.partition('@')[0]}:{tag}")


def load(layout: Path, name: str) -> None:
    """Give this machine's Docker the image of a layout under that name, so that the tests run what will be pushed.

    Docker keeps layers unpacked and has no use for what is about an image. So they go in as an archive: the config with
    the digest of each layer's content is the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/image.tar"
        _skopeo_copy(f"oci:{layout}", f"docker-archive:{archive}:{name}")
        subprocess.run(["docker", "load", "--quiet", "--input", archive], check=True)


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
