"""Time and signals: the only module that knows the real clock, waits, or starts a thread. Seconds, monotonic."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from cerebras_deploy.clock import Ended, RunningTime
from cerebras_deploy.errors import Interrupted, NoThreadError

T = TypeVar("T")

_Letter = tuple[object, Ended | None]


class SystemClock:
    """The real clock. It runs what may block in a thread, so that a signal is seen at once.

    Python runs a signal handler only between byte codes of the main thread, so a C call that blocks the main thread,
    such as a DNS look-up, would hold it back. `monotonic` has the machine's seconds.
    """

    _SIGNAL, _ENDED = object(), object()

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._time = RunningTime(monotonic)
        self._mail: SimpleQueue[_Letter] = SimpleQueue()
        self._interrupted = False
        self._due = False  # an interrupt came, and has not ended a wait yet
        self._held_until = 0.0
        self._worker = threading.local()  # of a thread that runs beside others: `is_one`
        self._running: dict[int, float] = {}  # number of a function that was started: when it is given up
        self._kept: list[Ended] = []  # those that ended while something else was waited for
        self._numbers = count(1)

    def install(self) -> None:
        """Let SIGINT and SIGTERM interrupt the current wait, or else the next; later signals are ignored."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.interrupt())

    def interrupt(self) -> None:
        """End the current wait, or else the next; only the first call has an effect."""
        if not self._interrupted:
            self._interrupted = True
            self._mail.put((self._SIGNAL, None))

    def now(self) -> float:
        """Return monotonic seconds, less the time in which this process did not run."""
        return self._time.now()

    def unix_time(self) -> float:
        """Return the wall clock's seconds."""
        return time.time()

    @contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Hold an interrupt back inside the block; it ends the next wait after that. See `Clock.hold`."""
        self._held_until = self.now() + seconds
        try:
            yield
        finally:
            self._held_until = 0.0

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `Interrupted` when a signal comes first."""
        try:
            self._receive(None, self.now() + max(seconds, 0.0))
        except TimeoutError:
            return

    def call(self, function: Callable[[], T], within: float) -> T:
        """Run the function in a thread. See `Clock.call`."""
        if getattr(self._worker, "is_one", False):
            return function()
        ticket, end = object(), self.now() + max(within, 0.0)
        self._run(function, lambda value, error: (ticket, Ended(0, value, error)))
        ended = self._receive(ticket, end)
        if ended.error is not None:
            raise ended.error
        return cast("T", ended.value)

    def start(self, function: Callable[[], object], within: float) -> int:
        """Run the function in a thread. See `Clock.start`."""
        number = next(self._numbers)
        self._running[number] = self.now() + within

        def work() -> object:
            self._worker.is_one = True
            return function()

        try:
            self._run(work, lambda value, error: (self._ENDED, Ended(number, value, error)))
        except NoThreadError as error:
            self._kept.append(Ended(number, None, error))
        return number

    def ended(self, within: float) -> Ended | None:
        """Wait for a function that was started. See `Clock.ended`."""
        end = self.now() + max(within, 0.0)
        while True:
            late, given_up = min(((at, number) for number, at in self._running.items()), default=(end + 1, 0))
            try:
                ended = self._kept.pop(0) if self._kept else self._receive(self._ENDED, min(late, end))
            except TimeoutError:
                if late > end:
                    return None
                ended = Ended(given_up, None, TimeoutError())
            if self._running.pop(ended.number, None) is not None:  # else it was given up before
                return ended

    def _run(self, function: Callable[[], object], letter: Callable[[object, BaseException | None], _Letter]) -> None:
        """Run it in a thread, which sends what comes of it as that letter."""

        def work() -> None:
            try:
                self._mail.put(letter(function(), None))
            except BaseException as error:  # noqa: BLE001 - it is raised again in the main thread
                self._mail.put(letter(None, error))

        try:
            threading.Thread(target=work, daemon=True).start()
        except RuntimeError as full:
            raise NoThreadError(f"no thread could be started: {full}") from full

    def _receive(self, ticket: object, end: float) -> Ended:
        """Wait for the letter with this ticket until `end`. Letters of calls that timed out are dropped."""
        while True:
            if self._due and self.now() >= self._held_until:
                self._due = False
                raise Interrupted
            until = min(end, self._held_until) if self._due else end
            try:
                sender, letter = self._mail.get(timeout=max(until - self.now(), 0))
            except Empty:
                self._time.waited(until)
                if until < end:
                    continue
                raise TimeoutError from None
            self._time.waited(until)
            if sender is self._SIGNAL:
                self._due = True
            if sender is ticket and letter is not None:
                return letter
            if sender is self._ENDED and letter is not None:
                self._kept.append(letter)
