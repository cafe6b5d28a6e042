"""Time for tests: it passes only when it is slept or waited away; and calls that are given up at a given moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from cerebras_deploy.clock import Ended
from cerebras_deploy.errors import Interrupted

T = TypeVar("T")

PATIENCE = 30.0  # real seconds in which a thread comes to a point that it surely comes to
AT_ONCE = 10.0  # real seconds, on a machine however busy, for what takes none and would take far more if it were wrong
EPOCH = 1_790_000_000.0  # where it starts, in unix seconds


@dataclass
class VirtualClock:
    """A clock of its own; `interrupt_at` is when a signal comes."""

    time: float = EPOCH
    interrupt_at: float | None = None
    held_until: float = 0.0
    _running: list[tuple[float, Ended]] = field(default_factory=list, init=False)
    _started: int = field(default=0, init=False)
    _is_beside: bool = field(default=False, init=False)  # in a function that runs beside others

    def now(self) -> float:
        """Return the virtual time."""
        return self.time

    def unix_time(self) -> float:
        """Return the virtual time: it began at the epoch of tests."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass, up to the signal."""
        end = self.time + seconds
        due = None if self.interrupt_at is None else max(self.interrupt_at, self.held_until)
        if due is not None and due <= end:
            self.time, self.interrupt_at = max(due, self.time), None
            raise Interrupted
        self.time = end

    @contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Hold the signal back inside."""
        self.held_until = self.time + seconds
        try:
            yield
        finally:
            self.held_until = 0.0

    def call(self, function: Callable[[], T], within: float) -> T:
        """Run the function here; what it waits for, it takes from this clock."""
        if self._is_beside:
            return function()
        before = self.time
        result = function()
        if self.time - before > within:
            self.time = before + within
            raise TimeoutError
        return result

    def start(self, function: Callable[[], object], within: float) -> int:
        """Run the function now, and let it end when the time has come that it takes: time is turned back for that."""
        began, signal, self.interrupt_at = self.time, self.interrupt_at, None
        self._started, self._is_beside = self._started + 1, True
        try:
            ended = Ended(self._started, function(), None)
        except Exception as error:  # noqa: BLE001 - it is handed on, as the real clock does
            ended = Ended(self._started, None, error)
        self._is_beside = False
        if self.time - began > within:
            self.time, ended = began + within, Ended(self._started, None, TimeoutError())
        self._running.append((self.time, ended))
        self.time, self.interrupt_at = began, signal
        return self._started

    def ended(self, within: float) -> Ended | None:
        """Let time pass until the first one ends."""
        at, first = min(self._running, key=lambda one: (one[0], one[1].number), default=(self.time + within + 1, None))
        self.sleep(max(min(at - self.time, within), 0.0))
        if first is None or at > self.time:
            return None
        self._running.remove((at, first))
        return first


def given_up_at(moment: threading.Event) -> Callable[[Callable[[], T], float], T]:
    """Run a function as a clock's `call` does, and give it up at that moment: it goes on unseen."""

    def call(function: Callable[[], T], _: float) -> T:
        def work() -> None:
            with suppress(Exception):
                function()

        threading.Thread(target=work, daemon=True).start()
        assert moment.wait(PATIENCE)
        moment.clear()
        raise TimeoutError

    return call
