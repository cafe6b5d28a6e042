"""One deployment to its end, in whole runs: what is said must be true whatever the endpoint lists next."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from forged import OLD, OURS, Forged, Reply, entry, stage
from stage import Played

BEFORE = entry(OLD, "1", "complete", 1)
NEXT = entry("22222222-2222-4222-8222-222222222222", "3", "complete", 3)
DOWN = Reply(503)

Script = Callable[[float], list[dict[str, Any]] | Reply]


def ours(state: str, **more: Any) -> dict[str, Any]:
    return entry(OURS, "2", state, 2) | more


def play(script: Script, *, lost: bool = False, **inputs: str) -> Played:
    """Run while the endpoint lists what the script says at those seconds; `lost`: the deploy call gets no reply."""

    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "deploy" and lost:
            return httpx.ReadTimeout("timed out")
        if call != "endpoint":
            return whole
        now = script(made.clock.now() - began)
        return now if isinstance(now, Reply) else whole | {"deployed_models": now}

    made = stage(Forged(edit))
    began = made.clock.now()
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return made.play({"timeout": "5m", "poll-interval": "5s"} | given)


@pytest.mark.parametrize(("lost", "seen"), [(False, 1), (True, 12)], ids=["attached to", "adopted"])
def test_a_deployment_that_vanishes_has_failed_soon(lost: bool, seen: float) -> None:  # noqa: FBT001
    def script(now: float) -> list[dict[str, Any]]:
        if lost and now == 0:
            return [BEFORE]
        return [BEFORE, ours("in_progress")] if now < seen else [BEFORE]

    played = play(script, lost=lost)

    assert played.result == "failed"
    assert "no longer lists it" in played.outputs["message"]
    assert played.seconds < seen + 60


def test_an_empty_word_for_the_state_is_an_unknown_one_of_what_is_listed() -> None:
    played = play(lambda _: [BEFORE, ours("")], timeout="1m")

    assert (played.result, played.outputs["status"]) == ("timed-out", "unknown")
    assert "not listed" not in played.text


def test_success_that_was_replaced_at_once_does_not_claim_to_serve() -> None:
    played = play(lambda now: [BEFORE, ours("in_progress")] if now < 1 else [BEFORE, ours("complete"), NEXT])

    assert played.result == "succeeded"
    assert "serves gpt-oss-120b version 2" not in played.outputs["message"]
    assert "serves version 3 by now" in played.outputs["message"]


class TestById:
    def test_with_a_wrong_key_it_is_named_once(self) -> None:
        played = play(lambda _: Reply(401, body=b'{"message": "Wrong"}'), deployment_id=OURS, model="", alias="")

        assert played.result == "refused"
        assert f"deployment {OURS} of the deployment" not in played.outputs["message"]

    def test_only_reads_that_went_well_count_towards_never_listed(self) -> None:
        played = play(lambda now: [BEFORE] if now < 1 or now > 70 else DOWN, deployment_id=OURS, model="", alias="")

        assert played.result == "refused"
        assert "does not list" in played.outputs["message"]
        assert played.seconds > 100


def test_an_api_that_is_down_for_all_of_a_short_timeout_is_timed_out() -> None:
    played = play(lambda _: DOWN, timeout="5m")

    assert played.result == "timed-out"
