"""What scanners find in the image: the release of Debian, and every package of it that something is from."""

import re
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from helpers.containers import ACTION, SIMULATOR, docker

pytestmark = pytest.mark.container

Files = dict[str, tarfile.TarInfo]
STATUS = "var/lib/dpkg/status.d/"
LIBRARY = "usr/lib/python3.13/"
LICENCE_ONLY = {"gcc-14-base"}  # libgcc-s1's licence is there


def in_debian(name: str) -> str:
    """Return where Debian has a file of the image: `/lib` is in `/usr`, and byte code stands for its source."""
    if name == "usr/bin/python3":
        return "/usr/bin/python3.13"
    name = re.sub("^lib", "usr/lib", name)
    return "/" + (re.sub(r"\.pyc$", ".py", name) if "__pycache__" not in name else name)


def owners(names: Iterable[str]) -> dict[str, str]:
    """Ask Debian's own data base, in the image that ours is made from, which package has each file; or none."""
    command = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "dpkg-query", SIMULATOR, "--search"]
    known = subprocess.run([*command, *names], check=False, capture_output=True, text=True).stdout
    lines = (line.split(": ", 1) for line in known.splitlines())
    return {path: package.split(":")[0] for package, path in lines}


@pytest.fixture(scope="module")
def owned(files: Files) -> dict[str, str]:
    return owners(
        in_debian(name) for name, file in files.items() if not file.isdir() and not name.startswith("usr/share")
    )


def test_the_release_of_debian_is_told(files: Files) -> None:
    process = docker(
        "run",
        "--rm",
        "--entrypoint",
        "/usr/bin/python3",
        ACTION,
        "-I",
        "-c",
        "import platform; print(platform.freedesktop_os_release()['ID'])",
    )

    assert process == "debian"
    assert {"etc/os-release", "usr/lib/os-release", "etc/debian_version"} < set(files)


def test_every_package_that_a_file_is_from_has_its_entry(files: Files, owned: dict[str, str]) -> None:
    entries = {name.removeprefix(STATUS) for name, file in files.items() if name.startswith(STATUS) and file.isfile()}

    assert entries == set(owned.values()) | LICENCE_ONLY
    assert {"base-files", "libc6", "libpython3.13-stdlib", "libssl3t64", "python3.13-minimal"} < entries


def test_what_is_not_debians_is_where_it_is_known_to_be(files: Files, owned: dict[str, str]) -> None:
    packages = {name.split("/")[3].split("-")[0] for name in files if name.endswith(".dist-info/RECORD")}
    python = [f"{LIBRARY}{folder}{name}" for name in (*packages, "cerebras_deploy") for folder in ("", "__pycache__/")]
    ours = ("action/", "etc/", "usr/lib/ssl/certs/", "usr/share/doc/", STATUS, *python)
    rest = [name for name, file in files.items() if file.isfile() and in_debian(name) not in owned]

    assert [name for name in rest if not name.startswith(ours)] == []
    assert len(owned) > 150


def test_licences_are_kept(files: Files) -> None:
    python = [name for name in files if name.endswith(".dist-info/METADATA")]

    for package in (Path(name).name for name in files if name.startswith(STATUS) and name != STATUS):
        copyright_ = files[f"usr/share/doc/{package}"]
        assert f"usr/share/doc/{copyright_.linkname or package}/copyright" in files
    for metadata in python:
        folder = metadata.removesuffix("METADATA")
        assert [name for name in files if name.startswith(folder) and "LICEN" in name.upper()], folder
    assert "usr/share/doc/cerebras-deploy-action/LICENSE" in files
