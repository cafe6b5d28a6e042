"""What many questions came to: limits, the version before, and how it is told."""

from decimal import Decimal
from typing import Any

import pytest

from cerebras_deploy.decide.comparison import SuiteResult, said
from cerebras_deploy.decide.question import Judged, Question, asking
from cerebras_deploy.decide.suite import CaseResult, Round, Suite

LETTERS: dict[str, Judged] = {"p": "passed", "f": "failed", "u": "unanswered"}


def asked(verdicts: str, latency: float = 0.5, rates: tuple[float, ...] = (), at_a_time: str = "") -> Round:
    """Read `ppfu` as the cases of a round, of which those that were judged took so long.

    `at_a_time` has a digit each.
    """
    judged = tuple(latency for one in verdicts if one != "u")
    cases = [
        CaseResult(f"case {number}", "Hi", LETTERS[one], None if one == "u" else latency, at_a_time=int(beside))
        for number, (one, beside) in enumerate(zip(verdicts, at_a_time or "4" * len(verdicts), strict=True))
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
    assert slower.broken == ("answers take 2.00x as long as the previous version's, limit 1.20x",)
    assert slower.slowdown
    assert said(slower.slowdown) == "median latency 2.00x (+0.50 s) over 8 pairs, at least 2.00x with 95% confidence"


def test_pairs_are_of_cases_that_both_versions_answered() -> None:
    found = result("pppppppu", before=asked("uppppppp"), latency=1.0, max_slowdown=0.2)

    assert found.slowdown
    assert found.slowdown.pairs == 6


def test_few_pairs_cannot_tell() -> None:
    found = result("ppp", before=asked("ppp"), latency=9.0, max_slowdown=0.2)

    assert (found.verdict, bool(found.slowdown)) == ("passed", True)
    assert found.slowdown
    assert said(found.slowdown) == "median latency 18.00x (+8.50 s) over 3 pairs, too few to tell"


def test_only_pairs_that_were_asked_alike_are_compared() -> None:
    before, now = asked("p" * 9, 0.5, at_a_time="123444444"), asked("p" * 9, 2.0, at_a_time="111144444")
    suite = Suite((Question(asking("Hi")),) * 9, max_slowdown=0.2)

    found = SuiteResult(suite, now, before)

    assert (found.slowdown and found.slowdown.pairs, found.unlike, found.verdict) == (6, 3, "failed")
    assert found.unjudged == ()


def test_pairs_that_were_asked_otherwise_prove_nothing_which_is_told() -> None:
    before, now = asked("p" * 9, 0.5), asked("p" * 9, 2.0, at_a_time="222244444")
    suite = Suite((Question(asking("Hi")),) * 9, max_slowdown=0.2)

    found = SuiteResult(suite, now, before)

    assert (found.slowdown and found.slowdown.pairs, found.verdict) == (5, "passed")
    assert found.unjudged == (
        "`max-slowdown` was not judged: 4 of 9 questions were not asked of both at the same concurrency",
    )


def test_if_all_were_asked_otherwise_there_is_nothing_to_compare_which_is_told() -> None:
    before, now = asked("p" * 9, 0.5), asked("p" * 9, 2.0, at_a_time="2" * 9)

    found = SuiteResult(Suite((Question(asking("Hi")),) * 9, max_slowdown=0.2), now, before)

    assert (found.slowdown, found.verdict) == (None, "passed")
    assert found.unjudged == (
        "`max-slowdown` was not judged: 9 of 9 questions were not asked of both at the same concurrency",
    )


HARDLY = "was not judged: fewer than half of the questions were answered"
NO_RATE = "`min-tokens-per-second` was not judged: fewer than half of the answers say how many tokens they have"


@pytest.mark.parametrize(
    ("verdicts", "rates", "limits", "unjudged"),
    [
        ("pppp", (9.0, 9.0), {"least_rate": 5.0, "p95_latency": 9.0}, ()),
        ("pppp", (), {"least_rate": 5.0}, (NO_RATE,)),
        ("pppp", (9.0,), {"least_rate": 99.0}, (NO_RATE,)),
        (
            "puuu",
            (9.0,),
            {"least_rate": 5.0, "p95_latency": 0.1},
            (f"`p95-latency` {HARDLY}", f"`min-tokens-per-second` {HARDLY}"),
        ),
        ("puuu", (9.0,), {"max_slowdown": 0.2}, (f"`max-slowdown` {HARDLY}",)),
        ("puuu", (9.0,), {}, ()),
    ],
)
def test_a_limit_that_cannot_be_judged_is_told(
    verdicts: str, rates: tuple[float, ...], limits: dict[str, Any], unjudged: tuple[str, ...]
) -> None:
    suite = Suite((Question(asking("Hi")),) * len(verdicts), pass_rate=Decimal(0), **limits)

    found = SuiteResult(suite, asked(verdicts, rates=rates), asked("p" * len(verdicts)))

    assert (found.verdict, found.unjudged) == ("passed", unjudged)


def test_without_a_question_that_both_answered_nothing_is_compared_which_is_told() -> None:
    found = result("ppuu", before=asked("uupp"), pass_rate=Decimal("0.5"), max_slowdown=0.2)

    assert found.unjudged == ("`max-slowdown` was not judged: no question was answered by both versions",)


def test_a_reason_that_all_share_is_told() -> None:
    (one, *_), suite = asked("f").cases, result("ff").suite
    same = Round((one._replace(reason="HTTP 503"),) * 2)
    other = Round((one._replace(reason="HTTP 503"), one._replace(reason="HTTP 500")))

    assert SuiteResult(suite, same).reason == "0 of 2 questions passed, 2 failed; 2 must pass (HTTP 503)"
    assert SuiteResult(suite, other).reason == "0 of 2 questions passed, 2 failed; 2 must pass"


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
