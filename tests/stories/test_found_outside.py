"""What somebody found who tried to break the rules on evidence, each as a whole run: see tests/helpers/presented.py."""

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from helpers.forged import MODEL, OURS
from helpers.presented import HEALTHY, HOUR, Api, Entry, api, entry, states
from helpers.stage import EPOCH, KEY, Played

SUBMITTED = states((0, "not_started"), (180, "in_progress"), (240, "done"))
COPY = {"rollout_status": "not_started"}
BACK = {"on_failure": "rollback"}
V1, V3 = entry("1", "complete", 9 * HOUR, EPOCH), entry("3", "complete", 9 * HOUR, EPOCH)
DAY = 24 * HOUR


def fails(age: float) -> Entry:
    return {"state": states((0, "in_progress"), (30, "error"))(age)}


def live_2(old: Entry) -> Entry:
    return old | {"model": MODEL.format(2)}


def other_org(one: Entry) -> Entry:
    return one | {"model": one["model"].replace("my-org", "org-8f2")}


def second_row(state: str, updated: int) -> Entry:
    return {
        "id": OURS,
        "model": MODEL.format(2),
        "created": int(EPOCH),
        "state": state,
        "rollout_replicas_updated": updated,
        "rollout_total_replicas": updated,
    }


class Found(NamedTuple):
    made: dict[str, Any]
    result: str
    deployed: list[str]
    outputs: dict[str, str] = {}  # noqa: RUF012 - none is changed
    given: dict[str, str] = {}  # noqa: RUF012 - none is changed
    least: float = 0.0  # seconds


FOUND = {
    "a contradicted entry under the second form of our ID is ours": Found(
        {
            "deploy": lambda reply, _: reply | {"response": reply["response"] | {"deployment_id": "7"}},
            "ours": lambda age: {
                "state": states((0, "queued"), (2, "complete"))(age),
                "rollout_status": SUBMITTED(age),
            },
        },
        "succeeded",
        ["2"],
        least=240,
    ),
    "of two rows each has its own history": Found(
        {
            "ours": lambda age: {"state": "complete", "rollout_status": "in_progress" if age < 300 else "done"},
            "more": lambda age: (
                []
                if age is None
                else [
                    second_row("in_progress" if age < 10 else "complete", 8)
                    | {"rollout_status": "in_progress" if age < 300 else "done"}
                ]
            ),
        },
        "succeeded",
        ["2"],
        least=300,
    ),
    "two rows with different counts are not in motion for ever": Found(
        {
            "ours": lambda age: second_row(HEALTHY(age), 8) | COPY,
            "more": lambda age: [] if age is None else [second_row(HEALTHY(age), 4) | COPY],
        },
        "succeeded",
        ["2"],
        given={"timeout": "10m"},
    ),
    "a version named with the organization's other name is it, for a rollback on request": Found(
        {"old": lambda old: other_org(live_2(old)), "more": lambda _: [other_org(V1)]},
        "succeeded",
        ["1"],
        given={"operation": "rollback"},
    ),
    "a version named with the organization's other name is not what was live before it": Found(
        {"old": lambda old: other_org(live_2(old)), "ours": fails}, "failed", ["2"], {"previous-model": ""}, BACK
    ),
    "over an entry that cannot be read nothing is rolled back on request": Found(
        {
            "old": live_2,
            "more": lambda _: [V1, {"model": MODEL.format(3), "created": int(EPOCH) - 60, "state": "complete"}],
        },
        "refused",
        [],
        given={"operation": "rollback"},
    ),
    "over an entry that cannot be read nothing is rolled back after a failure": Found(
        {
            "ours": fails,
            "more": lambda age: (
                [{"model": MODEL.format(3), "created": int(EPOCH) + 40, "state": "in_progress"}]
                if age and age > 40
                else []
            ),
        },
        "failed",
        ["2"],
        {"rollback": "skipped"},
        BACK,
    ),
    "an entry that appears after a lost call is ours, however old": Found(
        {
            "deploy": lambda *_: httpx.Response(502),
            "ours": lambda age: {"state": HEALTHY(age), "created": int(EPOCH) - DAY},
        },
        "succeeded",
        ["2"],
    ),
    "what was listed after our call is newer, whatever the clocks say": Found(
        {"ours": lambda age: {"state": HEALTHY(age), "created": int(EPOCH) - DAY}},
        "succeeded",
        ["2"],
        {"live-version-id": "2"},
    ),
    "what failed after our call leaves it unclear, whatever the clocks say": Found(
        {"ours": lambda age: fails(age) | {"created": int(EPOCH) - DAY}}, "failed", ["2"], {"live-version-id": ""}
    ),
    "a newer entry whose words contradict each other supersedes nothing": Found(
        {
            "ours": lambda age: {"state": states((0, "in_progress"), (300, "complete"))(age)},
            "more": lambda age: [entry("3", "complete", -25, EPOCH) | COPY] if age and age > 20 else [],
        },
        "succeeded",
        ["2"],
    ),
    "a version that was live before is not replaced by an older one": Found(
        {"old": live_2, "more": lambda _: [V1], "ours": fails},
        "failed",
        ["2"],
        {"rollback": "failed"},
        BACK | {"if_current": "deploy"},
    ),
    "a deployment of the same version supersedes nothing": Found(
        {
            "deploy": lambda reply, _: {
                "name": "operations/7",
                "response": {name: one for name, one in reply["response"].items() if name != "deployment_id"},
            }
        },
        "timed-out",
        ["2"],
        given={"timeout": "2m"},
    ),
    "a 409 leaves nothing in doubt": Found(
        {"deploy": lambda *_: httpx.Response(409)}, "timed-out", ["2"], {"changed": "false"}, {"timeout": "15s"}
    ),
    "any class name before a dot is dropped": Found(
        {"ours": lambda age: {"state": "RolloutPhase.COMPLETE" if age > 60 else "in_progress"}}, "succeeded", ["2"]
    ),
}


