"""One case: what it may say, and what is a mistake."""

from typing import Any

import pytest

from cerebras_deploy.api.completion import ANSWER_TOKENS, Message
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.suite_case import question_of


def read(**case: Any) -> Question:
    question, mistakes = question_of({key.replace("_", "-"): value for key, value in case.items()}, "case 1")
    assert mistakes == []
    assert question
    return question


def mistakes(**case: Any) -> list[str]:
    question, found = question_of({key.replace("_", "-"): value for key, value in case.items()}, "case 1")
    assert question is None
    return [said for _, said in found]


def test_all_that_a_case_may_say() -> None:
    question = read(
        name="capital",
        prompt="Of France?",
        contains=["Paris", "Paname"],
        reject="(?i)lyon",
        max_latency="1s",
        max_tokens=9,
    )

    assert question == Question(asking("Of France?"), ("Paris", "Paname"), "", "(?i)lyon", 1.0, 9, "capital")


def test_the_least_that_a_case_must_say() -> None:
    assert read(prompt="Hi") == Question(asking("Hi"), most_tokens=ANSWER_TOKENS, name="case 1")
    assert read(prompt="Hi", contains="x").contains == ("x",)
    assert read(prompt="Hi", expect="x", max_latency=2) == Question(asking("Hi"), (), "x", "", 2.0, name="case 1")


def test_messages_in_place_of_a_prompt() -> None:
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]

    assert read(messages=said).messages == (Message("system", "Be brief."), Message("user", "Hi"))


LATENCY = "expected a duration from 10ms to 30s, like 90 (seconds), 500ms, 90s, 5m, or 1h30m"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"prompt": ""}, "`prompt`: expected a text that is not empty, got ``"),
        ({"prompt": 1}, "`prompt`: input should be a valid string, got `1`"),
        ({}, "expected either `prompt` or `messages`"),
        ({"prompt": "a", "messages": [{"role": "user", "content": "a"}]}, "expected either `prompt` or `messages`"),
        ({"prompt": "a", "contains": "a", "expect": "a"}, "expected either `contains` or `expect`"),
        ({"prompt": "a", "contains": ""}, "`contains`: at [0]: expected a text that is not empty, got ``"),
        ({"prompt": "a", "contains": ["b", True]}, "`contains`: at [1]: input should be a valid string, got `True`"),
        ({"prompt": "a", "contains": "\u200d"}, "`contains`: at [0]: expected a text that is not empty"),
        (
            {"prompt": "a", "contains": []},
            "`contains`: value should have at least 1 item",
        ),
        ({"prompt": "a", "expect": "/x/i"}, "without slashes around it"),
        ({"prompt": "a", "reject": "("}, "`reject`: expected a Python regular expression that compiles ("),
        ({"prompt": "a", "max_latency": "soon"}, f"`max-latency`: {LATENCY}, got `soon`"),
        ({"prompt": "a", "max_latency": True}, f"`max-latency`: {LATENCY}, got `True`"),
        ({"prompt": "a", "max_latency": "31s"}, LATENCY),
        ({"prompt": "a", "max_tokens": 0}, "`max-tokens`: input should be greater than or equal to 1, got `0`"),
        ({"prompt": "a", "max_tokens": "9"}, "`max-tokens`: input should be a valid integer, got `9`"),
        ({"prompt": "a", "max_tokens": 1.5}, "`max-tokens`: input should be a valid integer"),
        ({"prompt": "a", "name": 1}, "`name`: input should be a valid string"),
        ({"prompt": "a", "expct": "x"}, "`expct`: unknown key. Known keys: `name`, `prompt`, `messages`, `contains`"),
        ({"prompt": "a", "input": "x"}, "`input`: unknown key"),
        ({"messages": []}, "`messages`: list should have at least 1 item"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "`messages`: at [0].role: input should be 'system'"),
        ({"messages": [{"role": "user"}]}, "`messages`: at [0].content: missing"),
        ({"messages": "a"}, "`messages`: input should be a valid list, got `a`"),
    ],
)
def test_mistakes(case: dict[str, Any], said: str) -> None:
    found = mistakes(**case)

    assert len(found) == 1
    assert said in found[0]


def test_texts_may_have_invisible_characters() -> None:
    assert read(prompt="Par\u200bis").prompt == "Par\u200bis"
    assert read(prompt="a", contains="Par\u200bis\r\n").contains == ("Par\u200bis\r\n",)


def test_every_mistake_of_a_case_is_told() -> None:
    assert len(mistakes(contains="a", expect="(", max_tokens=0, x=1)) == 5


@pytest.mark.parametrize("case", ["text", 1, None, ["a"]])
def test_what_is_no_object_is_none(case: object) -> None:
    assert question_of(case, "") == (None, [("", "expected an object with a `prompt`")])
