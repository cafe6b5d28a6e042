"""What a start and a wait may cost, in figures that no machine changes; `make bench` has the others."""

import subprocess
import sys

import pytest

MOST_MODULES = 270
# Each makes a start longer, and none is of use before the first request is sent.
NOT_YET = {
    *("asyncio", "cerebras_deploy.deploy", "cerebras_deploy.wire", "concurrent.futures", "ctypes", "decimal"),
    *("email.mime", "fastapi", "html", "http.server", "importlib.metadata", "logging.config", "multiprocessing"),
    *("pydantic", "pydantic_core", "requests", "sqlite3", "subprocess", "unittest", "urllib3", "xml"),
}
# Prints the modules that are there when the process connects for the first time. What httpx imports only where it is
# found, and is not in the image, is not found.
AT_FIRST_REQUEST = """
import os, sys
def seen(event, arguments):
    if event == "socket.connect":
        print(*sorted(sys.modules), file=sys.stderr, flush=True)
        os._exit(0)
sys.modules.update(anyio=None, click=None, rich=None)
sys.addaudithook(seen)
from cerebras_deploy.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def modules() -> set[str]:
    given = {
        "api-key": "k" * 20,
        "endpoint": "e",
        "model": "m",
        "alias": "production",
        "base-url": "http://127.0.0.1:9",
    }
    environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    command = [sys.executable, "-I", "-X", "utf8", "-c", AT_FIRST_REQUEST]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return set(done.stderr.split()) - {"rich"}


def test_no_more_modules_than_that_are_imported_before_the_first_request(modules: set[str]) -> None:
    assert {"cerebras_deploy.inputs", "httpcore"} <= modules
    assert len(modules) <= MOST_MODULES


def test_what_is_of_no_use_before_the_first_request_is_not_imported(modules: set[str]) -> None:
    assert sorted(modules & NOT_YET) == []
