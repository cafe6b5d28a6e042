"""What is tolerated in an endpoint's status, whose schema is published only in part (docs/api.md).

Here it is read only; what it proves is judged in `decide/judgment.py`.
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from cerebras_deploy.text import cleaned, plain

FIELDS = ("state", "rollout_status", "status")  # where a status word may stand
OBJECTS = ("state", "status", "rollout_status", "rollout", "deployment")  # or in one of these, one level down
MILLISECONDS = 1e11  # from here on a number is no time in seconds: the year 5138
RAW_LENGTH = 10_000  # characters of an entry that are kept for the log


class Word(NamedTuple):
    """A status word as it came, and the field in which it stood."""

    field: str
    text: str


def words_of(entry: Mapping[str, object]) -> tuple[Word, ...]:
    """Return the status words of an entry. Empty text and null are no word."""
    return tuple(_words(entry))


def _words(entry: Mapping[str, object]) -> Iterator[Word]:
    for field in FIELDS:
        if (text := _word(entry.get(field))) is not None:
            yield Word(field, text)
    for name in OBJECTS:
        inner = entry.get(name)
        if isinstance(inner, Mapping):
            for field in FIELDS:
                if (text := _word(inner.get(field))) is not None:
                    yield Word(f"{name}.{field}", text)


def _word(value: object) -> str | None:
    if value is None or isinstance(value, Mapping) or (isinstance(value, str) and not value.strip()):
        return None
    return plain(value if isinstance(value, str) else json.dumps(value, default=repr), 60)


def time_of(value: object) -> float | None:
    """Return a time in unix seconds, from seconds, milliseconds, their digits or ISO 8601; anything else is no time."""
    if isinstance(value, str):
        return _time_of_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    seconds = seconds / 1000 if seconds >= MILLISECONDS else seconds
    return seconds if math.isfinite(seconds) and 0 <= seconds < MILLISECONDS else None


def _time_of_text(text: str) -> float | None:
    try:
        return time_of(float(text)) if text.isascii() else None
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
        return time_of((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def digits_of(value: object) -> object:
    """Return a whole number as its digits: an ID may be one. Anything else is returned as it is.

    Raises a `ValueError` for a number of thousands of digits.
    """
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def same_form(identifier: str) -> str:
    """Return an ID in the form in which IDs are compared: the last path segment, in lower case."""
    return identifier.strip().rstrip("/").rpartition("/")[2].casefold()


def raw_text(value: object) -> str:
    """Return an entry as it came, for the log."""
    try:
        return plain(json.dumps(cleaned(value), ensure_ascii=False, default=repr), RAW_LENGTH)
    except (ValueError, RecursionError):
        return "an entry that cannot be shown"
