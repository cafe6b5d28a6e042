"""What the answers to many questions come to, as they come in."""

from typing import Any

import pytest

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.collected import AskedCase, Collected
from cerebras_deploy.decide.question import Judgment, Question, asking
from cerebras_deploy.decide.suite import CaseResult, Round

FIRST, SECOND = Question(asking("First?"), name="first"), Question(asking("Second?"), name="second")
WRONG = Judgment("failed", "it is wrong")


def said(text: str, tokens: int | None = None) -> Completion:
    whole: dict[str, Any] = {"choices": [{"message": {"content": text}}], "usage": {"completion_tokens": tokens}}
    return Completion.model_validate(whole)


def test_what_passed_keeps_no_text() -> None:
    collected = Collected([FIRST], 1)

    result = collected.heard(AskedCase(0, FIRST), said("yes", 10), 0.5, Judgment("passed"))

    assert result == CaseResult("first", "First?", "passed", 0.5)
    assert collected.round("") == Round((result,), (0.5,), (20.0,))


def test_what_failed_keeps_why_and_a_little_of_the_answer() -> None:
    result = Collected([FIRST], 1).heard(AskedCase(0, FIRST), said("x" * 999), 0.5, WRONG)

    assert result
    assert (result.verdict, result.reason, len(result.answer)) == ("failed", "it is wrong", 200)


def test_a_case_that_fails_is_asked_again_and_its_first_latency_counts() -> None:
    collected, case = Collected([FIRST], 3), AskedCase(0, FIRST, tries=2)

    assert collected.heard(case, said("a"), 0.5, WRONG) is None
    assert (case.tries, collected.done) == (0, 0)
    assert collected.heard(case, said("b"), 0.7, Judgment("passed")) is None
    last = collected.heard(case, said("c"), 0.9, Judgment("failed", "again"))

    assert last == CaseResult("first", "First?", "failed", 0.5, "again", "c")
    assert collected.round("").latencies == (0.5, 0.7, 0.9)


def test_an_answer_that_says_nothing_is_in_no_figure_and_does_not_hide_why_it_failed() -> None:
    collected, case = Collected([FIRST], 3), AskedCase(0, FIRST)
    collected.heard(case, said("a"), 0.5, WRONG)
    collected.heard(case, said("b", 10), 9.0, Judgment("unanswered", "cut off"))
    collected.add(case, "unanswered", "HTTP 503")

    (result,) = collected.round("").cases
    assert (result.verdict, result.reason, result.answer) == ("unanswered", "it is wrong", "a")
    assert (collected.round("").latencies, collected.round("").rates) == ((0.5,), ())


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ("ff", "failed"),
        ("fpp", "unanswered"),
        ("f", "unanswered"),
        ("fp", "unanswered"),
    ],
)
def test_what_more_than_half_of_the_answers_say_is_proven_even_if_the_others_never_come(
    answers: str, verdict: str
) -> None:
    repeat = 3 if len(answers) < 3 else 5
    collected, case = Collected([FIRST], repeat), AskedCase(0, FIRST, at_a_time=4)
    for one in answers:
        assert collected.heard(case, said(one), 0.5, WRONG if one == "f" else Judgment("passed")) is None

    (result,) = collected.round("no time was left").cases

    reason = "it is wrong" if verdict == "failed" else "no time was left"
    assert (result.verdict, result.reason, result.latency, result.at_a_time) == (verdict, reason, 0.5, 4)


def test_what_a_limit_turned_away_says_so() -> None:
    collected = Collected([FIRST, SECOND], 1)
    collected.turned_away(AskedCase(0, FIRST), "HTTP 429")
    collected.turned_away(AskedCase(1, SECOND), "HTTP 429")
    collected.heard(AskedCase(1, SECOND), said("yes"), 0.5, Judgment("passed"))

    assert [case.reason for case in collected.round("no time was left").cases] == ["no time was left (HTTP 429)", ""]


def test_errors_can_be_judged_in_the_end_and_what_never_came_cannot() -> None:
    collected = Collected([FIRST, SECOND, FIRST], 1)
    collected.add(AskedCase(0, FIRST), "unanswered", "HTTP 503")
    collected.add(AskedCase(2, FIRST), "failed", "HTTP 503")

    judged = list(collected.judge_errors("the API is well"))

    assert judged == [CaseResult("first", "First?", "failed", None, "the API is well: HTTP 503")]
    assert [case.verdict for case in collected.round("").cases] == ["failed", "unanswered", "failed"]


def test_a_case_has_how_it_was_asked_when_it_was_measured() -> None:
    collected, case = Collected([FIRST], 3), AskedCase(0, FIRST, at_a_time=4)
    collected.heard(case, said("a"), 0.5, WRONG)
    case.at_a_time = 2
    collected.heard(case, said("b"), 0.7, WRONG)
    result = collected.heard(case, said("c"), 0.9, WRONG)

    assert result
    assert (result.latency, result.at_a_time) == (0.5, 4)


def test_what_was_not_asked_is_unanswered() -> None:
    collected = Collected([FIRST, SECOND], 1)
    collected.add(AskedCase(1, SECOND), "unanswered", "HTTP 503")

    assert collected.round("no time was left").cases == (
        CaseResult("first", "First?", "unanswered", None, "no time was left"),
        CaseResult("second", "Second?", "unanswered", None, "HTTP 503"),
    )
    assert collected.done == 1
