"""What the answers to many questions come to, as they come in."""

from typing import Any

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


def test_what_was_not_asked_is_unanswered() -> None:
    collected = Collected([FIRST, SECOND], 1)
    collected.add(AskedCase(1, SECOND), "unanswered", "HTTP 503")

    assert collected.round("no time was left").cases == (
        CaseResult("first", "First?", "unanswered", None, "no time was left"),
        CaseResult("second", "Second?", "unanswered", None, "HTTP 503"),
    )
    assert collected.done == 1
