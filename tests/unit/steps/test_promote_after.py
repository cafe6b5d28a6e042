"""What becomes of a promotion when the version does not stay live until its aliases are moved."""

from collections.abc import Callable
from typing import Any

import pytest

from helpers import presented
from helpers.aliases import Aliases
from helpers.forged import OURS
from helpers.presented import HEALTHY, Api, Entry, entry
from helpers.stage import EPOCH, Played

ASK = {"smoke_test_prompt": "Hello?", "inference_api_key": "key"}


class Changing(Api):
    """An endpoint that changes while the smoke test is asked, which takes ten seconds; and writes of aliases."""

    writes = 0

    def _aliases(self, _: Any) -> Any:
        self.writes += 1
        return {"version_aliases": []}

    def _chat(self, _: Any) -> Any:
        self.stage.clock.sleep(10)
        return {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}


def changing(to: Callable[[], list[Entry]], *, alone: bool = False) -> tuple[Changing, Played]:
    """Promote an alias on an endpoint that lists these entries once the question was answered."""
    there = Changing(presented.api().stage)

    def whole(document: dict[str, Any], _: int) -> dict[str, Any]:
        age = there.stage.clock.now() - there.deployed[0] if there.deployed else 0
        if age < 68:
            return document
        kept = [] if alone else document["deployed_models"]
        return document | {"deployed_models": [*kept, *to()]}

    there.whole = whole
    return there, there.play(promote_aliases="stable,canary", **ASK)


def test_where_only_the_version_that_took_the_endpoint_is_listed_no_alias_moves() -> None:
    there, played = changing(lambda: [entry("3", "complete", -67, EPOCH)], alone=True)

    assert (played.result, there.writes) == ("superseded", 0)
    assert "Serving now: version 3." in played.told
    assert "re-run the step" not in played.told


def test_where_it_is_no_longer_listed_and_nothing_newer_is_it_may_only_be_late() -> None:
    there, played = changing(list, alone=True)

    assert (played.result, there.writes > 0) == ("promotion-failed", True)  # this API moves none


@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("rolling_back", "promotion-failed"),
        ("error", "promotion-failed"),
        ("rolled_back", "rolled-back"),
        ("cancelled", "cancelled"),
    ],
)
def test_a_version_that_is_leaving_the_endpoint_gets_no_alias(state: str, result: str) -> None:
    there = Changing(presented.api().stage, ours=lambda age: {"state": HEALTHY(age) if age < 68 else state})

    played = there.play(promote_aliases="stable", **ASK)

    assert (played.result, there.writes) == (result, 0)
    assert played.exit_code == 1
    if result == "promotion-failed":
        assert f"deployment {OURS} is {state.replace('_', ' ')}" in played.told
        assert "serves gpt-oss-120b version 2" not in played.told


def test_what_was_moved_before_is_told() -> None:
    api = Aliases()
    whole = api.api.edit

    def edit(call: str, number: int, document: Any) -> Any:
        said: Any = whole(call, number, document)
        if call == "endpoint" and "stable" in api.held["2"]:
            newer = {"id": "33333333-3333-4333-8333-333333333333", "created": 9, "state": "complete"}
            listed = [*said["deployed_models"], newer | {"model": said["deployed_models"][0]["model"][:-1] + "3"}]
            return said | {"deployed_models": listed, "updated": 9}
        return said

    api.api.edit = edit

    played = api.play(promote_aliases="stable,candidate")

    assert (played.result, api.held["3"]) == ("superseded", ["candidate"])
    assert "Aliases: stable: version 1 → version 2" in played.told


def test_an_entry_that_cannot_be_read_may_be_newer_so_that_no_alias_moves() -> None:
    there, played = changing(lambda: [{"id": None, "model": "x", "created": EPOCH + 60, "state": "complete"}])

    assert (played.result, there.writes) == ("promotion-failed", 0)
    assert "the endpoint lists an entry that can't be read, which may be newer" in played.told
