"""Many runs of a matrix: each is its seed."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")

IN_PROCESS = 100  # runs; more of them are spread over processes, which a worker of pytest-xdist does not bear


def play_all(play: Callable[[int], T], runs: int) -> list[T]:
    """Play the first seeds, and return what came of each."""
    if runs <= IN_PROCESS:
        return [play(seed) for seed in range(runs)]
    with ProcessPoolExecutor() as pool:
        return list(pool.map(play, range(runs), chunksize=10))
