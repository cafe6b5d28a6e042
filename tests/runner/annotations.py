"""What a step leaves on the run's page, and where in the repository it points to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.text import WHITESPACE, fold

LONGEST_MESSAGE = 4096  # ExecutionContext.cs:146, in UTF-16 units

_PLACE = {"file": "file", "line": "line", "endline": "endLine", "col": "col", "endcolumn": "endColumn"}


@dataclass(frozen=True)
class Annotation:
    """An error, a warning or a notice.

    The title stands as it came: whether the runner masks it was not verified, so no test should rely on that.
    """

    level: str
    message: str
    title: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def annotation(level: str, message: str, properties: Mapping[str, str], workspace: str) -> Annotation:
    """Annotate with a message that is masked and cut, and the properties of the command that asked for it."""
    place = {key.lower(): value for key, value in properties.items() if key.lower() in _PLACE}
    others = {key: value for key, value in properties.items() if fold(key) != "TITLE" and key.lower() not in _PLACE}
    title = next((value for key, value in properties.items() if fold(key) == "TITLE"), "")
    return Annotation(level, message, title, others | _located(place, workspace))


def cut(message: str) -> str:
    """Shorten a message to what the runner keeps of it (ExecutionContext.cs:801-805,846-856)."""
    return message.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST_MESSAGE].decode("utf-16-le", "replace")


def _located(place: dict[str, str], workspace: str) -> dict[str, str]:
    """Correct lines and columns, make the file relative to the workspace (as :644-783 of the manager)."""
    _complete(place, "line", "endline")
    _complete(place, "col", "endcolumn")
    spans_lines = _integer(place, "endline") is not None and place["line"] != place["endline"]
    if _integer(place, "line") is None or spans_lines or _inverted(place, "col", "endcolumn"):
        _drop(place, "col", "endcolumn")
    if _inverted(place, "line", "endline"):
        _drop(place, "line", "endline")
    if "file" in place:
        place["file"] = place["file"].removeprefix(f"{workspace}/")
    return {_PLACE[key]: value for key, value in place.items()}


def _complete(place: dict[str, str], start: str, end: str) -> None:
    if _integer(place, end) is not None and _integer(place, start) is None:
        place[start] = place[end]


def _inverted(place: Mapping[str, str], start: str, end: str) -> bool:
    first, last = _integer(place, start), _integer(place, end)
    return first is not None and last is not None and last < first


def _drop(place: dict[str, str], *keys: str) -> None:
    for key in keys:
        place.pop(key, None)


def _integer(place: Mapping[str, str], key: str) -> int | None:
    text = place.get(key, "").strip(WHITESPACE)
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else None
