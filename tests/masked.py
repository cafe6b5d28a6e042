"""What differs from run to run, replaced by what it is: one helper for every golden file."""

import re

_SPAN = r"(?:\d+h\d\dm|\d+m\d\ds|\d+s)"
_RULES = (
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>"),
    (r"^(\d+:)?\d\d:\d\d(?=  )", "mm:ss"),
    (r"(?<=^\| )(\d+:)?\d\d:\d\d(?= \|)", "mm:ss"),
    (rf"(?<= for ){_SPAN}|(?<=\| ){_SPAN}(?= \|)|{_SPAN}(?= left| after)", "<time>"),
    (r"\b\d+, \d+ of them failed", "<n>, <n> of them failed"),
    (r"\b\d+\.\d\d s\b", "<latency>"),
    (r"\b\d+ tokens/s", "<n> tokens/s"),
    (r" \(`?cf-ray [^)]*\)", ""),  # a fault on a port comes from before the front that gives them
    (r"(?<=^duration-seconds: )\d+$", "<n>"),
    (rf"(?<=^\| Took \| ){_SPAN}(?= \|$)", "<time>"),
    (r"(?<=, )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+s$", "<start>, <time>"),
    (r"(?<=simulator-)\d+", "<n>"),
)


def masked(text: str) -> str:
    """Return the text with ids and elapsed times masked, and nothing else."""
    for pattern, mask in _RULES:
        text = re.sub(pattern, mask, text, flags=re.MULTILINE)
    return text
