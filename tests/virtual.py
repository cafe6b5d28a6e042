"""Time for tests: it passes only when it is slept or waited away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cerebras_deploy.errors import Interrupted

T = TypeVar("T")

EPOCH = 1_790_000_000.0  # where it starts, in unix seconds


@dataclass
class VirtualClock:
    """A clock of its own; `interrupt_at` is when a signal comes."""

    time: float = EPOCH
    interrupt_at: float | None = None

    def now(self) -> float:
        """Return the virtual time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass, up to the signal."""
        end = self.time + seconds
        if self.interrupt_at is not None and self.interrupt_at <= end:
            self.time, self.interrupt_at = max(self.interrupt_at, self.time), None
            raise Interrupted
        self.time = end

    def call(self, function: Callable[[], T], within: float) -> T:
        """Run the function here; what it waits for, it takes from this clock."""
        before = self.time
        result = function()
        if self.time - before > within:
            self.time = before + within
            raise TimeoutError
        return result
