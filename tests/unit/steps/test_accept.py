"""What the deploy call's reply says, in whole runs."""

from collections.abc import Callable
from typing import Any

import pytest

from helpers import forged, presented
from helpers.stage import EPOCH, Played, Stage


def test_a_reply_for_another_version_is_refused_and_names_both() -> None:
    played = Stage(faults=["deploy:1=set;field=version_id;to=3"]).play()

    assert played.result == "refused"
    assert "version 3 (asked for 2)" in played.told
    assert played.told.startswith("Refused, rollout never listed: ")
    assert f"`deployment-id: {played.outputs['deployment-id']}` to keep waiting." in played.told


def test_a_reply_for_another_architecture_is_refused_and_names_both() -> None:
    played = Stage(faults=["deploy:1=set;field=model_arch_id;to=llama-3.3-70b"]).play()

    assert played.result == "refused"
    assert "architecture llama-3.3-70b (asked for gpt-oss-120b)" in played.told


@pytest.mark.parametrize("word", ["rolled_back", "done", "error"])
def test_a_terminal_status_in_the_reply_is_a_hint_and_no_evidence(word: str) -> None:
    stage = Stage(faults=[f"deploy:1=set;field=rollout_status;to={word}"])

    played = stage.play()

    assert played.result == "succeeded"
    assert played.seconds > 200
    told = f". The reply says `{word.replace('_', ' ')}`, but the endpoint has to confirm it.\n"
    assert told in played.text
    assert played.summary.count("| 00:00 | 0s | `not yet listed by the endpoint` |") == 1


REPLY = forged.document("deploy")["response"]


def play(reply: dict[str, Any], *, by_alias: bool = False) -> Played:
    """Have the deploy call answered like this; `by_alias`: nothing but that tells the integer of the version."""

    def edit(call: str, _: int, whole: Any) -> Any:
        match call:
            case "deploy":
                return whole | {"response": reply}
            case "versions" if by_alias:
                return {"model_versions": []}
            case "version" if by_alias:
                return whole | {"name": forged.MODEL.format("production")}
        return whole

    return forged.stage(forged.Forged(edit)).play({"timeout": "5m"})


@pytest.mark.parametrize(("told", "known"), [(2, "2"), (None, "production")])
def test_the_integer_that_only_the_reply_tells_is_the_versions_or_else_its_alias_names_it(
    told: int | None, known: str
) -> None:
    played = play(REPLY | {"version_id": told}, by_alias=True)

    assert (played.result, played.outputs["version-id"]) == ("succeeded", known)
    assert played.outputs["model"] == forged.MODEL.format(known)


def test_another_form_of_the_integer_changes_no_name() -> None:
    played = play(REPLY | {"version_id": 2.0})

    assert played.outputs["model"] == forged.MODEL.format("2")


@pytest.mark.parametrize(("endpoint", "warnings"), [(None, 0), ("", 0), (forged.ENDPOINT, 0), ("another", 1)])
def test_a_reply_that_names_another_endpoint_is_a_warning(endpoint: str | None, warnings: int) -> None:
    played = play(REPLY | {"endpoint_id": endpoint})

    assert played.result == "succeeded"
    assert [one.title for one in played.log.annotations].count("Endpoint named differently") == warnings


def test_done_of_the_reply_alone_proves_nothing() -> None:
    played = Stage("rolls-back", faults=["deploy:1=set;field=done;to=true"]).play()

    assert played.result == "rolled-back"


def test_a_deployment_is_followed_whose_id_is_a_number_in_the_reply_and_where_it_is_listed() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "deploy":
            return whole | {"name": "operations/op-77", "response": REPLY | {"deployment_id": 987654}}
        if call == "endpoint" and len(whole["deployed_models"]) > 1:
            whole["deployed_models"][-1]["id"] = 987654
        return whole

    played = forged.stage(forged.Forged(edit)).play({"timeout": "5m"})

    assert (played.result, played.outputs["deployment-id"]) == ("succeeded", "987654")


def names(deployment: str, **more: Any) -> Callable[[dict[str, Any], int], Any]:
    """Have the deploy reply name this deployment."""
    said = {"deployment_id": deployment} | more
    return lambda reply, _: reply | {"name": deployment, "response": reply["response"] | said}


class TestAReplyThatNamesADeploymentFromBefore:
    BEFORE = "22222222-3333-4333-8333-333333333333"  # of version 2, before version 3 took the endpoint
    LISTED = (presented.entry("2", "complete", 1800, EPOCH), presented.entry("3", "complete", 900, EPOCH))

    def test_it_is_not_ours_and_a_new_one_is_looked_for(self) -> None:
        there = presented.api(deploy=names(self.BEFORE), more=lambda _: [*self.LISTED])

        played = there.play()

        assert (played.result, played.outputs["deployment-id"]) == ("succeeded", forged.OURS)
        told = f"Deploy request: the reply names deployment {self.BEFORE}, which was listed before it. Checking whether"
        assert told in played.text
        assert there.deployed_versions == ["2"]

    def test_where_there_is_no_new_one_it_is_as_with_a_lost_reply(self) -> None:
        there = presented.api(deploy=names(self.BEFORE), more=lambda _: [*self.LISTED], ours=lambda _: None)

        played = there.play()

        assert (played.result, played.outputs["deployment-id"]) == ("unreachable", "")
        assert (played.outputs["changed"], played.outputs["live-version-id"]) == ("unknown", "3")
        assert there.deployed_versions == ["2", "2", "2"]

    def test_no_rollback_on_request_succeeds_by_it(self) -> None:
        there = presented.api(deploy=names(forged.OLD), more=lambda _: [self.LISTED[0]], ours=lambda _: None)

        played = there.play(operation="rollback")

        assert (played.result, played.outputs["live-version-id"]) == ("unreachable", "2")

    def test_no_rollback_after_a_failure_succeeds_by_it(self) -> None:
        there = presented.api(
            deploy=lambda reply, number: names(forged.OLD)(reply, number) if number else reply,
            ours=lambda age: {"state": "in_progress" if age < 30 else "error"},
            back=lambda _: None,
        )

        played = there.play(on_failure="rollback", timeout="5m")

        assert (played.result, played.outputs["rollback"]) == ("failed", "failed")
        assert "may have started" in played.told

    def test_one_about_another_version_is_refused_and_followed_by_nobody(self) -> None:
        there = presented.api(deploy=names(self.LISTED[1]["id"], version_id=3), more=lambda _: [*self.LISTED])

        played = there.play()

        assert (played.result, played.outputs["deployment-id"]) == ("refused", "")
        assert "version 3 (asked for 2)" in played.told
        assert played.outputs["changed"] == "unknown"
        assert there.deployed_versions == ["2"]

    def test_of_two_forms_the_one_that_is_new_is_ours(self) -> None:
        there = presented.api(
            deploy=lambda reply, _: (
                reply | {"name": "endpoints/e/operations/1", "response": reply["response"] | {"deployment_id": "5"}}
            ),
            old=lambda one: one | {"id": 1},
            ours=lambda age: {"id": 5, "state": presented.HEALTHY(age)},
        )

        played = there.play()

        assert (played.result, played.outputs["deployment-id"]) == ("succeeded", "5")
