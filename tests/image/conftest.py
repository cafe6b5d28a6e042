"""What the tests of the image share."""

import tarfile

import pytest

from helpers.containers import ACTION, files_of


@pytest.fixture(scope="session")
def files() -> dict[str, tarfile.TarInfo]:
    """List what is in the action's image, by path."""
    return files_of(ACTION)
