"""Whether a version is slower than the one before it, by pairs: the same questions, asked of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

LEAST_PAIRS = 6  # five noisy answers that are all slower by chance are too likely: tools/slowdown_rates.py
LEAST_DIFFERENCE = 0.1  # seconds; less is not worth a rollback, whatever its share
ERROR = 20  # the bound is above the true median in one of so many cases at most: 95 %
_LEAST_LATENCY = 0.001  # seconds; no answer takes less


@dataclass(frozen=True)
class Slowdown:
    """What the pairs show.

    `ratio` is the median of the new latency over the old one, and `bound` its one-sided 95 % lower bound; None if there
    are too few pairs for one. `difference` is the median difference in seconds.
    """

    pairs: int
    ratio: float
    bound: float | None
    difference: float

    def exceeds(self, most: float) -> bool:
        """Whether the version is surely slower by more than that share, and by enough for people to notice."""
        return self.bound is not None and self.bound > 1 + most and self.difference > LEAST_DIFFERENCE


def slowdown(pairs: Sequence[tuple[float, float]]) -> Slowdown | None:
    """Compare the latencies of pairs, old and new, in seconds; None without any."""
    if not pairs:
        return None
    ratios = sorted(new / max(old, _LEAST_LATENCY) for old, new in pairs)
    rank = bound_rank(len(ratios)) if len(ratios) >= LEAST_PAIRS else 0
    difference = median(new - old for old, new in pairs)
    return Slowdown(len(ratios), median(ratios), ratios[rank - 1] if rank else None, difference)


def bound_rank(count: int) -> int:
    """Return which of so many sorted values (from 1) is the lower bound of their median; 0 if none is.

    Fewer than k of n values lie below the true median with the probability of fewer than k heads in n throws. The bound
    is the greatest k-th value for which that is at most 5 % (David and Nagaraja, Order Statistics, 7.1).
    """
    rank, below, ways = 0, 0, 1  # `ways`: to throw `rank` heads; `below`: to throw as many or fewer
    while (below + ways) * ERROR <= 2**count:
        below += ways
        ways = ways * (count - rank) // (rank + 1)
        rank += 1
    return rank
