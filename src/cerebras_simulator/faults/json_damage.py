"""JSON values gone wrong: pure functions from what a reply carries to what a careless server might send."""

import json
from collections.abc import Callable
from typing import Any, Final

_GONE: Final = object()


def _changed(node: Any, field: str, change: Callable[[Any], Any]) -> Any:
    """Change the named fields wherever they are; without names, those of the outermost object."""
    if isinstance(node, list):
        return [_changed(each, field, change) for each in node]
    if not isinstance(node, dict):
        return node
    names = field.split(",") if field else list(node)
    inner = {key: value if key in names else _changed(value, field, change) for key, value in node.items()}
    changed = {key: change(value) if key in names else value for key, value in inner.items()}
    return {key: value for key, value in changed.items() if value is not _GONE}


def _other_type(value: Any) -> Any:
    match value:
        case str() | None:
            return 7
        case list() | dict():
            return "text"
        case _:
            return [value]


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def extended(node: Any) -> Any:
    """Add a field that nobody knows to each object."""
    match node:
        case dict():
            return {key: extended(value) for key, value in node.items()} | {"added_later": {"by": ["an", "update"]}}
        case list():
            return [extended(each) for each in node]
        case _:
            return node


def without(node: Any, field: str) -> Any:
    """Leave a field out, wherever it is; several with commas between them; all, if none is named."""
    return _changed(node, field, lambda _: _GONE)


def nullified(node: Any, field: str) -> Any:
    """Set a field to null; fields are named as in `without`."""
    return _changed(node, field, lambda _: None)


def set_to(node: Any, field: str, text: str) -> Any:
    """Set a field to a JSON value, or to a text that is none."""
    return _changed(node, field, lambda _: _json_or_text(text))


def mistyped(node: Any, field: str) -> Any:
    """Give a field a value of another type."""
    return _changed(node, field, _other_type)
