"""The real clock, on milliseconds."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from cerebras_deploy.errors import Interrupted, NoThreadError
from cerebras_deploy.system_clock import SystemClock
from helpers.virtual import AT_ONCE, EPOCH, PATIENCE, VirtualClock

MOMENT = 0.02
LONG = 60.0  # seconds, of waits that must not be waited out


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """Let threads wait for this until the test is over."""
    event = threading.Event()
    yield event
    event.set()


class Late:
    """What a call has to say long after it was given up."""

    def __init__(self) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._worker: threading.Thread | None = None

    def reply(self) -> str:
        self._worker = threading.current_thread()
        self._begun.set()
        self._go.wait(PATIENCE)
        return "late"

    def fail(self) -> None:
        raise LookupError(self.reply())

    def come(self) -> None:
        """Let it say so, and return when it has."""
        assert self._begun.wait(PATIENCE)
        assert self._worker
        self._go.set()
        self._worker.join(PATIENCE)


class TestSystemClock:
    def test_it_is_monotonic_seconds(self) -> None:
        before, now, after = time.monotonic(), SystemClock().now(), time.monotonic()

        assert before <= now <= after

    def test_sleep_waits(self) -> None:
        began = time.monotonic()
        SystemClock().sleep(MOMENT)

        assert MOMENT <= time.monotonic() - began < AT_ONCE

    @pytest.mark.parametrize("seconds", [0, -1, -LONG])
    def test_sleep_of_nothing_does_not_wait(self, seconds: float) -> None:
        began = time.monotonic()
        SystemClock().sleep(seconds)

        assert time.monotonic() - began < AT_ONCE

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_sleep_of_nothing_is_ended_by_an_interrupt_that_came_before(self, seconds: float) -> None:
        clock = SystemClock()
        clock.interrupt()

        with pytest.raises(Interrupted):
            clock.sleep(seconds)

    def test_nor_do_many_of_them(self) -> None:
        clock, before = SystemClock(), time.monotonic()
        for _ in range(20):
            clock.sleep(-1)

        assert time.monotonic() < before + AT_ONCE

    def test_its_unix_time_is_the_machines(self) -> None:
        assert time.time() - PATIENCE < SystemClock().unix_time() <= time.time()

    def test_what_a_call_leaves_behind_does_not_keep_the_process_alive(self) -> None:
        clock = SystemClock()

        assert clock.call(lambda: threading.current_thread().daemon, PATIENCE)

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

        assert time.monotonic() - began < AT_ONCE

    def test_the_late_result_of_a_call_given_up_is_nobodys(self) -> None:
        clock, late = SystemClock(), Late()

        with pytest.raises(TimeoutError):
            clock.call(late.reply, MOMENT)
        late.come()

        assert clock.call(lambda: "new", 10) == "new"
        clock.sleep(MOMENT)

    def test_the_late_error_of_a_call_given_up_is_nobodys(self) -> None:
        clock, late = SystemClock(), Late()

        with pytest.raises(TimeoutError):
            clock.call(late.fail, MOMENT)
        late.come()

        assert clock.call(lambda: "new", 10) == "new"
        clock.sleep(MOMENT)

    def test_an_interrupt_ends_a_sleep_at_once(self) -> None:
        clock, began = SystemClock(), time.monotonic()
        threading.Timer(MOMENT, clock.interrupt).start()

        with pytest.raises(Interrupted):
            clock.sleep(LONG)

        assert time.monotonic() - began < AT_ONCE

    def test_an_interrupt_ends_a_call_that_hangs_at_once(self, stuck: threading.Event) -> None:
        clock, began = SystemClock(), time.monotonic()
        threading.Timer(MOMENT, clock.interrupt).start()

        with pytest.raises(Interrupted):
            clock.call(stuck.wait, LONG)

        assert time.monotonic() - began < AT_ONCE

    def test_an_interrupt_between_two_waits_ends_the_next(self) -> None:
        clock = SystemClock()
        clock.interrupt()

        with pytest.raises(Interrupted):
            clock.sleep(0)

    def test_a_read_after_an_interrupt_is_possible_and_later_ones_are_ignored(self) -> None:
        clock = SystemClock()
        clock.interrupt()
        with pytest.raises(Interrupted):
            clock.sleep(LONG)
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
                clock.sleep(LONG)
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            clock.sleep(MOMENT)
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class Stopped:
    """The machine's seconds, of which a process that is stopped sees nothing until it goes on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def goes_on_after(self, seconds: float) -> None:
        self.seconds += seconds


