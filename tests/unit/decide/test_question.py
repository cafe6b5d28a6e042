"""What an answer is judged to be."""

import pytest

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Judgment, Question, judge

CAPITAL = Question("What is the capital of France?")
PARIS = CAPITAL._replace(contains="Paris")


def ended(content: str, finish_reason: str | None) -> Completion:
    return Completion.model_validate({"choices": [{"message": {"content": content}, "finish_reason": finish_reason}]})


@pytest.mark.parametrize("reason", ["stop", "length", None])
def test_an_answer_that_lacks_nothing_is_good(reason: str | None) -> None:
    assert judge(PARIS, ended("It is PARIS.", reason), 0.5) == Judgment("passed")
    assert judge(CAPITAL._replace(expect="P"), ended("Paris", reason), 0.5, matches=True) == Judgment("passed")


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("stop", "failed"), ("length", "unanswered"), ("tool_calls", "unanswered"), (None, "unanswered")],
)
@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("question", [CAPITAL, PARIS, CAPITAL._replace(contains="\n")])
def test_an_empty_one_is_never_good_and_bad_only_if_the_model_ended_it(
    question: Question, text: str, reason: str | None, verdict: str
) -> None:
    judged = judge(question, ended(text, reason), 0.5)

    assert judged.verdict == verdict
    assert judged.reason.startswith(f"the answer is empty ({f'finish_reason `{reason}`' if reason else 'no'}")


@pytest.mark.parametrize(("reason", "verdict"), [("stop", "failed"), ("length", "unanswered"), (None, "failed")])
def test_one_that_was_cut_off_before_it_matched_says_nothing(reason: str | None, verdict: str) -> None:
    lacking = judge(PARIS._replace(most_latency=0.1), ended("The capital of", reason), 0.5)
    unmatched = judge(CAPITAL._replace(expect="Paris"), ended("The capital of", reason), 0.5, matches=False)

    assert [(one.verdict, one.is_late) for one in (lacking, unmatched)] == [(verdict, False)] * 2
    assert lacking.reason.startswith("«Paris» is not in the answer")
    assert unmatched.reason.startswith("`Paris` is not in the answer")


@pytest.mark.parametrize(("latency", "verdict"), [(2.0, "passed"), (2.01, "failed")])
def test_one_that_took_longer_than_allowed_is_late(latency: float, verdict: str) -> None:
    judged = judge(PARIS._replace(most_latency=2), ended("Paris", "stop"), latency)

    assert (judged.verdict, judged.is_late) == (verdict, verdict == "failed")
