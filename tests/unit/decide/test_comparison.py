"""What many questions came to: limits, the version before, and how it is told."""

from decimal import Decimal
from typing import Any

import pytest

from cerebras_deploy.decide.comparison import SuiteResult, said
from cerebras_deploy.decide.question import Judged, Question, asking
from cerebras_deploy.decide.suite import CaseResult, Round, Suite

LETTERS: dict[str, Judged] = {"p": "passed", "f": "failed", "u": "unanswered"}


def asked(verdicts: str, latency: float = 0.5, rates: tuple[float, ...] = ()) -> Round:
    """Read `ppfu` as the cases of a round, of which those that were judged took so long."""
    judged = tuple(latency for one in verdicts if one != "u")
    cases = [
        CaseResult(f"case {number}", "Hi", LETTERS[one], None if one == "u" else latency)
        for number, one in enumerate(verdicts)
    ]
    return Round(tuple(cases), judged, rates)


def result(verdicts: str, *, before: Round | None = None, latency: float = 0.5, **limits: Any) -> SuiteResult:
    suite = Suite((Question(asking("Hi")),) * len(verdicts), **limits)
    return SuiteResult(suite, asked(verdicts, latency, (100.0, 300.0)), before)


@pytest.mark.parametrize(
    ("verdicts", "limits", "verdict", "reason"),
    [
        ("pppp", {}, "passed", ""),
        ("ppff", {}, "failed", "2 of 4 questions passed, 2 failed; 4 must pass"),
        (
            "ppfu",
            {"pass_rate": Decimal("0.75")},
            "unanswered",
            "2 of 4 questions passed, 1 failed, 1 unanswered; 3 must pass",
        ),
        ("pppp", {"p95_latency": 0.5}, "passed", ""),
        ("pppp", {"p95_latency": 0.4}, "failed", "slowest of 4 answers 0.50 s, limit 0.4 s; 4 of 4 questions passed"),
        ("p" * 20, {"p95_latency": 0.4}, "failed", "p95 latency 0.50 s, limit 0.4 s; 20 of 20 questions passed"),
        ("pppp", {"least_rate": 200.0}, "passed", ""),
        ("pppp", {"least_rate": 201.0}, "failed", "median 200 tokens/s, minimum 201; 4 of 4 questions passed"),
        ("puuu", {"p95_latency": 0.4}, "unanswered", "1 of 4 questions passed, 3 unanswered; 4 must pass"),
        (
            "ppuu",
            {"p95_latency": 0.4},
            "failed",
            "slowest of 2 answers 0.50 s, limit 0.4 s; 2 of 4 questions passed, 2 unanswered; 4 must pass",
        ),
    ],
)
def test_verdict_and_reason(verdicts: str, limits: dict[str, Any], verdict: str, reason: str) -> None:
    found = result(verdicts, **limits)

    assert (found.verdict, found.reason) == (verdict, reason)


def test_slower_than_the_version_before_is_a_failure() -> None:
    before = asked("p" * 8, 0.5)

    slower = result("p" * 8, before=before, latency=1.0, max_slowdown=0.2)
    equal = result("p" * 8, before=before, latency=0.5, max_slowdown=0.2)

    assert (slower.verdict, equal.verdict) == ("failed", "passed")
    assert slower.broken == ("answers take 2.00x as long as those of the version before, limit 1.20x",)
    assert slower.slowdown
    assert said(slower.slowdown) == "median 2.00x, +0.50 s; 8 pairs, at least 2.00x with 95% confidence"


def test_pairs_are_of_cases_that_both_versions_answered() -> None:
    found = result("pppppppu", before=asked("uppppppp"), latency=1.0, max_slowdown=0.2)

    assert found.slowdown
    assert found.slowdown.pairs == 6


def test_few_pairs_cannot_tell() -> None:
    found = result("ppp", before=asked("ppp"), latency=9.0, max_slowdown=0.2)

    assert (found.verdict, bool(found.slowdown)) == ("passed", True)
    assert found.slowdown
    assert said(found.slowdown) == "median 18.00x, +8.50 s; 3 pairs, too few to tell"


@pytest.mark.parametrize("limits", [{}, {"max_slowdown": 0.2}], ids=["no limit", "no figures"])
def test_without_a_limit_or_figures_from_before_nothing_is_compared(limits: dict[str, Any]) -> None:
    found = result("p" * 8, before=None if limits else asked("p" * 8), latency=9.0, **limits)

    assert (found.slowdown, found.verdict) == (None, "passed")


def test_what_the_version_before_passed_comes_first() -> None:
    found = result("ffpf", before=asked("fpfp"))

    assert found.regressions == {1, 3}
    assert [case.name for case in found.failed] == ["case 1", "case 3", "case 0"]
    assert [case.name for case in result("fpf").failed] == ["case 0", "case 2"]


def test_the_figures_in_a_line() -> None:
    assert result("ppfu").told == (
        "2 of 4 questions passed, 1 failed, 1 unanswered, slowest 0.50 s, 200 tokens/s (4 must pass)"
    )
    assert result("p" * 20).figures == "20 of 20 questions passed, p95 0.50 s, 200 tokens/s"
    assert SuiteResult(result("u").suite, asked("u")).figures == "0 of 1 questions passed, 1 unanswered"
