"""Other forms in which the API might tell an endpoint's status: pure functions from the published form to another.

What happens to a rollout is the same in each; only how it is told differs. The words are not published, so that any of
these may be the real one.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

Document = dict[str, Any]
Entry = dict[str, Any]


def _each(change: Callable[[Entry], Entry]) -> Callable[[Document], Document]:
    def changed(document: Document) -> Document:
        return document | {"deployed_models": [change(dict(entry)) for entry in document["deployed_models"]]}

    return changed


def _renamed(name: str) -> Callable[[Entry], Entry]:
    return lambda entry: {key: value for key, value in entry.items() if key != "state"} | {name: entry["state"]}


def _without(name: str) -> Callable[[Entry], Entry]:
    return lambda entry: {key: value for key, value in entry.items() if key != name}


def _word(change: Callable[[str], str]) -> Callable[[Entry], Entry]:
    return lambda entry: entry | {"state": change(entry["state"])}


def _nested(entry: Entry) -> Entry:
    return _without("state")(entry) | {"rollout": {"status": entry["state"]}}


#: Each with what it does, for the command's help.
SHAPES: Final[Mapping[str, tuple[str, Callable[[Document], Document]]]] = {
    "published": ("as in the published example", dict),
    "status-field": ("the word stands in `status`", _each(_renamed("status"))),
    "rollout-status-field": ("the word stands in `rollout_status`", _each(_renamed("rollout_status"))),
    "nested": ("the word stands in an object `rollout`", _each(_nested)),
    "lifecycle": (
        "`state` is always `active`, the word stands in `rollout_status`",
        _each(lambda entry: _renamed("rollout_status")(entry) | {"state": "active"}),
    ),
    "copied": (
        "`rollout_status: not_started`, a copy from submission, stands beside the word",
        _each(lambda entry: entry | {"rollout_status": "not_started"}),
    ),
    "prefixed": ("words like ROLLOUT_STATE_COMPLETE", _each(_word(lambda word: f"ROLLOUT_STATE_{word.upper()}"))),
    "live": (
        "`live` instead of `complete`, an unrecognized word",
        _each(_word(lambda word: "live" if word == "complete" else word)),
    ),
    "iso-times": (
        "times in ISO 8601",
        _each(lambda entry: entry | {"created": datetime.fromtimestamp(entry["created"], UTC).isoformat()}),
    ),
    "milliseconds": ("times in milliseconds", _each(lambda entry: entry | {"created": entry["created"] * 1000})),
    "no-times": ("entries without a time", _each(_without("created"))),
    "upper-ids": ("deployment IDs in upper case", _each(lambda entry: entry | {"id": entry["id"].upper()})),
    "full-name": (
        "the endpoint's name as a path",
        lambda document: document | {"name": f"endpoints/{document['name']}"},
    ),
    "null-list": (
        "null instead of an empty list",
        lambda document: document | {"deployed_models": document["deployed_models"] or None},
    ),
    "newest-only": (
        "only the newest entry is listed",
        lambda document: (
            document | {"deployed_models": sorted(document["deployed_models"], key=lambda entry: entry["created"])[-1:]}
        ),
    ),
}


def describe() -> str:
    """List the shapes, one a line."""
    width = max(map(len, SHAPES))
    return "\n".join(f"  {name:{width}}  {about}" for name, (about, _) in SHAPES.items())
