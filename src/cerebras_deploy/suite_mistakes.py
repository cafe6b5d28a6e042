"""The mistakes in the input `smoke-test-file`: where they are, and how what is raised is told to people."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from cerebras_deploy.text import plain

Model = type[BaseModel]


def place(path: str, line: int) -> str:
    """Say where a mistake is. Line 0: that is not known."""
    return f"{plain(path, 80)}" + (f", line {line}" if line else "")


def why_invalid(error: Exception) -> str:
    """Say why a text is not valid TOML or JSON."""
    if isinstance(error, ArithmeticError):
        return "a number in it is too large"
    return plain(str(error), 200)


def mistakes_in(error: ValidationError, model: Model, inner: Mapping[str, Model]) -> Iterator[tuple[str, str]]:
    """Give the key of each mistake, and what was expected there. `inner`: the models of what is in a key's value."""
    for one in error.errors(include_url=False):
        key = str(one["loc"][0]) if one["loc"] else ""
        deeper = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in one["loc"][1:])
        of = inner.get(key, model) if deeper else model
        yield key, (f"at {deeper}: " if deeper else "") + _said(dict(one), of)


def _said(one: dict[str, Any], model: Model) -> str:
    got = f", got `{plain(str(one['input']), 80)}`"
    match one["type"]:
        case "value_error":
            return f"expected {one['ctx']['error']}{got}"
        case "extra_forbidden" if "` and `" in one["loc"][0]:
            return "both say the same. Leave one of them out"
        case "extra_forbidden":
            return f"unknown key. Known keys: {', '.join(f'`{name}`' for name in _keys(model))}"
        case "missing":
            return "missing"
        case _:
            return f"{one['msg'][0].lower()}{one['msg'][1:]}{got}"


def _keys(model: Model) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
