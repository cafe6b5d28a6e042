"""Many questions, and what their answers are judged to be together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from cerebras_deploy.decide.question import Judged, Question

FEW = 20  # answers; with fewer, their 95th percentile is the slowest one


@dataclass(frozen=True)
class Suite:
    """The questions of a file, and what is asked of their answers together.

    `pass_rate` is the share that must pass. A case that failed is asked until there are `repeat` answers. None stands
    for no limit: `p95_latency` in seconds, `least_rate` in tokens per second, `max_slowdown` as a share.
    """

    cases: tuple[Question, ...]
    concurrency: int = 4
    pass_rate: Decimal = Decimal(1)
    repeat: int = 1
    p95_latency: float | None = None
    least_rate: float | None = None
    max_slowdown: float | None = None
    ignored: tuple[str, ...] = ()  # keys of people's own data that say nothing here

    @property
    def need(self) -> int:
        """How many cases must pass: the smallest whole number that is no less than their share."""
        return int((self.pass_rate * len(self.cases)).to_integral_value(ROUND_CEILING))


class CaseResult(NamedTuple):
    """The result of one case. `latency` is of its first answer that was judged, in seconds.

    `reason` and `answer` are there unless it passed. The first answer was asked for as one of so many `at_a_time`.
    """

    name: str
    prompt: str
    verdict: Judged
    latency: float | None = None
    reason: str = ""
    answer: str = ""
    at_a_time: int = 0


@dataclass(frozen=True)
class Round:
    """The results of asking one version all cases.

    `latencies`, in seconds, and `rates`, in tokens per second, are of all judged answers.
    """

    cases: tuple[CaseResult, ...]
    latencies: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()

    @property
    def counts(self) -> Counter[Judged]:
        """How many cases have which verdict."""
        return Counter(case.verdict for case in self.cases)

    @property
    def is_half_answered(self) -> bool:
        """Whether at least half of the cases were judged."""
        counts = self.counts
        return 2 * (counts["passed"] + counts["failed"]) >= len(self.cases)

    @property
    def has_rate(self) -> bool:
        """Whether the median rate is known: at least half of the judged answers have one."""
        return bool(self.rates) and 2 * len(self.rates) >= len(self.latencies)

    @property
    def p95(self) -> float | None:
        """The latency that 95 % of the judged answers do not exceed; None without any."""
        return percentile_95(self.latencies)

    @property
    def rate(self) -> float | None:
        """The median rate of the judged answers, in tokens per second."""
        return middle(self.rates)


def case_verdict(answers: Sequence[Judged], repeat: int) -> Judged | None:
    """Judge a case by its answers so far; None: it is to be asked again."""
    if answers[0] != "failed":
        return answers[0]
    return None if len(answers) < repeat else settled(answers, repeat) or "unanswered"


def settled(answers: Sequence[Judged], repeat: int) -> Judged | None:
    """Return what more than half of so many answers say, whatever those are that have not come; None if none does."""
    return next((one for one in ("failed", "passed") if 2 * answers.count(one) > repeat), None)


def verdict(counts: Counter[Judged], need: int, *, is_limit_broken: bool) -> Judged:
    """Judge a suite of which `need` cases must pass. Whatever could not be asked never changes a verdict."""
    if is_limit_broken or counts["passed"] + counts["unanswered"] < need:
        return "failed"
    return "passed" if counts["passed"] >= need else "unanswered"


def percentile_95(values: Sequence[float]) -> float | None:
    """Return the smallest value that at least 95 % of them do not exceed; None without any."""
    rank = (95 * len(values) + 99) // 100
    return sorted(values)[rank - 1] if values else None


def middle(values: Sequence[float]) -> float | None:
    """Return the median; None without any value."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
