"""Many questions for people: that the page stays small and harmless, and what it says first."""

import pytest

from cerebras_deploy.decide.comparison import SuiteResult
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.question import Judged, Question, asking
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.suite import CaseResult, Round, Suite
from cerebras_deploy.result import Result
from cerebras_deploy.tell.suite import case_line, start_lines, suite_tables, totals
from cerebras_deploy.tell.summary import render_summary
from cerebras_deploy.tell.timeline import Timeline

BAD = Outcome(Result.SMOKE_TEST_FAILED, "Smoke test failed", "too many were wrong")


def round_of(count: int, verdict: Judged, text: str = "x", reason: str = "wrong") -> Round:
    case = CaseResult(text, text, verdict, 0.5, reason, text)
    return Round((case,) * count, (0.5,) * count)


def result(now: Round, before: Round | None = None, **limits: float) -> SuiteResult:
    suite = Suite((Question(asking("Hi")),) * len(now.cases), **limits)  # type: ignore[arg-type]
    return SuiteResult(suite, now, before)


def page(found: SuiteResult) -> str:
    facts = Facts("e")
    facts.smoke_tested(SmokeTestResult(found.verdict, suite=found))
    return render_summary(facts, BAD, Timeline())


@pytest.mark.parametrize("text", ["x" * 10_000, "é" * 10_000, "|" * 10_000, "\U0001f600" * 10_000, "`<b>" * 2500])
def test_of_5000_failed_cases_of_10_kb_50_are_listed_on_a_page_below_200_kb(text: str) -> None:
    now = round_of(5000, "failed", text, text)
    told = page(result(now, round_of(5000, "passed", text)))

    assert len(told.encode()) < 200_000
    assert told.count("(passed before)") == 50
    assert "4950 more failed." in told


def test_what_is_outside_text_renders_as_nothing() -> None:
    told = page(result(round_of(1, "failed", "a | b <script> ::error::x")))

    assert "| `a ¦ b <script> ::error::x` `a ¦ b <script> ::error::x` | `wrong` | `a ¦ b <script> ::error::x` |" in told


def test_reasons_why_questions_went_unanswered_are_told_once_each_the_commonest_first() -> None:
    cases = [CaseResult("c", "Hi", "unanswered", None, reason) for reason in ("a", "b", "b")]

    assert suite_tables(result(Round(tuple(cases))))[-1] == [
        "| Unanswered | Why |",
        "| --- | --- |",
        "| 2 | `b` |",
        "| 1 | `a` |",
    ]


def test_of_very_many_reasons_ten_are_told() -> None:
    cases = [CaseResult("c", "Hi", "unanswered", None, f"reason {number}") for number in range(99)]

    assert len(suite_tables(result(Round(tuple(cases))))[-1]) == 12


def test_figures_that_are_not_known_are_left_out() -> None:
    figures, failures, unanswered = suite_tables(result(Round((CaseResult("c", "Hi", "passed"),))))

    assert figures[2:] == [
        "| Passed | 1 of 1 |",
        "| Failed | 0 |",
        "| Unanswered | 0 |",
        "| Median latency |  |",
        "| p95 latency |  |",
        "| Median tokens/s |  |",
    ]
    assert (failures, unanswered) == ([], [])


def test_the_start_says_what_is_asked_and_every_limit() -> None:
    checked = Question(asking("Hi"), ("x",))
    plain = Suite((checked,) * 3)
    limited = Suite((checked,) * 3, 8, repeat=5, p95_latency=2.0, least_rate=500.0, max_slowdown=0.2)

    assert list(start_lines(plain, "e")) == ["asking e 3 questions, 4 at a time", "Required: 3 of 3 pass."]
    assert list(start_lines(limited, "e")) == [
        "asking e 3 questions, 8 at a time",
        (
            "Required: 3 of 3 pass, p95 latency at most 2 s, at least 500 tokens/s, at most 20% slower than the "
            "previous version. A question that fails is asked 5 times."
        ),
    ]


def test_what_asks_for_nothing_and_keys_that_are_ignored_are_told() -> None:
    any_answer = Question(asking("Hi"))
    cases = (any_answer, any_answer._replace(reject="x"), any_answer._replace(expect="x"))
    many = tuple(f"key{number}" for number in range(11))

    assert list(start_lines(Suite(cases, ignored=("id",)), "e"))[2:] == [
        "1 of 3 questions accept any non-empty answer.",
        "Ignored keys in `cases`: `id`.",
    ]
    assert list(start_lines(Suite(cases, ignored=many), "e"))[-1].endswith("`key9` and others.")


def test_a_failed_case_in_a_line() -> None:
    failed = CaseResult("capital", "Of France?", "failed", 0.5, "it is wrong", "Lyon")

    assert case_line(failed) == 'Failed: capital ("Of France?"): it is wrong. Answer: "Lyon"'
    assert case_line(failed._replace(answer="")) == 'Failed: capital ("Of France?"): it is wrong.'


def test_totals_leave_out_what_there_is_none_of() -> None:
    assert totals(round_of(2, "passed")) == "2 passed"
    assert totals(round_of(2, "unanswered")) == "0 passed, 2 unanswered"
