"""Time as the run sees it: what a clock does, what counts as time, and the time elapsed. Seconds, monotonic."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")

LATE = 2.0  # seconds that a wait may end late on a busy machine; later, the process did not run


class Clock(Protocol):
    """Time as the run sees it; tests have a virtual one."""

    def now(self) -> float:
        """Return monotonic seconds, less the time in which this process did not run."""
        ...

    def unix_time(self) -> float:
        """Return the wall clock's seconds, which may jump: only for what is written down."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Raises `Interrupted` when a signal comes first."""
        ...

    def call(self, function: Callable[[], T], within: float) -> T:
        """Return the function's result.

        Raises `TimeoutError` after `within` seconds, and `Interrupted` when a signal comes first. After either, the
        function may still be running. Raises `NoThreadError` if it cannot be started.
        """
        ...

    def hold(self, seconds: float) -> AbstractContextManager[None]:
        """Hold an interrupt back inside the block, for at most so many seconds."""
        ...

    def start(self, function: Callable[[], object], within: float) -> int:
        """Start a function that runs beside others, and return its number.

        It counts as failed with a `TimeoutError` after `within` seconds; it may still be running then. A `call` that
        the function makes runs in place, and has no limit of its own.
        """
        ...

    def ended(self, within: float) -> "Ended | None":
        """Wait for one of the functions that were started to end; None if none does in so many seconds.

        Raises `Interrupted` when a signal comes first: nobody hears of those that are still running.
        """
        ...


class Ended(NamedTuple):
    """A function that ran beside others: its number, and what it returned or raised."""

    number: int
    value: object
    error: BaseException | None


class RunningTime:
    """The machine's seconds, less those in which this process did not run.

    A process that was stopped, in a container that was paused, finds that a wait has ended far too late. That time does
    not count, as that of a machine that was suspended does not: the API was not away, nobody asked it.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._stopped = 0.0  # seconds

    def now(self) -> float:
        """Return the seconds in which it ran."""
        return self._monotonic() - self._stopped

    def waited(self, until: float) -> None:
        """Leave out the time since a wait should have ended, if the process cannot have run in it."""
        if (late := self.now() - until) > LATE:
            self._stopped += late


class Stopwatch(NamedTuple):
    """The run's elapsed time. `started` is when the run began, on the clock."""

    clock: Clock
    started: float

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock.now() - self.started
