"""Times in a reply's headers: HTTP dates, and `Retry-After`, which may be one."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def unix_time(date: str) -> float | None:
    """Return an HTTP date in unix seconds; None if it is none."""
    try:
        return _instant(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Return the header's seconds, if it has any; a date counts from the reply's `Date`."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, headers.get("date", ""))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str, now: str) -> float:
    try:
        return (_instant(date) - _instant(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan


def _instant(date: str) -> datetime:
    instant = parsedate_to_datetime(date)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
