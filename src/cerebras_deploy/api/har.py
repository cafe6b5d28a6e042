"""One call as HAR 1.2 has it, without keys: w3c.github.io/web-performance/specs/HAR/Overview.html."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.errors import CallError, Interrupted
from cerebras_deploy.text import Redactor, cleaned

BODY, STATUS_BODY = 64 * 1024, 1024 * 1024  # bytes of a body that are kept; of an endpoint's status
KEPT_HEADERS = frozenset(
    {"content-type", "content-encoding", "date", "age", "retry-after", "server", "via", "location"}
    | {"cf-ray", "request-id", "x-request-id", "x-correlation-id"}
)


def without_bodies(line: str) -> dict[str, Any]:
    """Return a recorded call without what was asked and answered."""
    recorded: dict[str, Any] = json.loads(line)
    for part in (recorded["request"].get("postData"), recorded["response"]["content"]):
        if part:
            part |= {"text": "", "_truncated": True}
    return recorded


def entry(
    request: Request, outcome: Answer | CallError | Interrupted, began: float, redact: Redactor
) -> dict[str, Any]:
    """Return one call as HAR has it; `began` is in unix seconds."""
    milliseconds = round(outcome.seconds * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(request, redact),
        "response": _response(request, outcome, redact),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _request(request: Request, redact: Redactor) -> dict[str, Any]:
    url = redact(request.url)
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query)]
    body = None if request.body is None else json.dumps(request.body, ensure_ascii=False)
    posted = {} if body is None else {"postData": {"mimeType": "application/json", **_text(body, BODY, redact)}}
    about = {"method": request.method, "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": []}
    return about | {"queryString": query, "headersSize": -1, "bodySize": len((body or "").encode()), **posted}


def _response(request: Request, outcome: Answer | CallError | Interrupted, redact: Redactor) -> dict[str, Any]:
    about: dict[str, Any] = {"httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": "", "headersSize": -1}
    if not isinstance(outcome, Answer):
        said = redact(str(outcome))
        content = {"size": 0, "mimeType": "x-unknown", "text": ""}
        return about | {
            "status": 0,
            "statusText": "",
            "headers": [],
            "content": content,
            "bodySize": -1,
            "_error": said,
        }
    limit = STATUS_BODY if request.method == "GET" and "/endpoints/" in request.url else BODY
    kind = redact(outcome.headers.get("content-type", "x-unknown"))
    text = _text(outcome.body.decode("utf-8", "replace"), limit, redact)
    phrase = HTTPStatus(outcome.status).phrase if outcome.status in set(HTTPStatus) else ""
    return about | {
        "status": outcome.status,
        "statusText": phrase,
        "headers": _headers(outcome.headers, redact),
        "content": {"size": len(outcome.body), "mimeType": kind, **text},
        "redirectURL": redact(outcome.headers.get("location", "")),
        "bodySize": len(outcome.body),
    }


def _headers(headers: Mapping[str, str], redact: Redactor) -> list[dict[str, str]]:
    kept = ((name.lower(), value) for name, value in headers.items() if name.lower() in KEPT_HEADERS)
    return [{"name": name, "value": redact(value)} for name, value in kept]


def _without_keys(text: str, redact: Redactor) -> str:
    """Return a body without keys; in JSON, escapes may stand between a key's letters."""
    try:
        shown = json.dumps(cleaned(json.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return redact(text)
    return redact(text) if redact(shown) == shown else redact(shown)


def _text(text: str, limit: int, redact: Redactor) -> dict[str, Any]:
    clean = _without_keys(text, redact)  # before it is cut, since a part of a key would not be found
    return {"text": clean} if len(clean) <= limit else {"text": clean[:limit], "_truncated": True}
