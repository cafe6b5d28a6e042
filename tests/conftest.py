"""What tests share: golden files, and how to write them anew (`make goldens`); how many examples Hypothesis tries.

And what holds for each of them: how long it may take, and that the order does not matter (`make test-orders`).
"""

import faulthandler
import os
import signal
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from random import Random

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key as stderr
from hypothesis import settings
from pytest_timeout import Settings, is_debugging

from helpers.repository import GOLDEN, ROOT

LIMITS = {"browser": 240, "container": 300, "long": 180, "workflow": 900}  # seconds; of all others: pyproject.toml
LIMIT = pytest.StashKey[float]()

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=10_000, deadline=None, print_blob=True, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))  # `--hypothesis-profile` comes later, and wins


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that write golden files instead of comparing with them, and that play more chaos."""
    parser.addoption("--write-goldens", action="store_true", help="write the golden files anew")
    parser.addoption("--chaos-runs", default="3", help="how many seeds of the fault matrix to play")
    parser.addoption("--shape-runs", default="3", help="how many seeds of the matrix of shapes to play")
    parser.addoption("--alias-runs", default="3", help="how many seeds of the matrix of a second writer to play")
    parser.addoption("--order", default="file", help="the order of tests: file, reversed, or a seed to shuffle them by")


def pytest_report_header(config: pytest.Config) -> str:
    """Say the order, for a failure to be seen again."""
    return f"order: {config.getoption('--order')}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its limit, and put all of them into the order that is asked for."""
    for item in items:
        for name in LIMITS.keys() & {marker.name for marker in item.iter_markers()}:
            item.add_marker(pytest.mark.timeout(LIMITS[name]))
    order = config.getoption("--order")
    if order == "reversed":
        items.reverse()
    elif order != "file":
        Random(int(order)).shuffle(items)


class TooLong(BaseException):
    """A test takes longer than it may.

    It is no pytest.fail: Hypothesis takes that for an example that fails, and hangs in the next one.
    """


def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> bool:
    """Have the test stopped by a signal, and if it does not heed that, end its process: it is a worker's, or all.

    The signal reaches the main thread only, and only between two steps of the interpreter. A thread that is left
    behind is another matter: it does not keep the test from ending.
    """
    item.stash[LIMIT] = settings.timeout
    _limit(item, settings.timeout)
    return True


def _limit(item: pytest.Item, seconds: float) -> None:
    def late(*_: object) -> None:
        if not is_debugging():
            faulthandler.dump_traceback()
            raise TooLong(f"longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(2 * seconds, exit=True, file=item.config.stash[stderr])


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_cancel_timer() -> None:
    """Stop what was set; the plugin asks for this after each test, and before a debugger begins."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Set the limit anew: it is no more after a failure, for a debugger."""
    if LIMIT in item.stash and not item.config.getoption("usepdb"):
        _limit(item, item.stash[LIMIT])
    yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare a text with the golden file of that name; its author writes it if asked to, others may mask both."""

    def compare(name: str, text: str, *, author: bool = False, mask: Callable[[str], str] = str) -> None:
        path = GOLDEN / name
        if author and request.config.getoption("--write-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        told = path.read_text(encoding="utf-8")
        assert mask(text) == mask(told)

    return compare


@pytest.fixture
def tracked() -> Callable[[], list[Path]]:
    """List the files that git tracks."""
    root = ROOT

    def files() -> list[Path]:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
        return [root / name for name in listed.split("\0") if name and (root / name).is_file()]

    return files
