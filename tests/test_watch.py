"""Patience on a virtual clock; the real one on milliseconds."""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from virtual import VirtualClock

from cerebras_deploy.errors import CallError, Fate, Interrupted, Refused, TimedOut, Unreachable
from cerebras_deploy.watch import SystemClock, Watch

LOST = CallError(Fate.UNSENT, "no connection")
THROTTLED = CallError(Fate.THROTTLED, "HTTP 429")
DENIED = CallError(Fate.DENIED, "HTTP 401", 401, hint="another key")


@dataclass
class Ear:
    """Keeps what the watch tells."""

    failures: list[tuple[str, float]] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)

    def failing(self, error: CallError, left: float) -> None:
        self.failures.append((error.reason, left))

    def recovered(self, after: float) -> None:
        self.recoveries.append(after)


class Scene:
    """A watch, and reads that answer or fail by the time of day; each takes `latency` seconds."""

    def __init__(
        self,
        fails: Callable[[float], CallError | None] = lambda _: None,
        *,
        interval: float = 5,
        timeout: float = 3600,
        latency: float = 0,
        began: float | None = None,
    ) -> None:
        self.clock, self.ear = VirtualClock(0.0), Ear()
        self.watch = Watch(self.clock, Random(7), self.ear, interval, timeout, began)
        self.reads: list[float] = []
        self._fails, self._latency = fails, latency

    def read(self) -> float:
        began = self.clock.time
        self.reads.append(began)
        self.clock.time += self._latency
        if error := self._fails(began):
            raise error
        return began

    def watch_to_the_end(self) -> list[float]:
        """Take every snapshot there is, and return when the good reads began."""
        return list(self.watch.snapshots(self.read))

    def gaps(self) -> list[float]:
        return [after - before for before, after in itertools.pairwise(self.reads)]


def until(end: float, error: CallError) -> Callable[[float], CallError | None]:
    return lambda now: error if now < end else None


class TestPolling:
    def test_at_the_interval_within_a_tenth(self) -> None:
        scene = Scene()
        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        *gaps, _ = scene.gaps()
        assert 4.5 <= min(gaps) < 4.7
        assert 5.3 < max(gaps) <= 5.5

    def test_every_two_seconds_while_the_end_is_near(self) -> None:
        scene = Scene()
        scene.watch.eager = True
        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        assert max(scene.gaps()) <= 2.2

    def test_slower_while_throttled(self) -> None:
        scene = Scene(lambda now: THROTTLED if 100 < now < 200 else None)
        snapshots = scene.watch.snapshots(scene.read)
        early = [next(snapshots) for _ in range(18)]
        while scene.clock.time < 201:
            next(snapshots)
        later = [next(snapshots) for _ in range(40)]

        assert max(b - a for a, b in itertools.pairwise(early)) <= 5.5
        assert later[1] - later[0] > 5.5
        assert 4.5 <= later[-1] - later[-2] <= 5.5

    def test_one_last_read_at_the_deadline_and_then_it_is_timed_out(self) -> None:
        scene = Scene(interval=600, timeout=1000)
        snapshots = scene.watch.snapshots(scene.read)
        first, second, last = next(snapshots), next(snapshots), next(snapshots)
        with pytest.raises(TimedOut) as raised:
            next(snapshots)

        assert first == 0
        assert 540 <= second <= 660
        assert last == pytest.approx(1000)
        assert scene.clock.time == pytest.approx(1000)
        assert "16m40s" in raised.value.reason

    def test_a_first_read_that_was_sent_before_and_outlasts_it_is_followed_by_one_last_one(self) -> None:
        scene = Scene(timeout=10, began=-20.0)

        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        assert scene.reads == [0, 0]

    def test_a_read_that_outlasts_the_deadline_is_followed_by_one_last_one(self) -> None:
        scene = Scene(interval=5, timeout=13, latency=7)
        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        assert len(scene.reads) == 3
        assert scene.clock.time == pytest.approx(scene.reads[-1] + 7)

    def test_six_hours_pass_at_once(self) -> None:
        scene = Scene(timeout=6 * 3600)
        began = time.monotonic()
        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        assert len(scene.reads) > 3900
        assert time.monotonic() - began < 1


