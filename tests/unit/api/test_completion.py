"""The answer to a question, as far as a smoke test looks at it: what is not needed may be missing or junk."""

from typing import Any

import pytest
from pydantic import ValidationError

from cerebras_deploy.api.completion import Completion


def answer(*messages: Any, **more: Any) -> Completion:
    return Completion.model_validate({"choices": [{"message": message} for message in messages]} | more)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "Hello.", "reasoning": "They greet me."}, "Hello."),
        ({"content": None, "reasoning": "They greet me."}, ""),
        ({"content": [{"type": "text", "text": "Hel"}, {"type": "image"}, "junk", {"text": "lo."}]}, "Hello."),
        ({"content": {"type": "text", "text": "Hello."}}, "Hello."),
        ({"content": {"text": "Hello."}}, "Hello."),
        ({"content": [{"type": "reasoning", "text": "They greet me."}, {"type": "text", "text": "Hello."}]}, "Hello."),
        ({"content": [{"type": "reasoning", "text": "They greet me."}]}, ""),
        ({"content": [{"type": "text", "text": ""}]}, ""),
        ({"content": []}, ""),
        ({}, ""),
    ],
    ids=repr,
)
def test_the_text_is_the_content_or_its_parts_and_never_the_reasoning(message: object, text: str) -> None:
    assert answer(message).text == text


@pytest.mark.parametrize(
    "content",
    [
        7,
        True,
        {},
        {"value": "Hello."},
        {"type": "image"},
        ["Hello."],
        [{"type": [], "text": "Hello."}],
        [{"text": 7}],
        [[]],
        [{"type": "output", "text": "Hi"}],
    ],
    ids=repr,
)
def test_content_in_a_form_that_cannot_be_read_is_no_empty_answer(content: object) -> None:
    with pytest.raises(ValidationError, match="neither text, nor parts of which at least one is text"):
        answer({"content": content})


@pytest.mark.parametrize(("reason", "told"), [("length", "length"), (None, ""), (7, "")])
def test_why_it_ended_may_not_be_told(reason: object, told: str) -> None:
    choice = {"message": {"content": "Hello."}, "finish_reason": reason}

    assert Completion.model_validate({"choices": [choice]}).finish_reason == told


def test_of_several_answers_the_first_counts() -> None:
    assert answer({"content": "one"}, {"content": "two"}).text == "one"


def test_the_figures_are_read_where_they_are_good() -> None:
    read = answer(
        {},
        system_fingerprint="fp_1",
        usage={"total_tokens": 9, "completion_tokens": 5},
        time_info={"completion_time": 1},
    )

    assert read.system_fingerprint == "fp_1"
    assert read.usage == Completion.Usage(total_tokens=9, completion_tokens=5)
    assert read.time_info == Completion.Times(completion_time=1.0)


@pytest.mark.parametrize("junk", [None, [], "?", -1], ids=repr)
def test_figures_that_are_missing_or_junk_spoil_nothing(junk: object) -> None:
    read = answer({"content": "Hello."}, system_fingerprint=[junk], usage=junk, time_info=junk)
    inner = answer({}, usage={"total_tokens": junk, "completion_tokens": junk}, time_info={"completion_time": [junk]})

    assert (read.text, read.system_fingerprint, read.usage, read.time_info) == ("Hello.", None, None, None)
    assert (inner.usage, inner.time_info) == (Completion.Usage(), Completion.Times())


@pytest.mark.parametrize(
    "reply", [{}, {"choices": []}, {"choices": None}, {"choices": [{}]}, {"choices": [{"message": "Hello."}]}], ids=repr
)
def test_a_reply_without_an_answer_is_none(reply: object) -> None:
    with pytest.raises(ValidationError):
        Completion.model_validate(reply)
