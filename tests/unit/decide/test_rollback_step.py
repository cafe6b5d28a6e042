"""The step that rolls back where this one must not is named only if it does so: the advice is carried out."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.rollback_step import rollback_step
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make
from helpers.known import UUID, in_doubt
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


STEP = f"run a step with `operation: rollback` and `deployment-id: {UUID}` to roll back to version 1"
OLD = "old 1 complete 10"


def seen(*reads: list[str], old: str = OLD, by_id: bool = False, model: str = "2", confirmed: bool = False) -> Facts:
    """Facts of a rollout to an endpoint that listed `old`, after reads that list these."""
    facts = Facts(endpoint=make.ENDPOINT, asked="production")
    facts.saw_version(make.version(model))
    facts.saw_endpoint(make.endpoint(old), 0)
    facts.attached(Track(Target(UUID, by_id=by_id)), 10.0)
    if confirmed:
        facts.confirm_asked(model)
    for number, read in enumerate(reads, 1):
        facts.saw_endpoint(make.endpoint(*read), number)
    return facts


def ours(state: str, version: str = "2", created: int = 20) -> str:
    return f"{UUID} {version} {state} {created}"


@pytest.mark.parametrize("state", ["queued", "in_progress", "error", "complete", "paused"])
@pytest.mark.parametrize("named", [False, True])
def test_the_step_names_the_deployment_and_the_version_before(state: str, *, named: bool) -> None:
    assert rollback_step(seen([OLD, ours(state)], by_id=named, confirmed=named)) == STEP


def test_times_may_be_the_same() -> None:
    assert rollback_step(seen([OLD, ours("error", created=10)])) == STEP


@pytest.mark.parametrize(
    "facts",
    [
        seen([OLD, ours("error")], by_id=True),
        seen([OLD, ours("error")], model="production"),
        seen(["old stable complete 10", ours("error")], old="old stable complete 10"),
        seen([OLD, ours("in_progress")], *[[OLD]] * 40),
        seen([OLD]),
        seen([OLD, ours("error"), "next 3 queued 30"]),
        seen([OLD, ours("rolling_back")], [OLD, ours("in_progress")]),
        seen([OLD, ours("rolled_back")]),
        seen([OLD, ours("cancelled")]),
        seen([OLD, ours("error", created=9)]),
        Facts(endpoint=make.ENDPOINT),
    ],
    ids=[
        *("named, and not the one that was meant", "known by its alias only", "the previous one by its alias only"),
        *("gone", "never listed", "newer", "was rolling back", "rolled back", "canceled", "older", "nothing known"),
    ],
)
def test_there_is_none_where_it_would_be_refused(facts: Facts) -> None:
    assert rollback_step(facts) == ""


def test_there_is_none_if_what_was_live_before_is_lost() -> None:
    facts = seen([OLD, ours("error")])
    facts.previous_is_lost()

    assert rollback_step(facts) == ""


def test_there_is_none_for_a_step_that_replaces_a_version() -> None:
    facts = Facts(endpoint=make.ENDPOINT)
    facts.replaces(make.entry("bad 3 complete 5"), make.version())
    facts.attached(Track(Target(UUID)), 10.0)
    facts.saw_endpoint(make.endpoint(OLD, ours("error")), 1)

    assert facts.previous
    assert rollback_step(facts) == ""


@pytest.mark.parametrize(
    ("before", "listed"),
    [
        ([OLD], make.entry(ours("error"), created=None)),
        ([OLD], make.entry(ours("error", created=9))),
        ([OLD, "other 3 complete 10"], make.entry(ours("error"))),
    ],
    ids=["no time", "made before it", "two may have been live"],
)
def test_there_is_none_if_times_do_not_tell_what_was_live_before(before: list[str], listed: DeployedModel) -> None:
    facts = Facts(endpoint=make.ENDPOINT, asked="production")
    facts.saw_version(make.version())
    facts.saw_before_deploying(make.endpoint(OLD).deployed_models)
    facts.saw_before_deploying(make.endpoint(*before).deployed_models)
    facts.attached(Track(Target(UUID, older=frozenset({"old", "other"}))), 10.0)
    facts.saw_endpoint(make.endpoint(*before, listed), 1)

    assert facts.previous
    assert rollback_step(facts) == ""


def test_there_is_none_if_it_was_no_model_or_has_no_time() -> None:
    for old in (make.entry(OLD, model="weights.bin"), make.entry(OLD, created=None)):
        facts = Facts(endpoint=make.ENDPOINT, asked="production")
        facts.saw_version(make.version())
        facts.saw_endpoint(make.endpoint(old), 0)
        facts.attached(Track(Target(UUID, older=frozenset({"old"}))), 10.0)
        facts.saw_endpoint(make.endpoint(old, ours("error")), 1)

        assert facts.previous
        assert facts.previous.id == old.id
        assert rollback_step(facts) == ""


def test_a_deployment_that_may_have_started_is_not_named() -> None:
    facts = in_doubt()
    facts.saw_before_deploying(make.endpoint(OLD).deployed_models)

    assert rollback_step(facts) == "run a step with `operation: rollback` to roll back to version 1"
    facts.deploy_call.not_accepted()
    assert rollback_step(facts) == ""
