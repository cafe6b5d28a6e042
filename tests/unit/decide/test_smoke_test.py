"""What a smoke test came to: figures of an answer, and how people read them."""

from typing import Any

import pytest

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.smoke_test import NOT_ASKED, Judgment, SmokeTestResult, judge, result_of


def answer(content: str = "Hello.", fingerprint: str | None = "fp_1", **figures: Any) -> Completion:
    return Completion.model_validate(
        {"choices": [{"message": {"content": content}}], "system_fingerprint": fingerprint} | figures
    )


TOKENS = {"total_tokens": 99, "completion_tokens": 12}


def test_it_has_the_verdict_and_the_answers_figures() -> None:
    result = result_of(answer(usage=TOKENS, time_info={"completion_time": 0.04}), 0.5, "passed")

    assert result == SmokeTestResult("passed", 0.5, 12, 300.0, "fp_1", "Hello.")


@pytest.mark.parametrize("verdict", ["failed", "unanswered"])
def test_an_answer_that_tells_no_more_has_no_figures_but_the_latency(verdict: Any) -> None:
    assert result_of(answer("", None), 0.5, verdict) == SmokeTestResult(verdict, 0.5)


@pytest.mark.parametrize(
    ("tokens", "own_time", "latency", "rate"),
    [
        (12, 0.04, 0.5, 300.0),
        (12, None, 0.5, 24.0),
        (12, 0, 0.5, 24.0),
        (12, -1, 0.5, None),
        (12, None, 0.0, None),
        (0, 0.04, 0.5, None),
        (None, 0.04, 0.5, None),
    ],
)
def test_the_rate_is_by_the_apis_own_time_or_else_by_the_latency(
    tokens: int | None, own_time: float | None, latency: float, rate: float | None
) -> None:
    read = answer(usage={"completion_tokens": tokens}, time_info={"completion_time": own_time})

    result = result_of(read, latency, "passed")

    assert (result.tokens, result.rate) == (tokens, rate)


def test_answer_and_fingerprint_are_one_short_line() -> None:
    fits = result_of(answer("a" * 200, "f" * 100), 0.5, "passed")
    cut = result_of(answer("a\n" * 101, "f" * 101), 0.5, "passed")

    assert (fits.answer, fits.fingerprint) == ("a" * 200, "f" * 100)
    assert (cut.answer, cut.fingerprint) == ("a " * 99 + "a…", "f" * 99 + "…")


@pytest.mark.parametrize(
    ("result", "figures"),
    [
        (SmokeTestResult("passed", 0.424, 12, 310.4, "fp_1"), "0.42 s, 12 tokens, 310 tokens/s, fp_1"),
        (SmokeTestResult("passed", 12.0, 0, None, "fp_1"), "12.00 s, 0 tokens, fp_1"),
        (SmokeTestResult("passed", 12.0), "12.00 s"),
        (SmokeTestResult("unanswered"), ""),
    ],
    ids=repr,
)
def test_people_read_those_figures_that_are_known(result: SmokeTestResult, figures: str) -> None:
    assert result.figures == figures


def test_one_that_was_not_asked_is_skipped() -> None:
    assert SmokeTestResult("skipped", None, None, None, "", "") == NOT_ASKED


def ended(content: str, finish_reason: str | None) -> Completion:
    return Completion.model_validate({"choices": [{"message": {"content": content}, "finish_reason": finish_reason}]})


class TestJudge:
    @pytest.mark.parametrize("reason", ["stop", "length", None])
    def test_an_answer_that_lacks_nothing_is_good(self, reason: str | None) -> None:
        assert judge(ended("Paris", reason), 0.5) == Judgment("passed")

    @pytest.mark.parametrize(
        ("reason", "verdict"),
        [("stop", "failed"), ("length", "unanswered"), ("tool_calls", "unanswered"), (None, "unanswered")],
    )
    @pytest.mark.parametrize("text", ["", " \n"])
    @pytest.mark.parametrize("missing", ["", "`x` is not in the answer"])
    def test_an_empty_one_is_never_good_and_bad_only_if_the_model_ended_it(
        self, text: str, missing: str, reason: str | None, verdict: str
    ) -> None:
        judged = judge(ended(text, reason), 0.5, missing=missing)

        assert judged.verdict == verdict
        assert judged.reason.startswith(f"the answer is empty ({f'finish_reason `{reason}`' if reason else 'no'}")

    @pytest.mark.parametrize(("reason", "verdict"), [("stop", "failed"), ("length", "unanswered"), (None, "failed")])
    def test_one_that_was_cut_off_before_it_matched_says_nothing(self, reason: str | None, verdict: str) -> None:
        judged = judge(ended("The capital of", reason), 0.5, missing="`Paris` is not in the answer", most_latency=0.1)

        assert (judged.verdict, judged.is_late) == (verdict, False)
        assert judged.reason.startswith("`Paris` is not in the answer")

    @pytest.mark.parametrize(("latency", "verdict"), [(2.0, "passed"), (2.01, "failed")])
    def test_one_that_took_longer_than_allowed_is_late(self, latency: float, verdict: str) -> None:
        judged = judge(ended("Paris", "stop"), latency, most_latency=2)

        assert (judged.verdict, judged.is_late) == (verdict, verdict == "failed")
