"""One case of the input `smoke-test-file`: what it may say, and how people's own data say it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

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
from cerebras_deploy.input_names import is_near
from cerebras_deploy.input_readers import READERS
from cerebras_deploy.text import plain

# What may stand for a key in a file of people's own.
STANDS_FOR = {
    "prompt": ("input", "query"),
    "contains": ("ideal", "target", "reference", "ground_truth"),
}
_READ_LATENCY = READERS["smoke-test-max-latency"]

Mistakes = list[tuple[str, str]]  # a key, and what is wrong with its value; the key is empty for the whole case


def _latency(value: object) -> object:
    """Read a duration, which may be a whole number of seconds."""
    return _READ_LATENCY(str(value) if isinstance(value, int | str) and not isinstance(value, bool) else "")


def _texts(value: object) -> object:
    """Return a list of texts; numbers in it are texts, as they are written."""
    return [_number_as_text(one) for one in value] if isinstance(value, list) else [_number_as_text(value)]


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("a text that is not empty")
    return text


Text = Annotated[StrictStr, AfterValidator(_visible)]
Expression = Annotated[StrictStr, AfterValidator(_visible), AfterValidator(read_expression)]
Latency = Annotated[float, BeforeValidator(_latency)]


def kebab(name: str) -> str:
    """Return a field's name as the file has it."""
    return name.replace("_", "-")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Literal["system", "developer", "user", "assistant"]
    content: Text


class _Case(BaseModel):
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
        read = _Case.model_validate(case)
    except ValidationError as error:
        return None, [*mistakes, *((key, f"`{key}`: {said}") for key, said in mistakes_in(error, _Case))]
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


def as_it_is(case: object, ignored: dict[str, None]) -> object:
    """Return a case of people's own data with the keys that it is to have.

    Keys that have another name there are renamed. Those that say nothing here, such as an ID, are left out, and added
    to `ignored`. A key that is nearly a known one stays, for it to be a mistake.
    """
    if not isinstance(case, dict):
        return case
    renamed: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    for key, value in case.items():
        name = _meant(key, value)
        if not name:
            ignored[key] = None
        elif name in came_from:
            renamed[f"{came_from[name]}` and `{key}"] = value
        elif value is not None:
            renamed[name], came_from[name] = value, key
    return renamed


_KNOWN = {kebab(name): kebab(name) for name in _Case.model_fields}
_KNOWN |= {other: name for name, others in STANDS_FOR.items() for other in others}


def _meant(key: str, value: object) -> str:
    """Return the key that is meant, the key itself if it is nearly a known one, and nothing if it says nothing here."""
    name = _KNOWN.get(key) or _KNOWN.get(key.replace("_", "-"), "")
    if not name:
        is_misspelled = any(is_near(key.lower().replace("_", "-"), one.replace("_", "-")) for one in _KNOWN)
        return key if is_misspelled else ""
    return "messages" if name == "prompt" and isinstance(value, list) else name


def mistakes_in(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Give the key of each mistake, and what was expected there."""
    for one in error.errors(include_url=False):
        key = str(one["loc"][0]) if one["loc"] else ""
        deeper = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in one["loc"][1:])
        yield key, (f"at {deeper}: " if deeper else "") + _said(dict(one), model)


def _said(one: dict[str, Any], model: type[BaseModel]) -> str:
    got = f", got `{plain(str(one['input']), 80)}`"
    match one["type"]:
        case "value_error":
            return f"expected {one['ctx']['error']}{got}"
        case "extra_forbidden" if "` and `" in one["loc"][0]:
            return "both say the same. Leave one of them out"
        case "extra_forbidden":
            return f"unknown key. Known keys: {', '.join(f'`{kebab(name)}`' for name in model.model_fields)}"
        case "missing":
            return "missing"
        case _:
            return f"{one['msg'][0].lower()}{one['msg'][1:]}{got}"
