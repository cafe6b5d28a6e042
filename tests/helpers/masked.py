"""What a golden file tells exactly, and another way to the same story tells otherwise: replaced by what it is.

Golden files hold every figure: the virtual clock and the simulator's seed decide them all.
"""

import re

_SPAN = r"(?:\d+h\d\dm|\d+m\d\ds|\d+s)"
_ON_A_PORT = (
    (r" \(`?cf-ray [^)]*\)", ""),  # a fault on a port comes from before the front that gives them
    (r'(?<=")http://[\w.:-]+(?=/management/)', "<base-url>"),
)
_BY_THE_REAL_CLOCK = (
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>"),
    (r"^(\d+:)?\d\d:\d\d(?=  )", "mm:ss"),
    (r"(?<=^\| )(\d+:)?\d\d:\d\d(?= \|)", "mm:ss"),
    (
        rf"(?<= for ){_SPAN}|(?<=\| ){_SPAN}(?= \|)|(?<= up to ){_SPAN}|(?<=timeout in ){_SPAN}|{_SPAN}(?= after)",
        "<time>",
    ),
    (rf"(?<= deployed to my-org-gpt-oss-120b in ){_SPAN}|(?<=` in ){_SPAN}|(?<= within ){_SPAN}", "<time>"),
    (r"```mermaid\n(?:.*\n)*?```\n\n", ""),  # drawn only of what takes two minutes
    (r"\b\d+, \d+ of them failed", "<n>, <n> of them failed"),
    (r"\bmixed\. \d of 8 replicas", "mixed. <n> of 8 replicas"),
    (r"\b\d+\.\d\d s\b", "<latency>"),
    (r'(?<="created": )\d+', "<n>"),  # in an entry as it came
    (r"(?<=^duration-seconds: )\d+$", "<n>"),
    (r"(?<=, )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+s$", "<start>, <time>"),
)


def on_a_port(text: str) -> str:
    """Mask what differs where the network is real, and the clock is not."""
    return _masked(text, _ON_A_PORT)


def by_the_real_clock(text: str) -> str:
    """Mask what differs where both are real: ids, and whatever depends on the pace of things, too."""
    return _masked(text, (*_ON_A_PORT, *_BY_THE_REAL_CLOCK))


def _masked(text: str, rules: tuple[tuple[str, str], ...]) -> str:
    for pattern, mask in rules:
        text = re.sub(pattern, mask, text, flags=re.MULTILINE)
    return text
