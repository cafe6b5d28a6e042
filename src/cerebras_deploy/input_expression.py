"""How `smoke-test-expect` and `smoke-test-contains` are read: what cannot be meant rolls no good version back."""

import itertools
import re
import warnings
from collections.abc import Iterator
from typing import Any

from cerebras_deploy.text import is_blank, is_hidden, plain

ALLOWED = "\t\n\u200c\u200d"  # the last two join letters, in Persian and in emoji

Part = tuple[str, Any]  # an operation of a parsed expression, and its argument


def read_expression(text: str) -> str:
    """Return the expression. Raises a `ValueError` that says what is accepted, and the likely cause."""
    _check_visible(text, "an expression")
    if re.fullmatch(r"/.*/[a-z]*", text, re.DOTALL):
        raise ValueError("a Python regular expression without slashes around it (write flags as `(?i)`)")
    if mark := next(_never(_parsed(text)), ""):
        raise ValueError(
            f"an expression that can match (this `{mark}` never does; for the character, write `\\{mark}`)"
        )
    return text


def read_literal(text: str) -> str:
    """Return the text that is to be looked for as it is. Raises a `ValueError` as `read_expression` does."""
    _check_visible(text.replace("\r\n", "\n"), "a text")
    if is_blank(text):
        raise ValueError("a text that is not empty")
    return text


def _check_visible(text: str, what: str) -> None:
    if strange := next((one for one in text if one not in ALLOWED and is_hidden(one)), ""):
        why = "use single quotes in YAML, since double quotes turn `\\b` into a backspace"
        raise ValueError(f"{what} without the invisible character U+{ord(strange):04X} ({why})")


def _parsed(text: str) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # of expressions that Python will read otherwise some day
            re.compile(text)
            return re._parser.parse(text)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to see its parts
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a Python regular expression that compiles ({plain(str(error), 80)})") from error


def _never(parts: Any) -> Iterator[str]:
    """Give `$` where a character must follow it, and `^` where one must come before it: neither can ever match."""
    listed = [(str(operation), argument) for operation, argument in parts]
    for before, now in itertools.pairwise(listed):
        if before == ("AT", _at("AT_END")) and _is_visible(now, at=0):
            yield "$"
        if now == ("AT", _at("AT_BEGINNING")) and _is_visible(before, at=-1):
            yield "^"
    for _, argument in listed:
        yield from _inside(argument)


def _at(name: str) -> Any:
    return getattr(re._constants, name)  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _is_visible(part: Part, at: int) -> bool:
    """Whether a part must begin (`at` is 0) or end (-1) with a character that is no line break."""
    match part:
        case ("LITERAL", code):
            return bool(code != ord("\n"))
        case ("IN", choices):
            return all(_has_no_line_break((str(operation), argument)) for operation, argument in choices)
        case ("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT", (least, _, inner)):
            return least > 0 and _is_visible_at(inner, at)
        case ("SUBPATTERN", (_, _, _, inner)):
            return _is_visible_at(inner, at)
        case ("BRANCH", (_, branches)):
            return all(_is_visible_at(branch, at) for branch in branches)
        case _:
            return False


def _is_visible_at(parts: Any, at: int) -> bool:
    listed = [(str(operation), argument) for operation, argument in parts]
    return bool(listed) and _is_visible(listed[at], at)


def _has_no_line_break(choice: Part) -> bool:
    match choice:
        case ("LITERAL", code):
            return bool(code != ord("\n"))
        case ("RANGE", (low, high)):
            return not low <= ord("\n") <= high
        case ("CATEGORY", category):
            return category in {_at("CATEGORY_DIGIT"), _at("CATEGORY_WORD"), _at("CATEGORY_NOT_SPACE")}
        case _:
            return False  # a set that is negated may have it


def _inside(argument: Any) -> Iterator[str]:
    """Look into groups, branches and repetitions."""
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        yield from _never(argument)
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _inside(part)