@pytest.mark.parametrize("found", FOUND.values(), ids=FOUND)
def test_it_is_mended(found: Found) -> None:
    there = api(**found.made)

    played = there.play(**found.given)

    assert (played.result, there.deployed_versions) == (found.result, found.deployed)
    assert {name: played.outputs[name] for name in found.outputs} == found.outputs
    assert played.seconds >= found.least


def test_what_was_live_before_is_the_version_that_was_seen_first() -> None:
    there = api(more=lambda _: [V3], ours=fails)
    there.old = lambda old: old | {"state": "draining"} if there.deployed else old

    played = there.play(**BACK)

    assert there.deployed_versions == ["2", "1"]
    assert played.outputs["previous-model"] == MODEL.format(1)


def test_one_no_of_the_version_call_after_a_good_read_is_a_slip() -> None:
    nos = [httpx.Response(403)]
    there = api(version=lambda reply, _: nos.pop() if nos else reply)

    assert there.play().result == "succeeded"


def asked(chat: Callable[[Api], Any], **inputs: str) -> Played:
    there = api()
    there._chat = lambda _: chat(there)  # type: ignore[attr-defined]  # noqa: SLF001 - the route is found by its name
    return there.play(smoke_test_prompt="hi", inference_api_key="inference-key-1", **inputs)


def says(content: Any) -> Any:
    return {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}


def test_parts_of_an_answer_that_are_reasoning_are_no_answer() -> None:
    parts = [{"type": "reasoning", "text": "I could say hello"}, {"type": "text", "text": "No."}]

    assert asked(lambda _: says(parts), smoke_test_contains="hello").outputs["smoke-test"] == "failed"


def test_a_slow_answer_to_a_question_of_the_warm_up_is_forgiven() -> None:
    def slow_at_first(there: Api) -> Any:
        there.stage.clock.sleep(12 if there.stage.clock.now() < EPOCH + 118 else 0.2)
        return says("hello")

    assert asked(slow_at_first, smoke_test_max_latency="5s").outputs["smoke-test"] == "passed"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32", "utf-8"])
@pytest.mark.parametrize("named", [False, True])
def test_a_key_is_blanked_in_any_encoding(charset: str, *, named: bool) -> None:
    secret = base64.b64encode(KEY.encode()).decode()
    headers = {"content-type": f"application/json; charset={charset}"} if named else {}
    refusal = httpx.Response(403, headers=headers, content=json.dumps({"detail": secret}).encode(charset))

    played = api(whole=lambda *_: refusal).play()

    assert played.result == "refused"
    assert "403 Forbidden: ***" in played.told
