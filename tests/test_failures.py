"""What a reply that is not the expected object means."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual import AT_ONCE

from cerebras_deploy.api.failures import failure, unreadable
from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError, Fate

JSON = "application/json"
ERRORS = json.loads((Path(__file__).parent / "wire" / "errors.json").read_text())


def failed(status: int, body: str = "", kind: str = JSON, **headers: str) -> CallError:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Answer(status, named, body.encode()), body)


class TestFate:
    """How far the request may have come decides whether it is sent again."""

    @pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 520, 599])
    def test_it_may_have_been_processed(self, status: int) -> None:
        assert failed(status).fate is Fate.UNKNOWN

    def test_it_was_turned_away(self) -> None:
        assert failed(429).fate is Fate.THROTTLED

    @pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 409, 413, 422, 451])
    def test_the_api_said_no(self, status: int) -> None:
        assert failed(status).fate is Fate.DENIED

    def test_what_cannot_be_read_may_have_been_processed(self) -> None:
        assert unreadable(Answer(200, {}, b""), "empty").fate is Fate.UNKNOWN


class TestReason:
    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error["about"]))
    def test_of_an_error_seen_live_it_is_the_status_and_the_apis_words(self, error: dict[str, Any]) -> None:
        reason = failed(error["status"], error["body"], error["headers"]["content-type"]).reason

        words = {
            "no Authorization header": "Not authenticated",
            "a key that is not known": "Wrong API Key",
            "a path that is not routed": "Not Found",
            "a User-Agent that the front refuses": "error code: 1010",
            "a model that does not exist or is not one's own": "Model does not exist or you do not have access to it.",
            "a bill to be paid": "Payment required to access this resource. Visit your billing tab.",
            "high traffic": "We're experiencing high traffic right now! Please try again soon.",
            "an unsupported property, since April 2026 as 400": "store: property 'store' is unsupported",
            "a malformed request, in the web framework's own style": "body.model: Field required",
        }
        assert reason.startswith(f"HTTP {error['status']}")
        assert reason.endswith(words[error["about"]])

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ('{"error": {"message": "first"}, "message": "second", "detail": "third"}', "first"),
            ('{"message": "second", "detail": "third"}', "second"),
            ('{"detail": "third"}', "third"),
            ('{"error": "a text"}', "a text"),
            ('{"message": "", "detail": "behind an empty one"}', "behind an empty one"),
            ('{"detail": [{"loc": ["body", "a", 0], "msg": "x"}, {"loc": [], "msg": "y"}]}', "body.a.0: x"),
            ('{"title": "neither"}', '{"title": "neither"}'),
            ("upstream connect error", "upstream connect error"),
            ("[1, 2]", "[1, 2]"),
            ('"a text"', '"a text"'),
        ],
    )
    def test_where_the_apis_words_are_looked_for(self, body: str, words: str) -> None:
        assert words in failed(500, body).reason

    def test_of_a_page_it_is_the_title(self) -> None:
        page = "<!DOCTYPE html><html><head><title>502:\n Bad gateway</title></head><body>long</body></html>"

        assert failed(502, page, "text/html; charset=utf-8").reason.endswith("«502: Bad gateway»")
        assert failed(502, page, "text/plain").reason.endswith("«502: Bad gateway»")

    def test_of_a_page_without_an_end_it_is_found_at_once(self) -> None:
        page = "<" + "<title" * 700_000
        began = time.process_time()

        assert "an HTML page" in failed(502, page).reason
        assert time.process_time() - began < AT_ONCE

    def test_only_the_head_of_a_page_is_searched_for_its_title(self) -> None:
        def page(before: int) -> str:
            return f"<html>{' ' * before}<title>zqx</title></html>"

        assert "«zqx»" in failed(502, page(3900)).reason
        assert "zqx" not in failed(502, page(4000)).reason

    def test_of_a_page_without_a_title_it_says_so(self) -> None:
        assert "an HTML page" in failed(502, "<html></html>").reason

    def test_it_ends_with_what_support_can_look_up(self) -> None:
        long = str(failed(500, "x" * 5000, cf_ray="8f1a2b3c4d5e-FRA"))

        assert long.endswith("(cf-ray 8f1a2b3c4d5e-FRA)")
        assert len(long) < 500

    def test_what_was_unreadable_is_said_with_its_kind(self) -> None:
        reason = unreadable(Answer(200, {"content-type": "text/html"}, b"<html>"), "Invalid JSON").reason

        assert "HTTP 200" in reason
        assert "text/html" in reason
        assert "Invalid JSON" in reason


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


class TestHint:
    @pytest.mark.parametrize(
        ("error", "word"),
        [
            (failed(401), "Management API key"),
            (failed(403), "private preview"),
            (failed(403, "error code: 1010", "text/plain"), "cf-ray"),
            (failed(404), "no such path: check `base-url`"),
            (failed(404, '{"detail": "no such endpoint"}'), "spelt right"),
            (failed(307, location="https://elsewhere.example.com/"), "https://elsewhere.example.com/"),
            (failed(301), "base-url"),
            (unreadable(Answer(200, {}, b""), "empty"), "base-url"),
        ],
        ids=lambda value: value.reason if isinstance(value, CallError) else "",
    )
    def test_it_says_what_to_do_next(self, error: CallError, word: str) -> None:
        assert word in error.hint


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "retry-after", "date", "cf-ray", "location"]),
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["text/html", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 32 Oct 2015 07:28:00 +9999", "1e308"]),
        st.datetimes().map(format_datetime),
        st.from_regex(r"[A-Za-z]{3}, \d{1,2} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [+-]\d{4}", fullmatch=True),
    ),
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.recursive(
        st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["error", "message", "detail", "loc", "msg"]), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(lambda body: json.dumps(body).encode()),
)


@given(st.integers(0, 999), HEADERS, BODIES)
def test_any_reply_is_an_error_in_one_short_line(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = Answer(status, headers, body)

    for error in (failure(answer, body.decode("utf-8", "replace")), unreadable(answer, "why")):
        assert len(error.reason.splitlines()) == 1
        assert len(error.reason) < 600
        assert len(error.hint.splitlines()) <= 1
        assert error.status == status
        assert error.retry_after is None or 0 <= error.retry_after < float("inf")
