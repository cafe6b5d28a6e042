"""Many questions for programs: what the report says of them."""

from typing import Any

from cerebras_deploy.decide.comparison import SuiteResult
from cerebras_deploy.decide.suite import CaseResult, Round, middle

REPORTED = 500  # cases in the report, which has room for fewer


def suite_object(result: SuiteResult) -> dict[str, Any]:
    """Return the result of many questions, as the report has it."""
    slower = result.slowdown
    return {
        "need": result.suite.need,
        "now": _round_object(result.now),
        "before": _round_object(result.before) if result.before else None,
        "broken_limits": list(result.broken),
        "unjudged_limits": list(result.unjudged),
        "slowdown": slower
        and {
            "pairs": slower.pairs,
            "median_ratio": round(slower.ratio, 3),
            "lower_bound": None if slower.bound is None else round(slower.bound, 3),
            "median_difference_seconds": round(slower.difference, 3),
        },
    }


def _round_object(one: Round) -> dict[str, Any]:
    counts, median = one.counts, middle(one.latencies)
    return {
        "passed": counts["passed"],
        "failed": counts["failed"],
        "unanswered": counts["unanswered"],
        "median_latency_seconds": None if median is None else round(median, 3),
        "p95_latency_seconds": None if one.p95 is None else round(one.p95, 3),
        "median_tokens_per_second": None if one.rate is None else round(one.rate, 1),
    }


def case_objects(result: SuiteResult) -> list[dict[str, Any]]:
    """Return the cases as the report has them, what failed first, and no more than may find room there."""
    before = result.before.cases if result.before else None
    rank = {"failed": 0, "unanswered": 1, "passed": 2}
    cases, first = result.now.cases, result.regressions
    order = sorted(range(len(cases)), key=lambda at: (rank[cases[at].verdict], at not in first))
    return [_case_object(at + 1, cases[at], before[at] if before else None) for at in order[:REPORTED]]


def _case_object(number: int, case: CaseResult, before: CaseResult | None) -> dict[str, Any]:
    told = {
        "number": number,
        "name": case.name,
        "verdict": case.verdict,
        "latency_seconds": None if case.latency is None else round(case.latency, 3),
    }
    told |= {"reason": case.reason, "answer": case.answer} if case.verdict != "passed" else {}
    if before:
        told |= {
            "before": before.verdict,
            "before_latency_seconds": None if before.latency is None else round(before.latency, 3),
        }
    return told
