"""The result of many questions: the verdict by pass rate and limits, compared with the previous version."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cerebras_deploy.decide.question import Judged
from cerebras_deploy.decide.slowdown import Slowdown, slowdown
from cerebras_deploy.decide.suite import FEW, CaseResult, Round, Suite, verdict


@dataclass(frozen=True)
class SuiteResult:
    """The result of a suite.

    `before` has the answers of the previous version. It is None if that was not asked, or hardly answered.
    """

    suite: Suite
    now: Round
    before: Round | None = None

    @cached_property
    def slowdown(self) -> Slowdown | None:
        """How much slower it is than the version before; None if that cannot be said."""
        return slowdown([(old, new) for old, new, is_alike in self._pairs if is_alike])

    @property
    def unlike(self) -> int:
        """How many questions were asked of both versions, but not as one of as many at a time: they prove nothing."""
        return sum(not is_alike for _, _, is_alike in self._pairs)

    @cached_property
    def _pairs(self) -> list[tuple[float, float, bool]]:
        """The latencies of each question, old and new, and whether it was asked alike."""
        if self.before is None or self.suite.max_slowdown is None:
            return []
        return [
            (old.latency, new.latency, old.at_a_time == new.at_a_time)
            for old, new in zip(self.before.cases, self.now.cases, strict=True)
            if old.latency is not None and new.latency is not None
        ]

    @cached_property
    def verdict(self) -> Judged:
        """The verdict of the whole."""
        return verdict(self.now.counts, self.suite.need, is_limit_broken=bool(self.broken))

    @property
    def broken(self) -> tuple[str, ...]:
        """Limits that are broken, in words; those of hardly any answers prove nothing."""
        return tuple(self._broken()) if self.now.is_half_answered else ()

    def _broken(self) -> Iterator[str]:
        suite, p95, rate, slower = self.suite, self.now.p95, self.now.rate, self.slowdown
        if suite.p95_latency is not None and p95 is not None and p95 > suite.p95_latency:
            what = "p95 latency" if len(self.now.latencies) >= FEW else f"slowest of {len(self.now.latencies)} answers"
            yield f"{what} {p95:.2f} s, limit {suite.p95_latency:g} s"
        if suite.least_rate is not None and rate is not None and self.now.has_rate and rate < suite.least_rate:
            yield f"median {rate:.0f} tokens/s, minimum {suite.least_rate:g}"
        if suite.max_slowdown is not None and slower and slower.exceeds(suite.max_slowdown):
            limit = f"limit {1 + suite.max_slowdown:.2f}x"
            yield f"answers take {slower.ratio:.2f}x as long as the previous version's, {limit}"

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Limits that were not judged, in words, with why. `max-slowdown` is one only if there is a version before."""
        return tuple(f"`{limit}` was not judged: {why}" for limit, why in self._unjudged() if why)

    def _unjudged(self) -> Iterator[tuple[str, str]]:
        suite = self.suite
        hardly = "" if self.now.is_half_answered else "fewer than half of the questions were answered"
        if suite.p95_latency is not None:
            yield "p95-latency", hardly
        if suite.least_rate is not None:
            without = "fewer than half of the answers say how many tokens they have"
            yield "min-tokens-per-second", hardly or ("" if self.now.has_rate else without)
        if suite.max_slowdown is not None and self.before:
            yield "max-slowdown", hardly or self._not_compared

    @property
    def _not_compared(self) -> str:
        """Say why the pairs cannot tell, unless there are just few of them."""
        if not self._pairs:
            return "no question was answered by both versions"
        if self.unlike and (self.slowdown is None or self.slowdown.bound is None):
            return f"{self.unlike} of {len(self._pairs)} questions were not asked of both at the same concurrency"
        return ""

    @property
    def statement(self) -> str:
        """The results of the cases, in words."""
        counts, total = self.now.counts, len(self.now.cases)
        others = [f"{counts[one]} {one}" for one in ("failed", "unanswered") if counts[one]]
        return ", ".join([f"{counts['passed']} of {total} questions passed", *others])

    @property
    def reason(self) -> str:
        """Why the suite did not pass; empty if it did."""
        if self.verdict == "passed":
            return ""
        is_enough = self.now.counts["passed"] >= self.suite.need
        told = self.statement if is_enough else f"{self.statement}; {self.suite.need} must pass"
        return "; ".join((*self.broken, f"{told}{self._same_for_all}"))

    @property
    def _same_for_all(self) -> str:
        """Why cases did not pass, if that is the same for all of them; empty otherwise."""
        reasons = {case.reason for case in self.now.cases if case.verdict != "passed"}
        return f" ({reasons.pop()})" if len(reasons) == 1 and reasons != {""} else ""

    @property
    def told(self) -> str:
        """The totals for people, with why it did not pass if it is a limit."""
        need = f"{self.figures} ({self.suite.need} must pass)"
        return "; ".join((need, *self.broken))

    @property
    def figures(self) -> str:
        """The figures for people: `48 of 50 questions passed, 2 failed, p95 0.42 s, 940 tokens/s`."""
        p95, rate = self.now.p95, self.now.rate
        shown = f"{'slowest' if len(self.now.latencies) < FEW else 'p95'} {p95:.2f} s" if p95 is not None else ""
        return ", ".join(filter(None, (self.statement, shown, f"{rate:.0f} tokens/s" if rate is not None else "")))

    @cached_property
    def regressions(self) -> frozenset[int]:
        """Which cases failed that the version before passed, by number from 0."""
        if self.before is None:
            return frozenset()
        cases = enumerate(zip(self.before.cases, self.now.cases, strict=True))
        return frozenset(at for at, (old, new) in cases if old.verdict == "passed" and new.verdict == "failed")

    @property
    def failed(self) -> list[CaseResult]:
        """The cases that failed, first those that the version before passed."""
        first = self.regressions
        order = sorted(range(len(self.now.cases)), key=lambda at: at not in first)
        return [self.now.cases[at] for at in order if self.now.cases[at].verdict == "failed"]


def said(slower: Slowdown) -> str:
    """Say what the pairs show."""
    sure = "too few to tell" if slower.bound is None else f"at least {slower.bound:.2f}x with 95% confidence"
    return f"median latency {slower.ratio:.2f}x ({slower.difference:+.2f} s) over {slower.pairs} pairs, {sure}"
