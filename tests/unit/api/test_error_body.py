"""What the body of an error says."""

import time
from typing import Any

import pytest

from cerebras_deploy.api.error_body import decoded
from cerebras_deploy.api.failures import failure
from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError
from helpers.repository import document
from helpers.virtual import AT_ONCE

JSON = "application/json"
ERRORS = document("errors")


def failed(status: int, body: str = "", kind: str = JSON, **headers: str) -> CallError:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Answer(status, named, body.encode()), body)


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

    @pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "rot13", "x-unknown", "utf-8"])
    def test_whatever_charset_it_names_it_is_text(self, charset: str) -> None:
        assert "Paris" in decoded(b"<title>Paris \xff</title>", f"text/html; charset={charset}")

    def test_only_the_beginning_of_a_body_of_megabytes_is_read(self) -> None:
        assert len(decoded(b"x" * 4_000_000, "text/plain")) == 64 * 1024

    def test_of_a_page_it_is_the_title(self) -> None:
        page = "<!DOCTYPE html><html><head><title>502:\n Bad gateway</title></head><body>long</body></html>"

        assert failed(502, page, "text/html; charset=utf-8").reason.endswith(', titled "502: Bad gateway"')
        assert failed(502, page, "text/plain").reason.endswith(', titled "502: Bad gateway"')

    def test_of_a_page_without_an_end_it_is_found_at_once(self) -> None:
        page = "<" + "<title" * 700_000
        began = time.process_time()

        assert "an HTML page" in failed(502, page).reason
        assert time.process_time() - began < AT_ONCE

    def test_only_the_head_of_a_page_is_searched_for_its_title(self) -> None:
        def page(before: int) -> str:
            return f"<html>{' ' * before}<title>zqx</title></html>"

        assert ', titled "zqx"' in failed(502, page(3900)).reason
        assert "zqx" not in failed(502, page(4000)).reason

    def test_of_a_page_without_a_title_it_says_so(self) -> None:
        assert "an HTML page" in failed(502, "<html></html>").reason
