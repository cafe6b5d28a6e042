"""The real clock, on milliseconds."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from cerebras_deploy.clock import SystemClock
from cerebras_deploy.errors import Interrupted

MOMENT = 0.02


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Let threads wait for this until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class TestSystemClock:
    def test_it_is_monotonic_seconds(self) -> None:
        assert SystemClock().now() == pytest.approx(time.monotonic(), abs=1)

    def test_sleep_waits(self) -> None:
        began = time.monotonic()
        SystemClock().sleep(MOMENT)

        assert MOMENT <= time.monotonic() - began < 1

    def test_sleep_of_nothing_does_not_wait(self) -> None:
        SystemClock().sleep(0)
        SystemClock().sleep(-1)

    def test_a_call_returns_what_the_function_returns(self) -> None:
        assert SystemClock().call(lambda: 7, 10) == 7

    def test_a_call_returns_none_if_the_function_does(self) -> None:
        result: object = SystemClock().call(lambda: None, 10)

        assert result is None

    def test_a_call_raises_what_the_function_raises(self) -> None:
        def fail() -> None:
            raise LookupError("here")

        with pytest.raises(LookupError, match="here"):
            SystemClock().call(fail, 10)

    def test_a_call_that_hangs_is_given_up(self, stuck: threading.Event) -> None:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            SystemClock().call(stuck.wait, MOMENT)

        assert time.monotonic() - began < 1

    def test_the_late_result_of_a_call_given_up_is_nobodys(self) -> None:
        clock, go, over = SystemClock(), threading.Event(), threading.Event()

        def late() -> str:
            go.wait(5)
            over.set()
            return "late"

        with pytest.raises(TimeoutError):
            clock.call(late, MOMENT)
        go.set()
        over.wait(5)

        assert clock.call(lambda: "new", 10) == "new"
        clock.sleep(MOMENT)

    def test_the_late_error_of_a_call_given_up_is_nobodys(self) -> None:
        clock, go = SystemClock(), threading.Event()

        def late() -> None:
            go.wait(5)
            raise LookupError

        with pytest.raises(TimeoutError):
            clock.call(late, MOMENT)
        go.set()
        clock.sleep(MOMENT)

        assert clock.call(lambda: "new", 10) == "new"

    def test_an_interrupt_ends_a_sleep_at_once(self) -> None:
        clock, began = SystemClock(), time.monotonic()
        threading.Timer(MOMENT, clock.interrupt).start()

        with pytest.raises(Interrupted):
            clock.sleep(30)

        assert time.monotonic() - began < 1

    def test_an_interrupt_ends_a_call_that_hangs_at_once(self, stuck: threading.Event) -> None:
        clock, began = SystemClock(), time.monotonic()
        threading.Timer(MOMENT, clock.interrupt).start()

        with pytest.raises(Interrupted):
            clock.call(stuck.wait, 30)

        assert time.monotonic() - began < 1

    def test_an_interrupt_between_two_waits_ends_the_next(self) -> None:
        clock = SystemClock()
        clock.interrupt()

        with pytest.raises(Interrupted):
            clock.sleep(0)

    def test_a_read_after_an_interrupt_is_possible_and_later_ones_are_ignored(self) -> None:
        clock = SystemClock()
        clock.interrupt()
        with pytest.raises(Interrupted):
            clock.sleep(30)
        clock.interrupt()

        assert clock.call(lambda: 7, 10) == 7
        clock.sleep(0)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_interrupts_and_a_second_one_does_not(self, number: signal.Signals) -> None:
        before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        clock = SystemClock()
        try:
            clock.install()
            threading.Timer(MOMENT, os.kill, (os.getpid(), number)).start()
            with pytest.raises(Interrupted):
                clock.sleep(30)
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            clock.sleep(MOMENT)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
