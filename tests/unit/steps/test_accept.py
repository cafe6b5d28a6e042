"""What the deploy call's reply says, in whole runs."""

from typing import Any

import pytest

from helpers import forged
from helpers.stage import Played, Stage


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
