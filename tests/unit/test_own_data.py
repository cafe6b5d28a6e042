"""How people's own data say a case."""

from typing import Any

import pytest

from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.own_data import as_it_is
from cerebras_deploy.suite_case import question_of


def own(**case: Any) -> Question | None:
    """Read a case of people's own data."""
    return question_of(as_it_is(case, {}), "line 1")[0]


ASKED = Question(asking("2+2?"), ("4",), name="line 1")


@pytest.mark.parametrize(
    "case",
    [
        {"input": "2+2?", "ideal": "4"},
        {"input": "2+2?", "target": 4},
        {"query": "2+2?", "ground_truth": ["4"]},
        {"messages": [{"role": "user", "content": "2+2?"}], "reference": "4"},
        {"input": [{"role": "user", "content": "2+2?"}], "ideal": ["4"]},
        {"prompt": "2+2?", "contains": "4", "expect": None, "id": 7, "metadata": {"a": 1}},
    ],
    ids=repr,
)
def test_peoples_own_data_run_as_they_are(case: dict[str, Any]) -> None:
    assert own(**case) == ASKED


def test_keys_may_have_underscores_there() -> None:
    assert own(prompt="a", max_tokens=9, max_latency="1s") == Question(asking("a"), (), "", "", 1.0, 9, "line 1")


def test_keys_that_say_nothing_are_told() -> None:
    ignored: dict[str, None] = {}
    as_it_is({"prompt": "a", "id": 1, "answer": "b", "expect": "c"}, ignored)

    assert list(ignored) == ["id", "answer"]


@pytest.mark.parametrize("key", ["promt", "Prompt", "ideals", "ground-truth", "ground_truths", "contain"])
def test_a_key_that_is_nearly_a_known_one_is_a_mistake(key: str) -> None:
    question, found = question_of(as_it_is({"prompt": "a", key: "b"}, {}), "")

    assert question is None
    assert found[0][1].startswith(f"`{key}`: unknown key")


def test_two_keys_for_one_thing_are_a_mistake() -> None:
    _, found = question_of(as_it_is({"input": "a", "prompt": "b", "ideal": "c", "target": "d"}, {}), "")

    assert [said for _, said in found] == [
        "`input` and `prompt`: both say the same. Leave one of them out",
        "`ideal` and `target`: both say the same. Leave one of them out",
    ]
