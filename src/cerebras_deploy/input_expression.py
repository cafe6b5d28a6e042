"""How the input `smoke-test-expect` is read: an expression that cannot have been meant rolls no good version back."""

import re
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Any

from cerebras_deploy.text import plain

INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # Unicode's categories
ALLOWED = "\t\n\u200c\u200d"  # the last two join letters, in Persian and in emoji


def read_expression(text: str) -> str:
    """Return the expression. Raises a `ValueError` that says what is accepted, and the likely cause."""
    strange = next((one for one in text if unicodedata.category(one) in INVISIBLE and one not in ALLOWED), "")
    if strange:
        why = "use single quotes in YAML, since double quotes turn `\\b` into a backspace"
        raise ValueError(f"an expression without invisible characters; U+{ord(strange):04X} is in it: {why}")
    if re.fullmatch(r"/.*/[a-z]*", text, re.DOTALL):
        raise ValueError("an expression of Python's `re`, without slashes around it; flags are written as `(?i)`")
    if mark := next(_never(_parsed(text)), ""):
        never = f"an expression that can match; nothing can stand there beside `{mark}`"
        raise ValueError(f"{never}: for the character, write `\\{mark}`")
    return text


def _parsed(text: str) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # of expressions that Python will read otherwise some day
            re.compile(text)
            return re._parser.parse(text)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to see its parts
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression of Python's `re`; this one fails: {plain(str(error), 80)}") from error


def _never(parts: Any) -> Iterator[str]:
    """Give `$` where a character must follow it, and `^` where one must come before it: neither can ever match."""
    before: tuple[str, Any] = ("", None)
    for operation, argument in parts:
        now = (str(operation), argument)
        if before == ("AT", _at("AT_END")) and _is_character(now):
            yield "$"
        if now == ("AT", _at("AT_BEGINNING")) and _is_character(before):
            yield "^"
        yield from _inside(argument)
        before = now


def _at(name: str) -> Any:
    return getattr(re._constants, name)  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _is_character(part: tuple[str, Any]) -> bool:
    return part[0] == "LITERAL" and part[1] != ord("\n")


def _inside(argument: Any) -> Iterator[str]:
    """Look into groups, branches and repetitions."""
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        yield from _never(argument)
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _inside(part)
