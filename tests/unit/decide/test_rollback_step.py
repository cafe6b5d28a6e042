"""The step that rolls back where this one must not is named only if it does so: the advice is carried out."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from helpers.presented import HEALTHY, Api, api, entry, states
from helpers.stage import EPOCH, HELLO_OR_BACK, Played, Stage

ADVICE = re.compile(
    r"run a step with `operation: rollback`(?: and `deployment-id: (\S+)`)? to roll back to version \d+", re.IGNORECASE
)
BACK = {"on-failure": "rollback"}
BY_ID = {"model": "", "alias": ""}
OVER_BY_NOW: Mapping[str, tuple[str, dict[str, str], list[str], float | None]] = {
    "timed out under way": ("slow", BACK | {"timeout": "60s"}, [], None),
    "canceled under way": ("slow", BACK, [], 100),
    "unreachable while it is followed": ("slow", BACK, ["status:10-=503"], None),
    "refused while it is followed": ("slow", BACK, ["status:10-=401"], None),
    "unanswered": ("healthy", HELLO_OR_BACK, ["chat:*=html"], None),
    "the inference key is refused": ("healthy", HELLO_OR_BACK, ["chat:*=401"], None),
    "canceled in the smoke test": ("inference-down", HELLO_OR_BACK | {"smoke-test-warm-up": "10m"}, [], 300),
    "canceled before the rollback is sent": ("wrong-answer", HELLO_OR_BACK, ["version:2-=503"], 330),
    "the reply to the deploy call is lost": ("slow", BACK, ["deploy:1=reset-after", "status:3-=503"], None),
}


def carried_out(there: Stage, message: str) -> Played:
    """Do what the message says."""
    found = ADVICE.search(message)
    assert found, message
    there.world.faults.clear()
    named = {"deployment-id": found[1], "model": "", "alias": ""} if found[1] else {}
    return there.play({"operation": "rollback", "timeout": "5h", "poll-interval": "1m"} | named)


@pytest.mark.parametrize("case", OVER_BY_NOW)
def test_what_it_advises_rolls_back(case: str) -> None:
    scenario, inputs, faults, canceled = OVER_BY_NOW[case]
    there = Stage(scenario, faults=faults, latency=0.1)
    if canceled is not None:
        there.clock.interrupt_at = EPOCH + canceled
    left = there.play(inputs)

    back = carried_out(there, left.outputs["message"])

    assert left.exit_code == 1
    assert back.result == "succeeded", back.outputs["message"]
    assert back.outputs["live-version-id"] == "1"


def test_after_a_rollback_that_has_failed_it_would_not_and_the_advice_restores_the_endpoint() -> None:
    there = Stage("rollback-fails", latency=0.1)
    failed = there.play(HELLO_OR_BACK)

    would = there.play({"operation": "rollback", "deployment-id": failed.outputs["deployment-id"]} | BY_ID)
    advised = there.play({"alias": "1"})

    assert would.result == "refused"
    assert failed.outputs["message"].endswith("Deploy version 1 to restore the endpoint.")
    assert (advised.outputs["plan"], advised.outputs["changed"]) == ("deploy", "true")


def test_a_version_that_was_live_already_and_is_bad_is_rolled_back_by_it() -> None:
    there = Stage("wrong-answer", latency=0.1)
    there.play({"wait": "false"})
    there.clock.sleep(300)

    again = there.play(HELLO_OR_BACK)

    assert (again.result, again.outputs["rollback"]) == ("smoke-test-failed", "skipped")
    assert "not rolled back, because this version was live before this step" in again.told
    assert carried_out(there, again.outputs["message"]).outputs["live-version-id"] == "1"


def test_a_bad_version_that_is_to_be_kept_can_be_rolled_back_by_it() -> None:
    there = Stage("wrong-answer", latency=0.1)

    kept = there.play(HELLO_OR_BACK | {"on-failure": "keep"})

    assert "on-failure" not in kept.outputs["message"]
    assert carried_out(there, kept.outputs["message"]).outputs["live-version-id"] == "1"


def message(there: Api | Stage, inputs: Mapping[str, str]) -> str:
    played = (there.stage if isinstance(there, Api) else there).play({"timeout": "5m"} | dict(inputs))
    assert played.exit_code == 1
    return played.outputs["message"]


@pytest.mark.parametrize(
    ("scenario", "inputs", "faults"),
    [
        ("healthy", BACK, ["deploy:*=403"]),  # nothing was deployed
        ("first-deployment", HELLO_OR_BACK, ["chat:*=html"]),  # there is nothing to go back to
        ("never-listed", BACK, []),  # it would be refused
        ("slow", {"timeout": "60s"}, []),  # nobody asked for a rollback
        ("weights-failed", BACK, []),
    ],
)
def test_it_is_not_named_where_it_would_not_help(scenario: str, inputs: dict[str, str], faults: list[str]) -> None:
    assert "operation: rollback" not in message(Stage(scenario, faults=faults, latency=0.1), inputs)


def test_it_is_not_named_for_a_step_that_rolls_back_itself() -> None:
    there = Stage("live", faults=["chat:*=set;field=content;to=no"], latency=0.1)

    said = message(there, HELLO_OR_BACK | {"operation": "rollback", "on-failure": "keep"})

    assert "operation: rollback" not in said


BUSY: Mapping[str, dict[str, Any]] = {
    "the API rolls back": {
        "ours": lambda age: {"state": states((0, "in_progress"), (30, "rolling_back"))(age)},
    },
    "somebody's version is rolling out over it": {
        "more": lambda age: [] if age is None else [entry("3", "in_progress", -400, EPOCH)],
    },
    "the entries have no time": {
        "whole": lambda whole, _: (
            whole | {"deployed_models": [one | {"created": None} for one in whole["deployed_models"]]}
        ),
    },
    "what was live before names an alias": {
        "old": lambda old: old | {"model": "orgs/my-org/models/gpt-oss-120b/versions/stable"},
    },
    "version 2 was live before": {
        "old": lambda old: old | {"model": "orgs/my-org/models/gpt-oss-120b/versions/2"},
        "more": lambda _: [entry("1", "complete", 99_999, EPOCH)],
    },
}


@pytest.mark.parametrize("case", BUSY)
def test_it_is_not_named_where_the_endpoint_is_not_as_it_wants_it(case: str) -> None:
    more = {"ours": lambda age: {"state": HEALTHY(min(age, 30))}} | BUSY[case]

    assert "operation: rollback" not in message(api(**more), BACK | {"if-current": "deploy"})
