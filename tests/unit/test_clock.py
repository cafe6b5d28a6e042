"""The run's elapsed time."""

from cerebras_deploy.clock import Stopwatch
from helpers.virtual import VirtualClock


def test_a_stopwatch_counts_from_when_the_run_began() -> None:
    clock = VirtualClock()
    time = Stopwatch(clock, clock.now() - 3)
    clock.sleep(4)

    assert time.elapsed == 7
