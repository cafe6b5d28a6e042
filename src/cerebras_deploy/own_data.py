"""How people's own data say a case of the input `smoke-test-file`."""

from typing import Any

from cerebras_deploy.input_names import is_near
from cerebras_deploy.suite_case import Case, kebab

# What may stand for a key in a file of people's own.
STANDS_FOR = {
    "prompt": ("input", "query"),
    "contains": ("ideal", "target", "reference", "ground_truth"),
}


def as_it_is(case: object, ignored: dict[str, None]) -> object:
    """Return a case of people's own data with the keys that it is to have.

    Keys that have another name there are renamed. Those that say nothing here, such as an ID, are left out, and added
    to `ignored`. A key that is nearly a known one stays, for it to be a mistake.
    """
    if not isinstance(case, dict):
        return case
    renamed: dict[str, Any] = {}
    came_from: dict[str, str] = {}
    for key, value in case.items():
        name = _meant(key, value)
        if not name:
            ignored[key] = None
        elif name in came_from:
            renamed[f"{came_from[name]}` and `{key}"] = value
        elif value is not None:
            renamed[name], came_from[name] = value, key
    return renamed


_KNOWN = {kebab(name): kebab(name) for name in Case.model_fields}
_KNOWN |= {other: name for name, others in STANDS_FOR.items() for other in others}


def _meant(key: str, value: object) -> str:
    """Return the key that is meant, the key itself if it is nearly a known one, and nothing if it says nothing here."""
    name = _KNOWN.get(key) or _KNOWN.get(key.replace("_", "-"), "")
    if not name:
        is_misspelled = any(is_near(key.lower().replace("_", "-"), one.replace("_", "-")) for one in _KNOWN)
        return key if is_misspelled else ""
    return "messages" if name == "prompt" and isinstance(value, list) else name
