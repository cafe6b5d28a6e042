"""Markdown that the parts of the job summary share."""

from collections.abc import Iterable

from cerebras_deploy.text import code


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return a table, line by line; nothing if it has no rows. The cells are Markdown."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *lines] if lines else []


def details(title: str, parts: Iterable[list[str]]) -> list[str]:
    """Return a block that is folded until it is opened. The empty lines have GitHub render Markdown inside it."""
    inside = [line for part in parts if part for line in (*part, "")]
    return [f"<details><summary>{title}</summary>", "", *inside, "</details>"]


def version(text: str) -> str:
    """Return a version's name: an integer as it is, anything else as code."""
    return text if text.isascii() and text.isdigit() else code(text)
