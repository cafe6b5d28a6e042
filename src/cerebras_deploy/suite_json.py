"""The JSON Lines file that `cases` of the input `smoke-test-file` names: people's own data, one case a line."""

import json
from collections.abc import Iterator
from typing import Any

from cerebras_deploy.decide.question import Question
from cerebras_deploy.own_data import as_it_is
from cerebras_deploy.suite_case import Written, question_of
from cerebras_deploy.suite_mistakes import place, why_invalid

Cases = Iterator[Question | list[str]]  # each as a question, or what is wrong with it, a line for each mistake


def cases_of_json(path: str, text: str, ignored: dict[str, None]) -> Cases:
    """Give the cases of the file with that text. Keys that say nothing here are added to `ignored`."""
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may hold U+2028
        if line.strip():
            case, wrong = _json(line)
            question, mistakes = (
                question_of(as_it_is(case, ignored), f"line {number}") if not wrong else (None, [("", wrong)])
            )
            yield question or [f"{place(path, number)}: {said}" for _, said in mistakes]


def _json(line: str) -> tuple[Any, str]:
    """Return what a line of JSON says, and what is wrong with it."""
    try:
        return json.loads(line, parse_float=Written), ""
    except (ArithmeticError, RecursionError, ValueError) as error:
        return None, f"not valid JSON: {why_invalid(error)}"
