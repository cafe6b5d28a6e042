"""What is hardly meant so is a warning, and is done all the same."""

import pytest

from cerebras_deploy.input_warnings import warnings_of
from helpers.asked import parse
from helpers.stage import HELLO, Stage

ASK = {"smoke_test_prompt": "Hello?", "inference_api_key": "key"}


def titles(**changed: str) -> list[str]:
    return [title for title, _ in warnings_of(parse(**changed))]


@pytest.mark.parametrize("name", ["smoke_test_expect", "smoke_test_contains"])
@pytest.mark.parametrize("text", ['"Paris"', "'Paris'", "`Paris`"])
def test_quotes_around_the_whole_expected_answer(name: str, text: str) -> None:
    assert titles(**ASK, **{name: text}) == ["Quotes in the expected answer"]


@pytest.mark.parametrize("text", ['"Paris', 'Par"is', 'say "Paris"', "Paris"])
def test_quotes_elsewhere_are_meant(text: str) -> None:
    assert titles(**ASK, smoke_test_expect=text) == titles(**ASK, smoke_test_contains=text) == []


@pytest.mark.parametrize("text", ["a*", ".*", "(?i)", "^", "$", "Paris|", "(Paris)?", "^$", "(?=)", "x{0,3}"])
def test_an_expression_that_matches_the_empty_text(text: str) -> None:
    assert titles(**ASK, smoke_test_expect=text) == ["Expression matches anything"]


@pytest.mark.parametrize("text", ["a+", ".", r"\d", "(?i)paris", "^.+$"])
def test_an_expression_that_does_not(text: str) -> None:
    assert titles(**ASK, smoke_test_expect=text) == []


def test_a_key_for_a_smoke_test_that_is_not_there() -> None:
    assert titles(inference_api_key="key") == ["No smoke test"]
    assert titles(**ASK) == titles() == titles(smoke_test_file="q.toml", inference_api_key="key") == []


@pytest.mark.parametrize(
    ("text", "told"), [("6h", []), ("21600", []), ("6h1s", ["Long timeout"]), ("7h", ["Long timeout"])]
)
def test_a_timeout_longer_than_a_hosted_job(text: str, told: list[str]) -> None:
    assert titles(timeout=text) == told


def test_each_is_an_annotation_and_changes_nothing_else() -> None:
    played = Stage(latency=0.1).play(HELLO | {"smoke-test-expect": "(?i)hello|", "timeout": "7h"})

    assert played.result == "succeeded"
    assert [one.title for one in played.log.annotations if one.level == "warning"] == [
        "Expression matches anything",
        "Long timeout",
    ]
