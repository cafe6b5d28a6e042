"""Tests that hang, each in its own way, between two that do not. Only test_limits.py runs them, for their name."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st


def test_before() -> None:
    assert True


def test_in_a_loop() -> None:
    while threading.main_thread().is_alive():
        pass


def test_in_a_lock() -> None:
    threading.Event().wait()


def test_in_the_wait_for_a_process() -> None:
    subprocess.run(["sleep", "infinity"], check=True)


def test_in_the_wait_for_a_thread() -> None:
    thread = threading.Thread(target=threading.Event().wait, daemon=True)
    thread.start()
    thread.join()


@given(st.integers())
def test_in_an_example(number: int) -> None:
    while number is not None:
        pass


def test_in_what_heeds_no_signal() -> None:
    while True:
        with contextlib.suppress(BaseException):
            threading.Event().wait()


@pytest.fixture
def _stuck() -> Iterator[None]:
    yield
    threading.Event().wait()


@pytest.mark.usefixtures("_stuck")
def test_in_the_end_of_a_fixture_after_a_failure() -> None:
    raise AssertionError


def test_after() -> None:
    assert True
