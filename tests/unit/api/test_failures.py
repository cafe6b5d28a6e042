"""What a reply that is not the expected object means."""

import json
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.api.failures import failure, unreadable
from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError, Fate

JSON = "application/json"


def failed(status: int, body: str = "", kind: str = JSON, **headers: str) -> CallError:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Answer(status, named, body.encode()), body)


class TestFate:
    """How far the request may have come decides whether it is sent again."""

    @pytest.mark.parametrize("status", [408, 421, 425, 500, 501, 502, 503, 504, 520, 599])
    def test_it_may_have_been_processed(self, status: int) -> None:
        assert failed(status).fate is Fate.UNKNOWN

    def test_it_was_turned_away(self) -> None:
        assert failed(429).fate is Fate.THROTTLED

    @pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 409, 413, 422, 451])
    def test_the_api_said_no(self, status: int) -> None:
        assert failed(status).fate is Fate.DENIED

    def test_what_cannot_be_read_may_have_been_processed(self) -> None:
        assert unreadable(Answer(200, {}, b""), "empty").fate is Fate.UNKNOWN


NGINX = """<html>
<head><title>503 Service Temporarily Unavailable</title></head>
<body>
<center><h1>503 Service Temporarily Unavailable</h1></center>
<hr><center>{0}</center>
</body>
</html>
"""


class TestLimits:
    """A limit on requests says 429, or what nginx says unless it is told otherwise."""

    @pytest.mark.parametrize("server", ["nginx/1.22.1", "nginx", "openresty/1.25.3.1"])
    def test_nginxs_own_page_is_one(self, server: str) -> None:
        error = failed(503, NGINX.format(server), "text/html")

        assert (error.fate, error.hint) == (Fate.THROTTLED, failed(429).hint)
        assert error.hint == "run fewer jobs with this key, or on this network, at the same time"

    @pytest.mark.parametrize(
        ("status", "text"),
        [
            (503, '{"detail": "503 Service Temporarily Unavailable"}'),
            (503, NGINX.format("another")),
            (503, "<html><h1>503 Service Unavailable</h1>No server is available to handle this request.</html>"),
            (502, NGINX.format("nginx").replace("503", "502")),
        ],
    )
    def test_any_other_may_have_been_processed(self, status: int, text: str) -> None:
        assert failed(status, text, "text/html").fate is Fate.UNKNOWN


class TestPages:
    """What is neither JSON nor empty is not the API's: it says nothing about keys, previews and spelling."""

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 500, 502])
    @pytest.mark.parametrize("text", ["<html><title>Denied</title></html>", "<!DOCTYPE html>", "upstream error", "[]"])
    def test_what_stands_between_is_to_be_looked_at(self, status: int, text: str) -> None:
        hint = failed(status, text, "text/html").hint

        assert (
            hint
            == "check `base-url` and what stands between the runner and the API, because this reply is not the API's"
        )

    def test_so_it_is_with_a_proxys_header(self) -> None:
        assert failed(403, "", x_squid_error="ERR_ACCESS_DENIED 0").hint.endswith("this reply is not the API's")

    def test_a_redirect_says_where_to(self) -> None:
        assert "https://b.example" in failed(302, "<html>", "text/html", location="https://b.example").hint


class TestHint:
    @pytest.mark.parametrize(
        ("error", "word"),
        [
            (failed(401), "Management API key"),
            (failed(403), "private preview"),
            (failed(403, "error code: 1010", "text/plain"), "cf-ray"),
            (failed(404), "check `base-url`, and that the private preview"),
            (failed(404, '{"detail": "no such endpoint"}'), "check the spelling"),
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


class TestReason:
    def test_it_ends_with_what_support_can_look_up(self) -> None:
        long = str(failed(500, "x" * 5000, cf_ray="8f1a2b3c4d5e-FRA"))

        assert long.endswith("(cf-ray 8f1a2b3c4d5e-FRA)")
        assert len(long) < 500

    def test_what_was_unreadable_is_said_with_its_kind(self) -> None:
        reason = unreadable(Answer(200, {"content-type": "text/html"}, b"<html>"), "Invalid JSON").reason

        assert "HTTP 200" in reason
        assert "text/html" in reason
        assert "Invalid JSON" in reason
