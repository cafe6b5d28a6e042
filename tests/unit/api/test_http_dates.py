"""`Retry-After`, in seconds or as a date."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cerebras_deploy.api.failures import failure
from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError

JSON = "application/json"


def failed(status: int, body: str = "", kind: str = JSON, **headers: str) -> CallError:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Answer(status, named, body.encode()), body)


class TestRetryAfter:
    NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    @pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("7", 7), (" 30 ", 30), ("1.5", 1.5), ("86400", 86400)])
    def test_in_seconds(self, value: str, seconds: float) -> None:
        assert failed(429, retry_after=value).retry_after == seconds
        assert failed(503, retry_after=value).retry_after == seconds

    def test_as_a_date_it_counts_from_the_servers_own_clock(self) -> None:
        date, until = (
            format_datetime(self.NOW, usegmt=True),
            format_datetime(self.NOW + timedelta(seconds=42), usegmt=True),
        )

        assert failed(503, retry_after=until, date=date).retry_after == 42

    @pytest.mark.parametrize("value", ["", "soon", "-1", "nan", "inf", "1e999", "Mon", "99 Foo 2026", "0x10", "12:00"])
    def test_anything_else_says_nothing(self, value: str) -> None:
        assert failed(429, retry_after=value).retry_after is None

    def test_a_date_that_has_passed_says_nothing_long(self) -> None:
        date, until = format_datetime(self.NOW, usegmt=True), format_datetime(self.NOW - timedelta(days=1), usegmt=True)

        assert not failed(503, retry_after=until, date=date).retry_after
