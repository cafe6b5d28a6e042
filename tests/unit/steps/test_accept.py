"""What the deploy call's reply says, in whole runs."""

import pytest

from helpers.stage import Stage


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


def test_done_of_the_reply_alone_proves_nothing() -> None:
    played = Stage("rolls-back", faults=["deploy:1=set;field=done;to=true"]).play()

    assert played.result == "rolled-back"
