"""What counts as time, and the run's elapsed time."""

import pytest

from cerebras_deploy.clock import LATE, RunningTime, Stopwatch
from helpers.virtual import VirtualClock


class Machine:
    """The machine's seconds."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_stopwatch_counts_from_when_the_run_began() -> None:
    clock = VirtualClock()
    time = Stopwatch(clock, clock.now() - 3)
    clock.sleep(4)

    assert time.elapsed == 7


@pytest.mark.parametrize(
    ("late", "counted"),
    [(-5.0, -5.0), (0.0, 0.0), (LATE, LATE), (LATE + 0.5, 0.0), (310.0, 0.0), (1.9, 1.9), (2.1, 0.0)],
)
def test_a_wait_that_ends_far_too_late_counts_as_one_that_ended_in_time(late: float, counted: float) -> None:
    machine = Machine()
    time = RunningTime(machine)
    until = time.now() + 30

    machine.seconds += 30 + late
    time.waited(until)

    assert time.now() == until + counted


def test_every_stop_is_left_out() -> None:
    machine = Machine()
    time = RunningTime(machine)

    for _ in range(2):
        until = time.now() + 1
        machine.seconds += 100
        time.waited(until)

    assert time.now() == 1002
