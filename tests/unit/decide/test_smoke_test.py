"""What a smoke test came to: figures of an answer, and how people read them."""

from typing import Any

import pytest

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.smoke_test import NOT_ASKED, SmokeTestResult, result_of


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
        (12, float("inf"), 0.5, 24.0),
        (12, float("nan"), 0.5, 24.0),
        (12, 1e-320, 0.5, None),
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
