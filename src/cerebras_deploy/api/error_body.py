"""What the body of an error says.

The Management API documents no errors. Seen live or inferred (docs/api.md): `{"message", "code"}`,
`{"error": {"message"}}`, `{"detail": "text" | [{"loc", "msg"}]}`, an empty body, Cloudflare's text, a proxy's HTML.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cerebras_deploy.text import plain

DETAIL_LIMIT = 300  # characters of the server's own words that are shown
# An escaped control character in JSON. It is decoded, so that `plain` removes it and it cannot split a key.
_CONTROL = re.compile(r"\\u00([01][0-9a-fA-F])")
PAGE_HEAD = 4000  # characters of a page that are searched for its title
ERROR_LIMIT = 64 * 1024  # bytes of an error's body that are looked at; no API says more, and all of it costs time


def detail_of(text: str, content_type: str) -> str:
    """Return what the body says, in the order error.message, message, detail, the body itself."""
    if "html" in content_type or text.lstrip()[:1] == "<":
        title = re.search(r"<title[^>]{0,100}>(.{0,200}?)</title>", text[:PAGE_HEAD], re.IGNORECASE | re.DOTALL)
        titled = f', titled "{title[1]}"' if title else ""
        return plain(f"an HTML page{titled}", DETAIL_LIMIT)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return plain(text, DETAIL_LIMIT)
    said = next((message for message in _messages(body) if message.strip()), None)
    return plain(said or _CONTROL.sub(lambda escaped: chr(int(escaped[1], 16)), text), DETAIL_LIMIT)


def decoded(body: bytes, content_type: str) -> str:
    """Return an error's body as text: by the charset that it came with, or by how JSON looks in UTF-8, 16 and 32."""
    named = re.search(r"charset=[\"']?([\w.-]+)", content_type, re.IGNORECASE)
    body = body[:ERROR_LIMIT]
    try:
        return body.decode(named[1] if named else json.detect_encoding(body), "replace")
    except (LookupError, UnicodeError):  # Python knows no such charset, or one like `idna`, which is for no such text
        return body.decode("utf-8", "replace")


def is_json_or_empty(text: str) -> bool:
    """Whether a body is what the API itself may say: anything else comes from what stands between."""
    try:
        return not text.strip() or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


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


def _validation(item: Any) -> str:
    match item:
        case {"loc": [*loc], "msg": str(message)}:
            return f"{'.'.join(str(part) for part in loc)}: {message}"
        case _:
            return str(item)
