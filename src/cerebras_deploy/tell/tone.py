"""How a line of the log is colored."""

from typing import Literal

Tone = Literal["plain", "good", "bad", "warning", "faint"]

COLORS: dict[Tone, str] = {"plain": "", "good": "32", "bad": "31", "warning": "33", "faint": "2"}  # ANSI
