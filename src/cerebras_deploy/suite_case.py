"""One case of the input `smoke-test-file`: what it may say."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)

from cerebras_deploy.api.completion import ANSWER_TOKENS, Message
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.input_expression import read_expression
from cerebras_deploy.input_readers import READERS
from cerebras_deploy.suite_mistakes import mistakes_in
from cerebras_deploy.text import is_blank, plain

_READ_LATENCY = READERS["smoke-test-max-latency"]

Mistakes = list[tuple[str, str]]  # a key, and what is wrong with its value; the key is empty for the whole case


def _latency(value: object) -> object:
    """Read a duration, which may be a whole number of seconds."""
    return _READ_LATENCY(str(value) if isinstance(value, int | str) and not isinstance(value, bool) else "")


_HALF = re.compile("[\ud800-\udfff]")  # JSON can escape it, and nothing can send it


class Written(Decimal):
    """A number of a file, whose text is the one in the file: `6.02e23` stays that."""

    def __new__(cls, text: str) -> Self:
        """Read it. Raises an `ArithmeticError` if it is too large."""
        number = super().__new__(cls, text)
        number._text = text.replace("_", "")  # which TOML allows between digits
        return number

    _text: str

    def __str__(self) -> str:
        """Return the text in the file."""
        return self._text


def _number(value: object) -> object:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number:
        raise ValueError("a number")
    return value


def _texts(value: object) -> object:
    """Return a list of texts; numbers in it are texts, as they are written."""
    return [_number_as_text(one) for one in value] if isinstance(value, list) else [_number_as_text(value)]


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _visible(text: str) -> str:
    if _HALF.search(text):
        raise ValueError("a text without half of a surrogate pair")
    if is_blank(text):
        raise ValueError("a text that is not empty")
    return text


Text = Annotated[StrictStr, AfterValidator(_visible)]
Expression = Annotated[StrictStr, AfterValidator(_visible), AfterValidator(read_expression)]
Latency = Annotated[float, BeforeValidator(_latency)]
Number = BeforeValidator(_number)  # of a field that pydantic would also read from a text or a boolean


def kebab(name: str) -> str:
    """Return a field's name as the file has it."""
    return name.replace("_", "-")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Literal["system", "developer", "user", "assistant"]
    content: Text


class Case(BaseModel):
    """The keys of a case."""

    model_config = ConfigDict(alias_generator=kebab, extra="forbid")

    name: StrictStr = ""
    prompt: Text | None = None
    messages: Annotated[list[_Message], Field(min_length=1)] | None = None
    contains: Annotated[list[Text], BeforeValidator(_texts), Field(min_length=1)] = Field(
        default=[], validate_default=False
    )
    expect: Expression = Field(default="", validate_default=False)
    reject: Expression = Field(default="", validate_default=False)
    max_latency: Latency | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = ANSWER_TOKENS


def question_of(case: object, called: str) -> tuple[Question | None, Mistakes]:
    """Return the case as a question, or its mistakes. `called` is what people call it if it has no name."""
    if not isinstance(case, dict):
        return None, [("", "expected an object with a `prompt`")]
    mistakes = list(_conflicts(case))
    try:
        read = Case.model_validate(case)
    except ValidationError as error:
        return None, [
            *mistakes,
            *((key, f"`{key}`: {said}") for key, said in mistakes_in(error, Case, {"messages": _Message})),
        ]
    if mistakes:
        return None, mistakes
    messages = tuple(Message(one.role, one.content) for one in read.messages or ()) or asking(read.prompt or "")
    return (
        Question(
            messages,
            tuple(read.contains),
            read.expect,
            read.reject,
            read.max_latency,
            read.max_tokens,
            plain(read.name, 100) or called,
        ),
        [],
    )


def _conflicts(case: dict[str, Any]) -> Mistakes:
    mistakes = []
    if ("prompt" in case) == ("messages" in case):
        mistakes.append(("prompt", "expected either `prompt` or `messages`"))
    if "contains" in case and "expect" in case:
        mistakes.append(("expect", "expected either `contains` or `expect`"))
    return mistakes