class TestStopped:
    """A container that was paused: the time of that is no outage, and no time limit ends by it."""

    def test_the_time_does_not_count_and_a_call_whose_reply_has_come_is_answered(self) -> None:
        machine = Stopped()
        clock = SystemClock(machine)
        began = clock.now()

        def reply() -> str:
            machine.goes_on_after(310)
            return "here"

        assert clock.call(reply, 30) == "here"
        assert clock.now() - began == 30

    def test_a_call_that_was_out_is_given_up_and_took_no_longer_than_it_may(self, stuck: threading.Event) -> None:
        machine = Stopped()
        clock = SystemClock(machine)
        began = clock.now()

        def hang() -> None:
            machine.goes_on_after(310)
            stuck.wait(PATIENCE)

        with pytest.raises(TimeoutError):
            clock.call(hang, MOMENT)
        assert clock.now() - began == pytest.approx(MOMENT)

    def test_a_wait_that_ends_a_little_late_counts_as_it_was(self) -> None:
        machine = Stopped()
        clock = SystemClock(machine)
        began = clock.now()

        clock.call(lambda: machine.goes_on_after(31.5), 30)

        assert clock.now() - began == 31.5

    def test_a_sleep_of_less_than_nothing_is_no_stop(self) -> None:
        machine = Stopped()
        clock = SystemClock(machine)
        clock.sleep(-LONG)

        assert clock.now() == machine()


def test_without_room_for_a_thread_it_is_said() -> None:
    before = threading.stack_size(1 << 46)  # more than there is, for any
    try:
        with pytest.raises(NoThreadError, match=r"^no thread could be started: can't start new thread"):
            SystemClock().call(lambda: 7, 10)
    finally:
        threading.stack_size(before)


def test_without_room_for_a_thread_beside_others_that_one_fails() -> None:
    clock, before = SystemClock(), threading.stack_size(1 << 46)
    try:
        number = clock.start(lambda: 7, 10)
    finally:
        threading.stack_size(before)

    ended = clock.ended(0)
    assert ended
    assert (ended.number, type(ended.error)) == (number, NoThreadError)
    assert clock.ended(0) is None


class TestBesideOthers:
    """Functions that are started run at the same time, and are heard of one by one."""

    def test_each_is_heard_of_once_with_what_it_returns_or_raises(self) -> None:
        clock = SystemClock()

        def fail() -> None:
            raise LookupError("here")

        numbers = [clock.start(lambda: 7, LONG), clock.start(fail, LONG)]
        ended = {one.number: one for one in (clock.ended(LONG), clock.ended(LONG)) if one}

        assert ended[numbers[0]].value == 7
        assert isinstance(ended[numbers[1]].error, LookupError)
        assert clock.ended(0) is None

    def test_looking_for_one_that_has_ended_does_not_wait(self) -> None:
        clock, before = SystemClock(), time.monotonic()

        assert [clock.ended(-1) for _ in range(20)] == [None] * 20
        assert time.monotonic() < before + AT_ONCE

    def test_they_run_at_the_same_time(self) -> None:
        clock, both = SystemClock(), threading.Barrier(2)
        for _ in range(2):
            clock.start(lambda: both.wait(PATIENCE), LONG)

        assert [one.error for one in (clock.ended(LONG), clock.ended(LONG)) if one] == [None, None]

    def test_one_that_hangs_is_given_up_and_nobody_hears_of_its_end(self, stuck: threading.Event) -> None:
        clock, began = SystemClock(), time.monotonic()
        hanging, other = clock.start(stuck.wait, MOMENT), clock.start(lambda: stuck.wait(PATIENCE), LONG)

        given_up = clock.ended(LONG)
        assert given_up
        assert (given_up.number, type(given_up.error)) == (hanging, TimeoutError)
        assert time.monotonic() - began < AT_ONCE
        stuck.set()
        rest = [clock.ended(LONG), clock.ended(MOMENT)]
        assert [one and one.number for one in rest] == [other, None]

    def test_none_that_ends_while_something_else_is_waited_for_is_lost(self) -> None:
        clock = SystemClock()
        number = clock.start(lambda: 7, LONG)

        clock.sleep(MOMENT)
        assert clock.call(lambda: 8, LONG) == 8
        ended = clock.ended(LONG)
        assert ended
        assert (ended.number, ended.value) == (number, 7)

    def test_a_call_inside_runs_in_place(self) -> None:
        clock = SystemClock()
        clock.start(lambda: clock.call(threading.get_ident, LONG) == threading.get_ident(), LONG)

        ended = clock.ended(LONG)
        assert ended
        assert ended.value is True

    def test_an_interrupt_ends_the_wait_at_once(self, stuck: threading.Event) -> None:
        clock, began = SystemClock(), time.monotonic()
        clock.start(stuck.wait, LONG)
        threading.Timer(MOMENT, clock.interrupt).start()

        with pytest.raises(Interrupted):
            clock.ended(LONG)
        assert time.monotonic() - began < AT_ONCE

    def test_the_virtual_clock_has_them_end_in_the_order_of_time(self) -> None:
        clock = VirtualClock(interrupt_at=EPOCH + 4)
        numbers = [clock.start(lambda s=seconds: clock.sleep(s), 5) for seconds in (3, 1, 9)]  # type: ignore[misc]

        assert clock.ended(0.5) is None
        first, second = clock.ended(10), clock.ended(10)
        assert [one and one.number for one in (first, second)] == [numbers[1], numbers[0]]
        assert clock.now() == EPOCH + 3
        with pytest.raises(Interrupted):
            clock.ended(10)
        last = clock.ended(10)
        assert last
        assert isinstance(last.error, TimeoutError)
        assert clock.now() == EPOCH + 5


