"""What an HTTP reply that is not the expected object means: how far the request may have come, why, and what to do."""

import re
from http import HTTPStatus

from cerebras_deploy.api.error_body import DETAIL_LIMIT, PAGE_HEAD, detail_of, is_json_or_empty
from cerebras_deploy.api.http_dates import retry_after_of
from cerebras_deploy.api.message import Answer
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.text import plain


def failure(answer: Answer, text: str) -> CallError:
    """Read a reply outside 2xx; `text` is its body, decoded and without secrets."""
    status = answer.status
    detail = detail_of(text, answer.headers.get("content-type", ""))
    ray = answer.headers.get("cf-ray", "")
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    reason = f"HTTP {status} {phrase}".strip() + (f": {detail}" if detail not in ("", phrase) else "")
    is_page = not is_json_or_empty(text) or "x-squid-error" in answer.headers
    return CallError(
        Fate.THROTTLED if _is_limiters(status, text) else _fate(status),
        plain(reason, DETAIL_LIMIT + 60),
        status=status,
        seconds=answer.seconds,
        retry_after=retry_after_of(answer.headers),
        hint=_hint(answer, detail, is_page=is_page, is_limited=_is_limiters(status, text)),
        ray=plain(ray, 60),
        is_page=is_page,
    )


RECORD = "set `trace` to a file, and compare the reply with the API's reference"


def changed(answer: Answer, why: str) -> CallError:
    """Read a 2xx JSON object that lacks what is needed."""
    return CallError(
        Fate.UNKNOWN,
        plain(f"the API's reply has an unexpected form: {why}", DETAIL_LIMIT),
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


# nginx's own page: of `limit_req` and `limit_conn`, which turn a request away before anything else sees it.
_LIMITERS_PAGE = re.compile(r"<h1>503 Service Temporarily Unavailable</h1>.{0,200}<center>(nginx|openresty)", re.DOTALL)


def _is_limiters(status: int, text: str) -> bool:
    """Whether a limit on requests has turned it away."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or (
        status == HTTPStatus.SERVICE_UNAVAILABLE and bool(_LIMITERS_PAGE.search(text[:PAGE_HEAD]))
    )


def _fate(status: int) -> Fate:
    if status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fate.UNKNOWN
    return Fate.DENIED


def _hint(answer: Answer, detail: str, *, is_page: bool, is_limited: bool) -> str:
    """Return the likely cause and the next step."""
    if is_limited:
        return "run fewer jobs with this key, or on this network, at the same time"
    match answer.status:
        case status if 300 <= status < 400:  # noqa: PLR2004 - redirects
            where = plain(answer.headers.get("location", "nowhere"), 100)
            return f"set `base-url` to the final address: it redirects to {where}, and redirects are not followed"
        case 403 if detail.startswith("error code: 10"):
            why = "Cloudflare blocked this runner's IP address or a proxy's user agent"
            return f"send the cf-ray to Cerebras support, because {why}"
        case _ if is_page:
            return (
                "check `base-url` and what stands between the runner and the API, because this reply is not the API's"
            )
        case 401:
            return (
                "set `api-key` to a Management API key, not an inference API key. Create one at cloud.cerebras.ai > "
                "API keys"
            )
        case 403:
            return (
                "check that the private preview is enabled for the key's organization, and that the key belongs to "
                "the organization that owns the endpoint"
            )
        case 404:
            preview = "check `base-url`, and that the private preview is enabled for the organization"
            spelling = "check the spelling, and that the key belongs to the organization that owns it"
            return spelling if answer.body else preview
        case _:
            return ""
