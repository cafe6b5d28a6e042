"""What an HTTP reply that is not the expected object means: how far the request may have come, why, and what to do.

The Management API documents no errors. Seen live or inferred (docs/api.md): `{"message", "code"}`,
`{"error": {"message"}}`, `{"detail": "text" | [{"loc", "msg"}]}`, an empty body, Cloudflare's text, a proxy's HTML.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import plain

DETAIL_LIMIT = 300  # characters of the server's own words that are shown
_CONTROL = re.compile(
    r"\\u00([01][0-9a-fA-F])"
)  # in JSON; decoded, so that `plain` removes it and it cannot split a key
PAGE_HEAD = 4000  # characters of a page that are searched for its title


def failure(answer: Answer, text: str) -> CallError:
    """Read a reply outside 2xx; `text` is its body, decoded and without secrets."""
    status = answer.status
    detail = _detail(text, answer.headers.get("content-type", ""))
    ray = answer.headers.get("cf-ray", "")
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    reason = f"HTTP {status} {phrase}".strip() + (f": {detail}" if detail not in ("", phrase) else "")
    return CallError(
        _fate(status),
        plain(reason, DETAIL_LIMIT + 60),
        status=status,
        seconds=answer.seconds,
        retry_after=_retry_after(answer.headers),
        hint=_hint(answer, detail),
        ray=plain(ray, 60),
    )


RECORD = "set `trace` to a file, and compare the reply with the API's reference"


def changed(answer: Answer, why: str) -> CallError:
    """Read a 2xx JSON object that lacks what is needed."""
    return CallError(
        Fate.UNKNOWN,
        plain(f"the API's reply has changed: {why}", DETAIL_LIMIT),
        status=answer.status,
        seconds=answer.seconds,
        hint=RECORD,
        is_misread=True,
    )


def unreadable(answer: Answer, why: str) -> CallError:
    """Read a 2xx that is not the expected object: a proxy's page, half a reply, another API."""
    kind = answer.headers.get("content-type", "no content type")
    return CallError(
        Fate.UNKNOWN,
        plain(f"HTTP {answer.status} with an unreadable body ({kind}): {why}", DETAIL_LIMIT),
        status=answer.status,
        seconds=answer.seconds,
        hint="check `base-url`, and what stands between the runner and the API",
    )


_TEMPORARY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.TOO_EARLY}


def _fate(status: int) -> Fate:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Fate.THROTTLED
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fate.UNKNOWN
    return Fate.DENIED


def _detail(text: str, content_type: str) -> str:
    """Return what the body says, in the order error.message, message, detail, the body itself."""
    if "html" in content_type or text.lstrip()[:1] == "<":
        title = re.search(r"<title[^>]{0,100}>(.{0,200}?)</title>", text[:PAGE_HEAD], re.IGNORECASE | re.DOTALL)
        return plain(f"an HTML page{f', «{title[1]}»' if title else ''}", DETAIL_LIMIT)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return plain(text, DETAIL_LIMIT)
    said = next((message for message in _messages(body) if message.strip()), None)
    return plain(said or _CONTROL.sub(lambda escaped: chr(int(escaped[1], 16)), text), DETAIL_LIMIT)


def _messages(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    error, detail = body.get("error"), body.get("detail")
    if isinstance(error, dict):
        error = error.get("message")
    if isinstance(detail, list):
        detail = "; ".join(_validation(item) for item in detail[:5])
    yield from (said for said in (error, body.get("message"), detail) if isinstance(said, str))


def message_in(body: Mapping[str, Any]) -> str:
    """Return the error message that a JSON object holds; empty if it holds none."""
    return plain(next((said for said in _messages(body) if said.strip()), ""), DETAIL_LIMIT)


def unix_time(date: str) -> float | None:
    """Return an HTTP date in unix seconds; None if it is none."""
    try:
        return _instant(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _validation(item: Any) -> str:
    match item:
        case {"loc": [*loc], "msg": str(message)}:
            return f"{'.'.join(str(part) for part in loc)}: {message}"
        case _:
            return str(item)


def _retry_after(headers: Mapping[str, str]) -> float | None:
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


def _hint(answer: Answer, detail: str) -> str:
    """Return the likely cause and the next step."""
    match answer.status:
        case 401:
            return (
                "`api-key` must be a Management API key (cloud.cerebras.ai, API keys page); an inference key is "
                "another one and does not work here"
            )
        case 403 if detail.startswith("error code: 10"):
            return "Cloudflare turned away this runner's address or a proxy's client; give the cf-ray to support"
        case 403:
            return (
                "the Management API is in private preview: it may not be enabled for the key's organisation, or the "
                "key belongs to another one"
            )
        case 404 if not answer.body:
            return "no such path: check `base-url`, and that the private preview is enabled for the organisation"
        case 404:
            return "check that it is spelt right, and that the key belongs to the organisation that manages it"
        case status if 300 <= status < 400:  # noqa: PLR2004 - redirects
            where = plain(answer.headers.get("location", "nowhere"), 100)
            return f"`base-url` redirects to {where}, and redirects are not followed: give the address that answers"
        case _:
            return ""
