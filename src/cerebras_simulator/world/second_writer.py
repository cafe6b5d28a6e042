"""Somebody else who changes aliases: adds, moves and removes their own, at random moments.

A move takes two writes, as for everybody, so that the alias points to nothing in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from cerebras_simulator.world.inventory import Version

#: The aliases that it changes. All others are left to the caller.
ITS_ALIASES: Final = ("blue", "green", "nightly", "rc")
#: Seconds of the clock between the two writes of a move, at most.
MOVE: Final = 1.0
#: The share of moves; the rest of the changes to an alias that is held are removals.
MOVES: Final = 0.7


@dataclass(frozen=True)
class Turn:
    """One write at that unix time: the alias is added to a version if none holds it, or removed from its holder."""

    time: float
    alias: str
    add_to: int | None


class SecondWriter:
    """Turns at random moments, `every` so many seconds of the clock on average; the same seed has the same turns."""

    def __init__(self, seed: int, every: float, begun: float) -> None:
        self._random = Random(f"second writer {seed}")  # noqa: S311  # turns are to repeat under a seed
        self._every = every
        self._next = self._after(begun)
        self._moving: tuple[str, int] | None = None

    def turn(self, now: float, versions: Sequence[Version]) -> Turn | None:
        """Give the turn that is due, if one is: to be carried out before the next one is asked for."""
        if self._next > now:
            return None
        time, moving, self._moving = self._next, self._moving, None
        self._next = self._after(time)
        return Turn(time, *moving) if moving else self._begin(time, versions)

    def _begin(self, time: float, versions: Sequence[Version]) -> Turn:
        alias = self._random.choice(ITS_ALIASES)
        holder = _holder(alias, versions)
        others = [one.number for one in versions if one.number != holder]
        if holder is None:
            return Turn(time, alias, self._random.choice(others))
        if self._random.random() < MOVES:
            self._moving = alias, self._random.choice(others)
            self._next = time + self._random.uniform(0, MOVE)
        return Turn(time, alias, None)

    def _after(self, time: float) -> float:
        return time + self._random.expovariate(1 / self._every)


def _holder(alias: str, versions: Sequence[Version]) -> int | None:
    return next((one.number for one in versions if alias in one.aliases), None)
