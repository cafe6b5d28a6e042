"""Reading with patience, on a virtual clock."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest

from cerebras_deploy.decide.giving_up import Deadline
from cerebras_deploy.decide.schedule import Outage, Pace, Rhythm
from cerebras_deploy.errors import CallError, Fate, Interrupted
from cerebras_deploy.patience import Patience
from cerebras_deploy.result import Result
from helpers.ends import stopping
from helpers.virtual import AT_ONCE, VirtualClock

LOST = CallError(Fate.UNSENT, "no connection")
THROTTLED = CallError(Fate.THROTTLED, "HTTP 429")
DENIED = CallError(Fate.DENIED, "HTTP 401", 401, hint="another key")


@dataclass
class Ear:
    """Keeps what the listener is told."""

    failures: list[tuple[str, float]] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)

    def failing(self, error: CallError, left: float) -> None:
        self.failures.append((error.reason, left))

    def recovered(self, after: float) -> None:
        self.recoveries.append(after)


class Scene:
    """Patience, and reads that answer or fail by the time of day; each takes `latency` seconds.

    `first_sent` is when the first read was sent, if that was before.
    """

    def __init__(
        self,
        fails: Callable[[float], CallError | None] = lambda _: None,
        *,
        interval: float = 5,
        timeout: float = 3600,
        latency: float = 0,
        first_sent: float | None = None,
    ) -> None:
        self.clock, self.ear = VirtualClock(0.0), Ear()
        started = self.clock.time if first_sent is None else first_sent
        deadline = Deadline(started + timeout)
        self.patience = Patience(self.clock, Random(7), self.ear, Pace(interval), deadline, Outage(), first_sent)
        self.reads: list[float] = []
        self._fails, self._latency = fails, latency

    def read(self) -> float:
        began = self.clock.time
        self.reads.append(began)
        self.clock.time += self._latency
        if error := self._fails(began):
            raise error
        return began

    def reads_in_turn(self, rhythm: Rhythm = Rhythm.BASE) -> Iterator[float]:
        """Read again and again; gives when each good read began."""
        yield self.patience.read(self.read)
        while True:
            yield self.patience.read_next(self.read, rhythm)

    def read_to_the_end(self, rhythm: Rhythm = Rhythm.BASE) -> None:
        """Read until that is stopped."""
        for _ in self.reads_in_turn(rhythm):
            pass

    def gaps(self) -> list[float]:
        return [after - before for before, after in itertools.pairwise(self.reads)]


def until(end: float, error: CallError) -> Callable[[float], CallError | None]:
    return lambda now: error if now < end else None


class TestPolling:
    def test_at_the_interval_within_a_tenth(self) -> None:
        scene = Scene()
        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()

        *gaps, _ = scene.gaps()
        assert 4.5 <= min(gaps) < 4.7
        assert 5.3 < max(gaps) <= 5.5

    def test_every_two_seconds_in_the_quick_rhythm(self) -> None:
        scene = Scene()
        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end(Rhythm.QUICK)

        assert max(scene.gaps()) <= 2.2

    def test_slower_while_throttled(self) -> None:
        scene = Scene(lambda now: THROTTLED if 100 < now < 200 else None)
        reads = scene.reads_in_turn()
        early = [next(reads) for _ in range(18)]
        while scene.clock.time < 201:
            next(reads)
        later = [next(reads) for _ in range(40)]

        assert max(b - a for a, b in itertools.pairwise(early)) <= 5.5
        assert later[1] - later[0] > 5.5
        assert 4.5 <= later[-1] - later[-2] <= 5.5

    def test_one_last_read_at_the_deadline_and_then_it_is_timed_out(self) -> None:
        scene = Scene(interval=600, timeout=1000)
        reads = scene.reads_in_turn()
        first, second, last = next(reads), next(reads), next(reads)
        with stopping(Result.TIMED_OUT):
            next(reads)

        assert first == 0
        assert 540 <= second <= 660
        assert last == pytest.approx(1000)
        assert scene.clock.time == pytest.approx(1000)

    def test_a_first_read_that_was_sent_before_and_outlasts_it_is_followed_by_one_last_one(self) -> None:
        scene = Scene(timeout=10, first_sent=-20.0)

        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()

        assert scene.reads == [0, 0]

    def test_a_read_that_outlasts_the_deadline_is_followed_by_one_last_one(self) -> None:
        scene = Scene(interval=5, timeout=13, latency=7)
        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()

        assert len(scene.reads) == 3
        assert scene.clock.time == pytest.approx(scene.reads[-1] + 7)

    def test_six_hours_pass_at_once(self) -> None:
        scene = Scene(timeout=6 * 3600)
        began = time.monotonic()
        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()

        assert len(scene.reads) > 3900
        assert time.monotonic() - began < AT_ONCE


class TestRetry:
    def test_a_read_that_fails_is_tried_again_and_recovery_is_told(self) -> None:
        scene = Scene(until(20, LOST))

        value = scene.patience.read(scene.read)

        assert value >= 20
        assert max(scene.gaps()) <= 15
        assert len(scene.reads) >= 4
        assert {reason for reason, _ in scene.ear.failures} == {"no connection"}
        assert scene.ear.recoveries == [value]

    def test_without_a_failure_nothing_is_told(self) -> None:
        scene = Scene()
        scene.patience.read(scene.read)

        assert scene.ear == Ear()

    @pytest.mark.parametrize(("asked", "waited"), [(7.0, 7), (60.0, 60), (3600.0, 60)])
    def test_retry_after_is_obeyed_up_to_a_minute(self, asked: float, waited: float) -> None:
        scene = Scene(until(1, CallError(Fate.THROTTLED, "HTTP 429", 429, asked)))

        scene.patience.read(scene.read)

        assert len(scene.reads) == 2
        assert waited <= scene.gaps()[0] <= waited * 1.15

    def test_retry_after_ends_at_the_deadline(self) -> None:
        scene = Scene(until(1, CallError(Fate.THROTTLED, "HTTP 429", 429, 60.0)), timeout=20)

        assert scene.patience.read(scene.read) == pytest.approx(20)

    def test_what_is_denied_ends_at_once_with_the_apis_words(self) -> None:
        scene = Scene(lambda _: DENIED)

        with stopping(Result.REFUSED) as raised:
            scene.patience.read(scene.read)

        assert (raised.value.end.reason, raised.value.end.hint) == ("HTTP 401", "another key")
        assert scene.reads == [0]

    def test_after_a_time_of_failures_a_denial_still_ends_it(self) -> None:
        scene = Scene(lambda now: LOST if now < 30 else DENIED)

        with stopping(Result.REFUSED):
            scene.patience.read(scene.read)


class TestBudget:
    def test_five_minutes_of_failures_are_unreachable(self) -> None:
        scene = Scene(lambda _: LOST)

        with stopping(Result.UNREACHABLE) as raised:
            scene.patience.read(scene.read)

        assert 300 <= scene.clock.time <= 316
        assert "no connection" in raised.value.end.reason

    def test_slow_failures_count_from_the_first_ones_begin(self) -> None:
        scene = Scene(lambda _: CallError(Fate.UNKNOWN, "no reply"), latency=30)

        with stopping(Result.UNREACHABLE):
            scene.patience.read(scene.read)

        assert 300 <= scene.clock.time <= 346

    def test_a_first_read_that_was_sent_before_counts_from_then(self) -> None:
        scene = Scene(lambda _: LOST, first_sent=-30.0)

        with stopping(Result.UNREACHABLE):
            scene.patience.read(scene.read)

        assert 270 <= scene.clock.time <= 286
        assert scene.ear.failures[0][1] == 270

    def test_one_good_read_gives_all_of_it_back(self) -> None:
        scene = Scene(lambda now: None if 290 < now < 305 else LOST, timeout=3600)
        reads = scene.reads_in_turn()
        good = next(reads)
        with stopping(Result.UNREACHABLE):
            list(reads)

        assert 290 < good < 305
        assert scene.clock.time > good + 300

    def test_what_is_left_of_it_is_told(self) -> None:
        scene = Scene(lambda _: LOST)
        with stopping(Result.UNREACHABLE):
            scene.patience.read(scene.read)

        left = [seconds for _, seconds in scene.ear.failures]
        assert left[0] == 300
        assert left == sorted(left, reverse=True)

    def test_the_deadline_comes_first_if_it_is_nearer(self) -> None:
        scene = Scene(lambda _: LOST, timeout=100)

        with stopping(Result.TIMED_OUT) as raised:
            scene.patience.read(scene.read)

        assert scene.clock.time == pytest.approx(100)
        assert "no connection" in raised.value.end.reason
        assert scene.ear.failures[0][1] == 100

    def test_a_read_that_fails_at_the_deadline_is_timed_out(self) -> None:
        scene = Scene(lambda now: LOST if now > 90 else None, timeout=100)

        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()

        assert scene.clock.time == pytest.approx(100)


class TestInterrupt:
    @pytest.mark.parametrize("fails", [lambda _: None, lambda _: LOST], ids=["between reads", "between tries"])
    def test_it_ends_the_wait_it_comes_in(self, fails: Callable[[float], CallError | None]) -> None:
        scene = Scene(fails)
        scene.clock.interrupt_at = 42.0

        with pytest.raises(Interrupted):
            scene.read_to_the_end()

        assert scene.clock.time == 42


def test_a_call_is_bounded_by_what_is_left() -> None:
    scene = Scene(timeout=100)
    assert scene.patience.call_bound == 30

    scene.patience.pause(90)
    assert scene.patience.call_bound == pytest.approx(12)

    scene.patience.pause(90)
    assert scene.clock.time == pytest.approx(100)
    assert scene.patience.left == pytest.approx(0)
    assert scene.patience.call_bound == pytest.approx(2)


class TestDenials:
    """After a good read one no may be a slip: three in a row over 5 s are none."""

    def test_before_a_good_read_the_first_one_ends_it(self) -> None:
        scene = Scene(lambda _: DENIED)

        with stopping(Result.REFUSED) as raised:
            scene.patience.read(scene.read)
        assert (len(scene.reads), raised.value.end.call_error) == (1, "HTTP 401")

    def test_after_it_three_in_a_row_over_5_s(self) -> None:
        scene = Scene(lambda now: DENIED if now > 1 else None)

        with stopping(Result.REFUSED):
            scene.read_to_the_end()
        denied = [read for read in scene.reads if read > 1]
        assert len(denied) >= 3
        assert 5 <= denied[-1] - denied[0] < 20

    def test_one_with_another_failure_between_does_not_count_on(self) -> None:
        kinds = itertools.cycle([DENIED, DENIED, LOST])
        scene = Scene(lambda now: next(kinds) if 1 < now < 60 else None, timeout=120)

        with stopping(Result.TIMED_OUT):
            scene.read_to_the_end()


class TestMisreadReplies:
    """Before a good read, three over 30 s of what the API is not known to say."""

    CHANGED = CallError(Fate.UNKNOWN, "the API's reply has changed", is_misread=True)

    def test_they_end_it_after_30_s(self) -> None:
        scene = Scene(lambda _: self.CHANGED)

        with stopping(Result.UNREACHABLE) as raised:
            scene.patience.read(scene.read)
        assert 30 <= scene.clock.time < 60
        assert raised.value.end.call_error == "the API's reply has changed"

    def test_after_a_good_read_they_have_five_minutes(self) -> None:
        scene = Scene(lambda now: self.CHANGED if now > 1 else None)

        with stopping(Result.UNREACHABLE):
            scene.read_to_the_end()
        assert scene.clock.time > 300

    def test_other_failures_between_begin_it_anew(self) -> None:
        kinds = itertools.cycle([self.CHANGED, self.CHANGED, LOST])
        scene = Scene(lambda now: next(kinds) if now < 90 else None)

        assert scene.patience.read(scene.read) >= 90


class TestStaleReplies:
    STALE = CallError(Fate.UNKNOWN, "older than one before", is_stale=True)

    def test_they_are_no_outage_and_are_read_again_at_a_fast_pace(self) -> None:
        scene = Scene(until(20, self.STALE))

        assert 20 <= scene.patience.read(scene.read) < 23
        assert max(scene.gaps()) <= 2.2
        assert (scene.ear.recoveries, scene.patience.outage.failures) == ([], 0)

    def test_they_end_one(self) -> None:
        scene = Scene(lambda now: LOST if now < 20 else self.STALE if now < 60 else None)
        scene.patience.read(scene.read)

        assert 20 <= scene.patience.outage.total < 40
        assert scene.ear.recoveries == [scene.patience.outage.total]

    def test_at_the_deadline_they_end_it(self) -> None:
        scene = Scene(lambda _: self.STALE, timeout=30)

        with stopping(Result.TIMED_OUT) as raised:
            scene.patience.read(scene.read)
        assert "older than one before" in raised.value.end.reason


class TestTheCause:
    """The last read before the deadline has little time: what it fails with is not what the outage was about."""

    SHORT = CallError(Fate.UNSENT, "no connection within 2 s", seconds=2)

    def test_a_silent_name_server_is_told_as_what_it_was(self) -> None:
        silent = CallError(Fate.UNSENT, "no connection: Temporary failure in name resolution", hint="ask", seconds=10)
        scene = Scene(lambda now: silent if now < 50 else self.SHORT, timeout=60, latency=10)

        with stopping(Result.TIMED_OUT) as stopped:
            scene.patience.read(scene.read)

        end = stopped.value.end
        assert end.hint == "ask"
        assert end.reason.endswith("the last read failed: no connection: Temporary failure in name resolution")

    def test_what_failed_at_once_is_what_failed_last(self) -> None:
        scene = Scene(lambda now: LOST if now < 50 else CallError(Fate.UNKNOWN, "HTTP 502", 502), timeout=60)

        with stopping(Result.TIMED_OUT) as stopped:
            scene.patience.read(scene.read)

        assert stopped.value.end.reason.endswith("failed: HTTP 502")

    def test_one_that_had_all_its_time_is_what_failed_last(self) -> None:
        silent = CallError(Fate.UNKNOWN, "no complete reply within 30 s", seconds=30)
        scene = Scene(lambda now: LOST if now < 20 else silent, timeout=100, latency=30)

        with stopping(Result.TIMED_OUT) as stopped:
            scene.patience.read(scene.read)

        assert stopped.value.end.reason.endswith("failed: no complete reply within 30 s")

    def test_a_good_read_between_begins_anew(self) -> None:
        scene = Scene(lambda now: LOST if now < 5 else None if now < 50 else self.SHORT, timeout=60, latency=2)

        with stopping(Result.TIMED_OUT) as stopped:
            scene.read_to_the_end()

        assert stopped.value.end.reason.endswith("failed: no connection within 2 s")


def test_the_age_of_the_latest_read_is_that_of_one_that_went_well() -> None:
    scene = Scene(until(20, LOST), latency=3)
    scene.patience.read(scene.read)
    assert scene.patience.last_read_age == 0

    scene.clock.sleep(7)
    assert scene.patience.last_read_age == pytest.approx(7)

    scene.patience.heard()
    assert scene.patience.last_read_age == 0


def test_patience_within_another_time_has_a_new_budget_and_keeps_what_was_lost() -> None:
    scene = Scene(until(40, LOST), first_sent=-5.0)
    scene.patience.pace.throttled()
    scene.patience.read(scene.read)
    lost = scene.patience.outage.total

    inner = scene.patience.within(60)

    assert (inner.outage.total, inner.outage.failures, inner.first_read_sent) == (lost, 0, None)
    assert inner.deadline.at == scene.clock.time + 60
    assert (inner.pace.spacing, inner.pace.interval) == (0, 5)


def test_time_that_was_lost_does_not_count_even_while_it_is_lost() -> None:
    scene = Scene()
    scene.patience.read(scene.read)
    before = scene.patience.answered_time
    scene.patience.outage.failed(scene.clock.time)
    scene.clock.sleep(60)

    assert scene.patience.answered_time == before


def test_nor_does_it_later() -> None:
    scene = Scene(lambda now: LOST if 10 < now < 60 else None)
    scene.patience.read(scene.read)
    before = scene.patience.answered_time
    scene.clock.sleep(11)
    scene.patience.read(scene.read)

    assert scene.patience.outage.total >= 49
    assert scene.patience.answered_time == pytest.approx(before + scene.clock.time - scene.patience.outage.total)


def test_what_waiting_does_not_change_ends_after_a_minute_unless_there_was_a_good_read() -> None:
    lasting = CallError(Fate.UNSENT, "TLS failed", is_lasting=True)
    never, later = Scene(lambda _: lasting), Scene(lambda now: lasting if now > 1 else None)

    for scene in (never, later):
        with stopping(Result.UNREACHABLE):
            scene.read_to_the_end()
    assert 60 <= never.clock.time < 80
    assert later.clock.time > 300
    assert [round(scene.ear.failures[0][1]) for scene in (never, later)] == [60, 300]