class TestRetry:
    def test_a_read_that_fails_is_tried_again_and_recovery_is_told(self) -> None:
        scene = Scene(until(20, LOST))

        value = scene.watch.patiently(scene.read)

        assert value >= 20
        assert max(scene.gaps()) <= 15
        assert len(scene.reads) >= 4
        assert {reason for reason, _ in scene.ear.failures} == {"no connection"}
        assert scene.ear.recoveries == [value]

    def test_without_a_failure_nothing_is_told(self) -> None:
        scene = Scene()
        scene.watch.patiently(scene.read)

        assert scene.ear == Ear()

    @pytest.mark.parametrize(("asked", "waited"), [(7.0, 7), (60.0, 60), (3600.0, 60)])
    def test_retry_after_is_obeyed_up_to_a_minute(self, asked: float, waited: float) -> None:
        scene = Scene(until(1, CallError(Fate.THROTTLED, "HTTP 429", 429, asked)))

        scene.watch.patiently(scene.read)

        assert len(scene.reads) == 2
        assert waited <= scene.gaps()[0] <= waited + 1

    def test_retry_after_ends_at_the_deadline(self) -> None:
        scene = Scene(until(1, CallError(Fate.THROTTLED, "HTTP 429", 429, 60.0)), timeout=20)

        assert scene.watch.patiently(scene.read) == pytest.approx(20)

    def test_what_is_denied_ends_at_once_with_the_apis_words(self) -> None:
        scene = Scene(lambda _: DENIED)

        with pytest.raises(Refused) as raised:
            scene.watch.patiently(scene.read)

        assert (raised.value.reason, raised.value.hint) == ("HTTP 401", "another key")
        assert scene.reads == [0]

    def test_after_a_time_of_failures_a_denial_still_ends_it(self) -> None:
        scene = Scene(lambda now: LOST if now < 30 else DENIED)

        with pytest.raises(Refused):
            scene.watch.patiently(scene.read)


class TestBudget:
    def test_five_minutes_of_failures_are_unreachable(self) -> None:
        scene = Scene(lambda _: LOST)

        with pytest.raises(Unreachable) as raised:
            scene.watch.patiently(scene.read)

        assert 300 <= scene.clock.time <= 316
        assert "no connection" in raised.value.reason

    def test_slow_failures_count_from_the_first_ones_begin(self) -> None:
        scene = Scene(lambda _: CallError(Fate.UNKNOWN, "no reply"), latency=30)

        with pytest.raises(Unreachable):
            scene.watch.patiently(scene.read)

        assert 300 <= scene.clock.time <= 346

    def test_a_first_read_that_was_sent_before_counts_from_then(self) -> None:
        scene = Scene(lambda _: LOST, began=-30.0)

        with pytest.raises(Unreachable):
            scene.watch.patiently(scene.read)

        assert 270 <= scene.clock.time <= 286
        assert scene.ear.failures[0][1] == 270

    def test_one_good_read_gives_all_of_it_back(self) -> None:
        scene = Scene(lambda now: None if 290 < now < 305 else LOST, timeout=3600)
        snapshots = scene.watch.snapshots(scene.read)
        good = next(snapshots)
        with pytest.raises(Unreachable):
            list(snapshots)

        assert 290 < good < 305
        assert scene.clock.time > good + 300

    def test_what_is_left_of_it_is_told(self) -> None:
        scene = Scene(lambda _: LOST)
        with pytest.raises(Unreachable):
            scene.watch.patiently(scene.read)

        left = [seconds for _, seconds in scene.ear.failures]
        assert left[0] == 300
        assert left == sorted(left, reverse=True)

    def test_the_deadline_comes_first_if_it_is_nearer(self) -> None:
        scene = Scene(lambda _: LOST, timeout=100)

        with pytest.raises(TimedOut) as raised:
            scene.watch.patiently(scene.read)

        assert scene.clock.time == pytest.approx(100)
        assert "no connection" in raised.value.reason
        assert scene.ear.failures[0][1] == 100

    def test_a_read_that_fails_at_the_deadline_is_timed_out(self) -> None:
        scene = Scene(lambda now: LOST if now > 90 else None, timeout=100)

        with pytest.raises(TimedOut):
            scene.watch_to_the_end()

        assert scene.clock.time == pytest.approx(100)


class TestInterrupt:
    @pytest.mark.parametrize("fails", [lambda _: None, lambda _: LOST], ids=["between reads", "between tries"])
    def test_it_ends_the_wait_it_comes_in(self, fails: Callable[[float], CallError | None]) -> None:
        scene = Scene(fails)
        scene.clock.interrupt_at = 42.0

        with pytest.raises(Interrupted):
            scene.watch_to_the_end()

        assert scene.clock.time == 42


def test_a_call_is_bounded_by_what_is_left() -> None:
    watch = Scene(timeout=100).watch
    assert watch.bound == 30

    watch.pause(90)
    assert watch.bound == pytest.approx(12)

    watch.pause(90)
    assert watch.elapsed == pytest.approx(100)
    assert watch.left == pytest.approx(0)
    assert watch.bound == pytest.approx(2)


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
