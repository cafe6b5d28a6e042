"""A start from one file is as one from many. Of the image's own: image/test_image.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.repository import ROOT

BUNDLE = ROOT / "src" / "bundle.py"
# What httpx imports only where it is found, and is not in the image, is not found.
BEGIN = """
import sys
sys.modules.update(anyio=None, click=None, rich=None)
sys.path.insert(0, sys.argv[1])
import bundle
"""
OPTIONAL = {"_main", "anyio", "http2", "socks_proxy", "trio"}  # their imports fail without those packages
MAKE = "bundle.make(sys.argv[2])"
# Prints, of the files that are opened until the process connects, those that modules are in.
OPENED = """
import os
opened = []
def heard(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".py", ".pyc")):
        opened.append(f"opened: {arguments[0]}")
    if event == "socket.connect":
        print("connects", *opened, sep="\\n", flush=True)
        os._exit(0)
sys.addaudithook(heard)
bundle.run(sys.argv[2])
"""
# Prints what a module of the bundle knows of itself, and what one beside it finds there.
KNOWN = """
import marshal
with open(sys.argv[2], "rb") as stream:
    sys.meta_path.insert(0, bundle.Finder(marshal.loads(stream.read())))
import certifi, httpx, inspect, traceback
assert isinstance(httpx.__spec__.loader, bundle.Loader)
print(httpx.__file__, certifi.where())
import httpx._transports.mock
try:
    httpx.URL(3)
except TypeError as error:
    print("".join(traceback.format_exception(error)))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bundle") / "bundle"
    of_program(MAKE, file)
    return file


def given(**inputs: str) -> dict[str, str]:
    least = {
        "api-key": "k" * 20,
        "endpoint": "e",
        "model": "m",
        "alias": "production",
        "base-url": "http://127.0.0.1:9",
    }
    return {f"INPUT_{name.upper()}": value for name, value in (least | inputs).items()}


def of_program(program: str, bundle: Path) -> str:
    command = [sys.executable, "-I", "-B", "-c", BEGIN + program, str(BUNDLE.parent), str(bundle)]
    done = subprocess.run(command, env=given(), check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_run_from_it_is_as_one_from_the_modules(bundle: Path) -> None:
    runs = [
        subprocess.run([sys.executable, "-I", *command], env=given(endpoint="a/b"), capture_output=True, check=False)
        for command in ([BUNDLE, bundle], ["-m", "cerebras_deploy"])
    ]

    assert {(run.returncode, run.stdout, run.stderr) for run in runs} == {(1, runs[1].stdout, b"")}
    assert b", got `a/b`." in runs[0].stdout


def test_no_module_is_in_a_file_of_its_own_until_the_request_is_sent(bundle: Path) -> None:
    said = of_program(OPENED, bundle).splitlines()

    opened = {Path(line).name.partition(".")[0] for line in said if line.startswith("opened: ")}
    assert opened <= OPTIONAL
    assert "connects" in said


def test_a_module_of_it_knows_its_file_and_what_is_beside_it(bundle: Path) -> None:
    said = of_program(KNOWN, bundle)

    assert "/httpx/__init__.py " in said
    assert "cacert.pem" in said
    assert "raise TypeError(" in said  # a traceback has the source's lines
