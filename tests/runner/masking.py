"""What the runner hides in logs, annotations and summaries once it knows a secret."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote
from xml.sax.saxutils import escape

SHORTEST_QUOTED = 9  # ValueEncoders.TrimDoubleQuotes: longer than 8
SHORTEST_SECTION = 6  # ValueEncoders.PowerShell…: shorter sections would mask too much

_XML_QUOTES = {'"': "&quot;", "'": "&apos;"}
_JSON_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def secret_lines(secret: str) -> list[str]:
    """Split a secret of the job: each of its lines is one, trimmed (Worker.cs:155-173)."""
    return [line for part in re.split(r"[\r\n]+", secret) if (line := part.strip())]


def encodings(value: str) -> frozenset[str]:
    """Give every form of a value that is masked (HostContext.cs:103-113, ValueEncoders.cs).

    Not among them: hex, base64url, Python's repr, other case, a part of the value, `+` for a space in a URL.
    """
    raw = value.encode("utf-8", "replace")
    forms = {value, *(_base64(raw, shift) for shift in range(3))}
    forms |= {value.replace('"', '\\"'), value.replace("'", "''")}
    forms |= {_json(value), quote(value, safe="", errors="replace"), escape(value, _XML_QUOTES)}
    forms |= {_unquoted(value), *_powershell_sections(value)}
    return frozenset(forms - {""})


def _base64(raw: bytes, shift: int) -> str:
    # With its padding: the form is found when the secret ends what was encoded, whatever stood before it.
    return base64.b64encode(raw[shift:] if len(raw) > shift else raw).decode()


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1].translate(_JSON_LINE_ENDS)


def _unquoted(value: str) -> str:
    quoted = len(value) >= SHORTEST_QUOTED and value.startswith('"') and value.endswith('"')
    return value[1:-1] if quoted else ""


def _powershell_sections(value: str) -> list[str]:
    """Give what PowerShell's coloured errors leave before and after an ampersand."""
    head, plus, tail = value.partition("&+")
    if plus:
        sections = [head + plus, tail[1:]]  # one letter of the tail gets the colour
    else:
        head, ampersand, tail = value.rpartition("&")
        sections = [head + ampersand, tail] if ampersand else []
    return [section for section in sections if len(section) >= SHORTEST_SECTION]


def mask(text: str, forms: Iterable[str]) -> str:
    """Put `***` for every stretch of the text that secrets cover, touching or overlapping ones as one."""
    covered = sorted(stretch for form in forms for stretch in _occurrences(text, form))
    shown: list[str] = []
    end = 0
    for start, stop in covered:
        if start > end or not shown:
            shown += [text[end:start], "***"]
        end = max(end, stop)
    return "".join([*shown, text[end:]])


def _occurrences(text: str, form: str) -> Iterable[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)
