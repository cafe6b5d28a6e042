"""What tests share: golden files, and how to write them anew (`make goldens`); how many examples Hypothesis tries."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from masked import masked

GOLDEN = Path(__file__).parent / "golden"

settings.register_profile("dev", max_examples=40, deadline=None)
settings.register_profile("ci", max_examples=10_000, deadline=None, print_blob=True, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))  # `--hypothesis-profile` comes later, and wins


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that write golden files instead of comparing with them, and that play more chaos."""
    parser.addoption("--write-goldens", action="store_true", help="write the golden files anew")
    parser.addoption("--chaos-runs", default="20", help="how many seeds of the fault matrix to play")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare a text, masked, with the golden file of that name; its author writes it if asked to."""

    def compare(name: str, text: str, *, author: bool = False) -> None:
        path = GOLDEN / name
        if author and request.config.getoption("--write-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(masked(text), encoding="utf-8")
        assert path.read_text(encoding="utf-8") == masked(text)

    return compare


@pytest.fixture
def tracked() -> Callable[[], list[Path]]:
    """List the files that git tracks."""
    root = Path(__file__).parent.parent

    def files() -> list[Path]:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
        return [root / name for name in listed.split("\0") if name and (root / name).is_file()]

    return files