class TestHold:
    """While an alias points nowhere, an interrupt is held back, but not for ever."""

    def test_a_call_inside_is_completed_and_the_next_wait_after_the_block_ends(self) -> None:
        clock = SystemClock()
        with clock.hold(LONG):
            clock.interrupt()
            first, second = clock.call(lambda: 1, LONG), clock.call(lambda: 2, LONG)
            clock.sleep(MOMENT)

        assert (first, second) == (1, 2)
        with pytest.raises(Interrupted):
            clock.sleep(0)

    def test_one_that_comes_during_a_call_does_not_end_that_call(self) -> None:
        clock = SystemClock()

        def interrupted() -> int:
            clock.interrupt()
            return 7

        with clock.hold(LONG):
            assert clock.call(interrupted, LONG) == 7
        with pytest.raises(Interrupted):
            clock.call(lambda: 8, LONG)

    def test_it_ends_a_wait_that_is_longer_than_the_hold(self, stuck: threading.Event) -> None:
        clock, began = SystemClock(), time.monotonic()
        with clock.hold(MOMENT):
            clock.interrupt()
            with pytest.raises(Interrupted):
                clock.call(stuck.wait, LONG)

        assert MOMENT <= time.monotonic() - began < AT_ONCE

    def test_a_hold_that_is_over_holds_nothing(self) -> None:
        clock = SystemClock()
        with clock.hold(0):
            clock.interrupt()
            with pytest.raises(Interrupted):
                clock.sleep(LONG)

    def test_a_call_that_takes_too_long_inside_is_given_up_as_ever(self, stuck: threading.Event) -> None:
        clock = SystemClock()
        with clock.hold(LONG):
            clock.interrupt()
            with pytest.raises(TimeoutError):
                clock.call(stuck.wait, MOMENT)

    def test_after_the_block_there_is_no_hold(self) -> None:
        clock, began = SystemClock(), time.monotonic()
        with clock.hold(LONG):
            pass
        clock.interrupt()

        with pytest.raises(Interrupted):
            clock.sleep(LONG)
        assert time.monotonic() - began < AT_ONCE

    def test_after_a_block_that_failed_there_is_none_either(self) -> None:
        clock, began = SystemClock(), time.monotonic()
        with pytest.raises(LookupError), clock.hold(LONG):
            raise LookupError
        clock.interrupt()

        with pytest.raises(Interrupted):
            clock.sleep(LONG)
        assert time.monotonic() - began < AT_ONCE
