"""How a duration is read: `90` (seconds), `500ms`, `90s`, `5m` or `1h30m`."""

import re
from collections.abc import Callable

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?", re.ASCII)
_SECONDS = (3600, 60, 1, 0.001)
DAY = 86400  # seconds


def read_duration(low: float, high: float, words: str) -> Callable[[str], float]:
    """Return a reader of durations in seconds, from `low` to `high`; `words` says that range.

    The reader raises a `ValueError` that says what is accepted.
    """

    def duration(text: str) -> float:
        if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004 - as many digits as in _DURATION
            seconds = float(text)
        else:
            match = _DURATION.fullmatch(text)
            parts = match.groups() if match else ()
            seconds = sum(int(n) * unit for n, unit in zip(parts, _SECONDS, strict=False) if n)
        if not low <= seconds <= high:
            raise ValueError(f"a duration from {words}, like 90 (seconds), 500ms, 90s, 5m, or 1h30m")
        return seconds

    return duration
