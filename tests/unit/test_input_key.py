"""A key that is stored in another form than the bare key is told by its likely cause, and never shown."""

import pytest

from helpers.asked import KEY, parse, problems
from helpers.stage import Stage

NAMES = ("api-key", "inference-api-key")
CAUSES = {
    "is in quotes": [
        f'"{KEY}"',
        f"'{KEY}'",
        f"`{KEY}`",
        f'"{KEY}',
        f'{KEY}"',
        f"\u201c{KEY}\u201d",
        f"\u00ab{KEY}\u00bb",
    ],
    "has the form `NAME=key`": [
        *(f"CEREBRAS_API_KEY={KEY}", f"key={KEY}", f"export CEREBRAS_API_KEY={KEY}", f"KEY = {KEY}"),
    ],
    "has the form `name: key`": [f"CEREBRAS_API_KEY: {KEY}", f"{{key: {KEY}}}"],
    "is the name of a variable, not its value": [
        *("$CEREBRAS_API_KEY", "${CEREBRAS_API_KEY}", "${{ secrets.CEREBRAS_API_KEY }}", "$env:CEREBRAS_API_KEY"),
        *("%CEREBRAS_API_KEY%", "{{ secrets.CEREBRAS_API_KEY }}"),
    ],
    "is only asterisks": ["***", "*", "********"],
    "is a header, not a key": [f"Bearer {KEY}", f"bearer {KEY}", f"Authorization: Bearer {KEY}"],
    "is a placeholder": ["<your key>", "<KEY>"],
    "contains a space, a line break, or a character outside ASCII": [
        *(f"{KEY} x", f"{KEY}\nx", f"{KEY}ä", f"{KEY}\0", f"{KEY}\udc80", f"{KEY}\u200b", f"{KEY}\u00a0x"),
    ],
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("cause", "key"), [(cause, key) for cause, keys in CAUSES.items() for key in keys])
def test_the_likely_cause_is_told_and_not_the_key(name: str, cause: str, key: str) -> None:
    (problem,) = problems(**{name: key})

    assert problem.startswith(f"`{name}` {cause}")
    assert KEY not in problem
    assert "CEREBRAS_API_KEY" not in problem


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "key", [KEY, "a", "sim-management-key", "YWJj==", "YWJj=", "eyJ.eyJ.-_", "a:b", "csk-a=b", "x" * 500]
)
def test_what_may_be_a_key_is_taken(name: str, key: str) -> None:
    assert getattr(parse(**{name: key}), name.replace("-", "_")) == key


@pytest.mark.parametrize("key", [f'"{KEY}"', f"NAME={KEY}", "$NAME", "***", "", f"Bearer {KEY}"])
def test_nothing_is_sent_and_it_is_nowhere(key: str) -> None:
    there = Stage()

    played = there.play({"api-key": key, "inference-api-key": key, "smoke-test-prompt": "Hello?"})

    assert (played.result, there.world.requests) == ("invalid-input", [])
    assert played.text.count("`api-key`") == played.text.count("`inference-api-key`") == 1
    assert KEY not in played.text.replace(f"::add-mask::{key}", "") + played.summary + str(played.outputs)
