"""The names of the results, which workflows compare with, and which of them are green."""

from cerebras_deploy.result import End, Result

GREEN = ["succeeded", "unchanged", "triggered", "planned"]
RED = [
    *("failed", "rolled-back", "cancelled", "superseded", "smoke-test-failed", "promotion-failed"),
    *("timed-out", "interrupted", "refused", "unreachable", "invalid-input"),
]


def test_four_results_are_green_and_all_others_are_red() -> None:
    assert [result.value for result in Result if result.is_success] == GREEN
    assert [result.value for result in Result if not result.is_success] == RED


def test_an_end_that_needs_no_words_has_none() -> None:
    end = End(Result.SUCCEEDED)

    assert (end.reason, end.hint, end.newer, end.call_error, end.problems) == ("", "", "", "", ())
