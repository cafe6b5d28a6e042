"""The JSON Lines file of cases: what each line is read as, and what is wrong with it."""

import pytest

from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.suite_json import cases_of_json


def read(text: str) -> list[Question | list[str]]:
    return list(cases_of_json("q/more.jsonl", text, {}))


def questions(text: str) -> list[Question]:
    return [case for case in read(text) if isinstance(case, Question)]


def problems(text: str) -> list[str]:
    return [problem for case in read(text) if not isinstance(case, Question) for problem in case]


def test_each_line_is_a_case_and_empty_ones_are_not() -> None:
    assert read('{"input": "a"}\n \n{"input": "b", "ideal": "c"}\n') == [
        Question(asking("a"), name="line 1"),
        Question(asking("b"), ("c",), name="line 3"),
    ]


def test_keys_that_say_nothing_here_are_collected() -> None:
    ignored: dict[str, None] = {}
    list(cases_of_json("x", '{"input": "a", "id": 1}\n{"input": "b", "id": 2, "source": "c"}', ignored))

    assert list(ignored) == ["id", "source"]


def test_mistakes_are_told_with_their_line_and_the_rest_is_read() -> None:
    text = '{"input": ""}\n{"input": "a"}\n[1]\nx\n{"input": "a", "target": 1e9999999999999999999}\n'

    assert problems(text) == [
        "q/more.jsonl, line 1: `prompt`: expected a text that is not empty, got ``",
        "q/more.jsonl, line 3: expected an object with a `prompt`",
        "q/more.jsonl, line 4: not valid JSON: Expecting value: line 1 column 1 (char 0)",
        "q/more.jsonl, line 5: not valid JSON: a number in it is too large",
    ]
    assert [one.prompt for one in questions(text)] == ["a"]


def test_what_is_nested_very_deeply_is_not_valid() -> None:
    (problem,) = problems("[" * 200_000)

    assert problem.startswith("q/more.jsonl, line 1: not valid JSON: ")


def test_lines_may_end_as_on_windows_and_hold_line_separators() -> None:
    assert [one.prompt for one in questions('{"input": "a\u2028b"}\r\n{"input": "c"}\r\n')] == ["a\u2028b", "c"]


def test_numbers_are_texts_as_they_are_written() -> None:
    (found,) = questions('{"input": "a", "target": [3.10, 7, 6.02e23, 1E-7]}')

    assert found.contains == ("3.10", "7", "6.02e23", "1E-7")


@pytest.mark.parametrize(
    ("case", "key"),
    [
        (r'{"input": "a\ud800"}', "prompt"),
        (r'{"input": "a", "ideal": ["b", "\udc00"]}', "contains"),
        (r'{"input": [{"role": "user", "content": "\ud800 a"}]}', "messages"),
        (r'{"input": "a", "reject": "b\udfff"}', "reject"),
    ],
)
def test_half_of_a_surrogate_pair_cannot_be_sent_and_is_a_mistake(case: str, key: str) -> None:
    (found,) = problems(case)

    assert found.startswith(f"q/more.jsonl, line 1: `{key}`: ")
    assert "expected a text without half of a surrogate pair" in found


def test_a_whole_surrogate_pair_is_one_character() -> None:
    (found,) = questions(r'{"input": "\ud83d\ude00", "name": "\ud800"}')

    assert (found.prompt, found.name) == ("\U0001f600", "line 1")
