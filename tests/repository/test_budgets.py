"""What a start and a wait may cost, in figures that no machine changes; `make bench` has the others."""

import subprocess
import sys

import pytest

MOST_AT_FIRST_REQUEST, MOST = 271, 410
# Each makes a start longer, and none is of use, ever.
NEVER = {
    *("asyncio", "concurrent.futures.process", "ctypes", "email.mime", "fastapi", "html", "http.server"),
    *("logging.config", "multiprocessing", "pydantic.v1", "requests", "sqlite3", "unittest", "urllib3", "xml"),
}
# None is of use before the first request is sent.
NOT_YET = {
    *(
        "cerebras_deploy.steps.deploy",
        "cerebras_deploy.api.endpoint",
        "concurrent.futures",
        "decimal",
        "importlib.metadata",
    ),
    *("pydantic", "pydantic_core", "subprocess"),
}
# Prints the modules that are there when the process connects for the first time, and those that are when the rest is
# imported, too. What httpx imports only where it is found, and is not in the image, is not found.
IMPORTED = """
import os, sys
def seen(event, arguments):
    if event == "socket.connect":
        print(*sorted(sys.modules), file=sys.stderr)
        import cerebras_deploy.step
        print(*sorted(sys.modules), file=sys.stderr, flush=True)
        os._exit(0)
sys.modules.update(anyio=None, click=None, rich=None)
sys.addaudithook(seen)
from cerebras_deploy.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def imported() -> list[set[str]]:
    given = {
        "api-key": "k" * 20,
        "endpoint": "e",
        "model": "m",
        "alias": "production",
        "base-url": "http://127.0.0.1:9",
    }
    environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    command = [sys.executable, "-I", "-X", "utf8", "-c", IMPORTED]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return [set(line.split()) - {"rich"} for line in done.stderr.splitlines()]


def test_no_more_modules_than_that_are_imported(imported: list[set[str]]) -> None:
    at_first_request, in_all = imported

    assert {"cerebras_deploy.inputs", "httpcore"} <= at_first_request
    assert {"cerebras_deploy.steps.deploy", "pydantic"} <= in_all
    assert len(at_first_request) <= MOST_AT_FIRST_REQUEST
    assert len(in_all) <= MOST


def test_without_many_questions_nothing_of_them_is_imported(imported: list[set[str]]) -> None:
    of_many = ("suite", "workspace", "tomllib", "comparison", "slowdown", "load", "ask_all", "settle", "statistics")

    assert [name for name in imported[1] if name.rpartition(".")[2].startswith(of_many)] == []


def test_what_is_of_no_use_is_not_imported(imported: list[set[str]]) -> None:
    at_first_request, in_all = imported

    assert sorted(in_all & NEVER) == []
    assert sorted(at_first_request & NOT_YET) == []
