"""The input `smoke-test-file`: a TOML file of the workspace with many questions, and a JSON Lines file with more.

Every mistake is told with its file, line, case and key. What one case may say: `suite_case.py`.
"""

import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError

from cerebras_deploy.decide.question import Question
from cerebras_deploy.decide.suite import Suite
from cerebras_deploy.suite_case import Latency, Number, Written, kebab, question_of
from cerebras_deploy.suite_json import Cases, cases_of_json
from cerebras_deploy.suite_mistakes import mistakes_in, place, why_invalid
from cerebras_deploy.text import plain
from cerebras_deploy.toml_lines import Lines
from cerebras_deploy.workspace import read_text

MOST_MISTAKES = 50  # that are told
INPUT = "smoke-test-file"


class SuiteError(Exception):
    """The file cannot be used. `problems` has a line for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Limits(BaseModel):
    """What a file says beside its cases."""

    model_config = ConfigDict(alias_generator=kebab, extra="forbid")

    concurrency: Annotated[StrictInt, Field(ge=1, le=32)] = 4
    pass_rate: Annotated[Decimal, Number, Field(ge=0, le=1, decimal_places=10)] = Decimal(1)
    repeat: Annotated[Literal[1, 3, 5], BeforeValidator(lambda value: "" if isinstance(value, bool) else value)] = 1
    p95_latency: Latency | None = None
    min_tokens_per_second: Annotated[float, Number, Field(gt=0, allow_inf_nan=False)] | None = None
    max_slowdown: Annotated[float, Number, Field(ge=0, allow_inf_nan=False)] | None = None
    cases: Annotated[str, Field(min_length=1)] | None = None


def read_suite(path: str, workspace: str) -> Suite:
    """Read the file and the one that it names. Raises a `SuiteError` with every mistake in them."""
    problems: list[str] = []
    questions: list[Question] = []
    ignored: dict[str, None] = {}
    limits = _Limits()
    try:
        text = read_text(path, workspace)
        document, lines = _parsed(text, path), Lines(text)
        limits = _limits(document, path, lines, problems)
        _add(_cases_of_toml(document, path, lines), questions, problems)
        if limits.cases:
            more = str(PurePosixPath(path).parent / limits.cases)
            _add(cases_of_json(more, read_text(more, workspace), ignored), questions, problems)
    except ValueError as error:
        problems.append(str(error))
    if not questions and not problems:
        problems.append(_no_questions(path, limits.cases))
    if problems:
        raise SuiteError(_shortened(problems))
    return _suite(limits, questions, ignored)


def _suite(limits: _Limits, questions: list[Question], ignored: Iterable[str]) -> Suite:
    return Suite(
        tuple(questions),
        limits.concurrency,
        limits.pass_rate,
        limits.repeat,
        limits.p95_latency,
        limits.min_tokens_per_second,
        limits.max_slowdown,
        tuple(ignored),
    )


def _no_questions(path: str, cases: str | None) -> str:
    if cases:
        return f"neither {plain(path, 80)} nor its `cases` file, {plain(cases, 80)}, has a question"
    return f"{plain(path, 80)} has no questions: add a `[[case]]` or `cases`"


def _shortened(problems: list[str]) -> tuple[str, ...]:
    more = [f"{len(problems) - MOST_MISTAKES} more mistakes"] if len(problems) > MOST_MISTAKES else []
    return tuple(f"`{INPUT}`: {problem}" for problem in (*problems[:MOST_MISTAKES], *more))


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Written)
    except (ArithmeticError, RecursionError, ValueError) as error:
        raise ValueError(f"{plain(path, 80)} is not valid TOML: {why_invalid(error)}") from error


def _limits(document: dict[str, Any], path: str, lines: Lines, problems: list[str]) -> _Limits:
    given = {key: value for key, value in document.items() if key != "case"}
    try:
        return _Limits.model_validate(given)
    except ValidationError as error:
        for key, said in mistakes_in(error, _Limits, {}):
            problems.append(f"{place(path, lines.of_key(key))}: `{key}`: {said}")
        more = given.get("cases")  # its mistakes are to be told, too
        return _Limits(cases=more if isinstance(more, str) and more else None)


def _add(cases: Cases, questions: list[Question], problems: list[str]) -> None:
    for case in cases:
        if isinstance(case, Question):
            questions.append(case)
        else:
            problems += case


def _cases_of_toml(document: dict[str, Any], path: str, lines: Lines) -> Cases:
    cases = document.get("case", [])
    if not isinstance(cases, list):
        yield [f"{place(path, lines.of_key('case'))}: write `[[case]]`, with two brackets"]
        return
    for number, case in enumerate(cases):
        question, mistakes = question_of(case, f"case {number + 1}")
        yield question or [
            f"{place(path, lines.of_case(number, len(cases), key))}, {_called(case, number)}: {said}"
            for key, said in mistakes
        ]


def _called(case: Any, number: int) -> str:
    name = case.get("name") if isinstance(case, dict) else None
    return f"case {number + 1}" + (f' ("{plain(name, 60)}")' if isinstance(name, str) and name else "")
