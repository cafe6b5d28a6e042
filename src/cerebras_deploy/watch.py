"""Time: the only module that waits. Seconds on a monotonic clock everywhere."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from random import Random
from typing import Protocol, TypeVar, cast

from cerebras_deploy import schedule
from cerebras_deploy.errors import CallError, Fate, Interrupted, Refused, TimedOut, Unreachable
from cerebras_deploy.times import span

T = TypeVar("T")


class Clock(Protocol):
    """Time as the run sees it; tests have a virtual one."""

    def now(self) -> float:
        """Return monotonic seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; `Interrupted` when a signal comes first."""
        ...

    def call(self, function: Callable[[], T], within: float) -> T:
        """Return the function's result; `TimeoutError` after `within` seconds, `Interrupted` when a signal comes first.

        The function may go on unseen after either.
        """
        ...

    def hold(self, seconds: float) -> AbstractContextManager[None]:
        """Hold an interrupt back inside, for as long at most."""
        ...


class SystemClock:
    """The real one. What may block runs in a thread of its own, so that a signal is seen at once.

    A C call that blocks the main thread, such as a DNS look-up, would hold Python's signal handlers back.
    """

    _SIGNAL = object()

    def __init__(self) -> None:
        self._mail: SimpleQueue[tuple[object, object]] = SimpleQueue()
        self._interrupted = False
        self._due = False  # an interrupt came, and no wait has been ended by it yet
        self._held_until = 0.0

    def install(self) -> None:
        """Let SIGINT and SIGTERM interrupt the next wait, or the one that is on; later signals are ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.interrupt())

    def interrupt(self) -> None:
        """End the wait that is on, or the next one; only the first call does something."""
        if not self._interrupted:
            self._interrupted = True
            self._mail.put((self._SIGNAL, None))

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    @contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Hold an interrupt back inside, for as long at most; it ends the next wait after that."""
        self._held_until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._held_until = 0.0

    def sleep(self, seconds: float) -> None:
        """Wait; `Interrupted` when a signal comes first."""
        try:
            self._receive(None, seconds)
        except TimeoutError:
            return

    def call(self, function: Callable[[], T], within: float) -> T:
        """Run the function in a thread; see `Clock.call`."""
        ticket = object()

        def work() -> None:
            try:
                outcome: object = (function(), None)
            except BaseException as error:  # noqa: BLE001 - it is raised again in the main thread
                outcome = (None, error)
            self._mail.put((ticket, outcome))

        threading.Thread(target=work, daemon=True).start()
        value, error = cast("tuple[T, BaseException | None]", self._receive(ticket, within))
        if error is not None:
            raise error
        return value

    def _receive(self, ticket: object, within: float) -> object:
        end = time.monotonic() + within
        while True:
            if self._due and time.monotonic() >= self._held_until:
                self._due = False
                raise Interrupted
            until = min(end, self._held_until) if self._due else end
            try:
                sender, letter = self._mail.get(timeout=max(until - time.monotonic(), 0))
            except Empty:
                if until < end:
                    continue
                raise TimeoutError from None
            if sender is self._SIGNAL:
                self._due = True
            if sender is ticket:
                return letter  # anything else is of a call that was given up


class Told(Protocol):
    """Who is told of what the watch goes through; see `journal.Journal`."""

    def failing(self, error: CallError, left: float) -> None:
        """Hear of a failed call; in `left` seconds it is given up."""
        ...

    def recovered(self, after: float) -> None:
        """Hear that reads go well again, `after` seconds."""
        ...


@dataclass
class Watch:
    """Reads with patience: retries, pace, and one deadline for all of it.

    `began` is when the run began and its first read was sent, if that was before; None once that read is through.
    """

    clock: Clock
    rng: Random
    told: Told
    interval: float
    timeout: float
    began: float | None = None
    started: float = field(init=False)
    eager: bool = field(default=False, init=False)
    _failing_since: float | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    _deaf: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.clock.now() if self.began is None else self.began
        self.pace = schedule.Pace(self.interval)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock.now() - self.started

    @property
    def listening(self) -> float:
        """Seconds since the start in which reads went well."""
        return self.elapsed - self._deaf

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self.timeout - self.elapsed

    @property
    def over(self) -> bool:
        """Whether the deadline is reached, to the millisecond: what is read now is the last read."""
        return self.began is None and self.left < 0.001  # noqa: PLR2004 - what a float's rounding leaves

    @property
    def bound(self) -> float:
        """Seconds that one call may take now."""
        return schedule.call_bound(self.left)

    def snapshots(self, read: Callable[[], T]) -> Iterator[T]:
        """Yield what `read` returns, at the pace, until the caller has seen enough.

        At the deadline there is one last read, then `TimedOut`. Raises what `patiently` raises.
        """
        while True:
            last = self.over
            yield self.patiently(read)
            if last:
                raise TimedOut(self._bound_reached())
            self.pause(self.pace.delay(self.rng, near_end=self.eager))

    def pause(self, seconds: float) -> None:
        """Wait, but never past the deadline."""
        self.clock.sleep(min(seconds, max(self.left, 0.0)))

    def patiently(self, read: Callable[[], T]) -> T:
        """Return what `read` returns, retrying what may pass.

        Raises `Refused` if the API says no, `Unreachable` when the failure budget is spent, `TimedOut` at the deadline.
        """
        while True:
            last = self.over
            before, self.began = self.clock.now() if self.began is None else self.began, None
            try:
                value = read()
            except CallError as error:
                since = self._failed(error, before)
                if last:
                    reason = f"{self._bound_reached()}, and the last read failed: {error}"
                    raise TimedOut(reason, error.hint) from error
                self.back_off(error, self._failures, since)
            else:
                self._succeeded()
                return value

    def back_off(self, error: CallError, failures: int, since: float) -> None:
        """Wait before the next try of a call that failed `failures` times in a row, for `since` seconds."""
        delay = schedule.retry_delay(failures, error.retry_after, self.rng)
        if error.fate is Fate.THROTTLED and error.retry_after is None:
            delay = max(delay, self.pace.delay(self.rng))
        self.pause(min(delay, schedule.FAILURE_BUDGET - since))

    def bear(self, error: CallError, since: float) -> None:
        """Raise if there is no point, or no budget, to try again a call that has failed for `since` seconds."""
        if error.fate is Fate.DENIED:
            raise Refused(str(error), error.hint) from error
        if error.fate is Fate.THROTTLED:
            self.pace.throttled()
        if since >= schedule.FAILURE_BUDGET and not self.over:
            reason = f"the API could not be asked for {span(since)}: {error}"
            raise Unreachable(reason, error.hint) from error
        if not self.over:
            self.told.failing(error, min(schedule.FAILURE_BUDGET - since, self.left))

    def _failed(self, error: CallError, before: float) -> float:
        self._failures += 1
        self._failing_since = before if self._failing_since is None else self._failing_since
        since = self.clock.now() - self._failing_since
        self.bear(error, since)
        return since

    def _succeeded(self) -> None:
        self.pace.succeeded()
        if self._failing_since is not None:
            outage = self.clock.now() - self._failing_since
            self._deaf += outage
            self.told.recovered(outage)
        self._failing_since, self._failures = None, 0

    def _bound_reached(self) -> str:
        return f"the timeout of {span(self.timeout)} was reached"
