"""Looking for a deployment whose reply was lost, in whole runs."""

import json
import re
from typing import Any

import httpx

from helpers import forged, presented
from helpers.forged import Reply
from helpers.stage import EPOCH, Played, Stage, VirtualClock, made


def interrupted(at: float, *faults: str, scenario: str = "healthy") -> tuple[Stage, Played]:
    stage = Stage(scenario, clock=VirtualClock(interrupt_at=EPOCH + at), faults=faults, latency=0.5)
    return stage, stage.play()


def test_interrupted_while_the_call_is_out_the_id_is_learnt_by_a_last_read() -> None:
    stage, played = interrupted(10, "deploy:1=read-timeout")

    assert played.result == "interrupted"
    assert played.outputs["deployment-id"] == stage.world.deployments[-1].id
    assert played.seconds <= 11.5


def test_interrupted_while_the_call_is_out_and_nothing_is_listed_the_message_says_so() -> None:
    _, played = interrupted(10, "deploy:1=read-timeout", scenario="late-listing:15")

    assert played.outputs["deployment-id"] == ""
    assert "Next: Check what my-org-gpt-oss-120b serves, then re-run the step." in played.told
    assert made(played) == [2]


def test_interrupted_while_the_call_is_out_and_the_last_read_fails_the_message_says_so() -> None:
    _, played = interrupted(10, "deploy:1=read-timeout", "status:2-=503")

    assert (played.result, played.outputs["deployment-id"]) == ("interrupted", "")
    assert played.told.startswith("Job canceled, deployment may have started: ")
    assert made(played) == [2]


def test_the_last_read_after_a_cancel_takes_less_than_a_second() -> None:
    stage = Stage(clock=VirtualClock(interrupt_at=EPOCH + 10), faults=["deploy:1=read-timeout"], latency=1.0)

    played = stage.play()

    assert (played.result, played.outputs["deployment-id"]) == ("interrupted", "")
    assert played.told.startswith("Job canceled, deployment may have started: ")


def test_replies_from_before_the_call_do_not_show_that_it_did_not_arrive() -> None:
    calls: list[float] = []

    def edit(call: str, number: int, whole: Any) -> Any:
        if call == "deploy":
            calls.append(there.clock.now() - EPOCH)
            api.begun = number > 0
            return whole if number else httpx.ReadTimeout("timed out")
        if call == "endpoint" and calls:
            return Reply(headers=((b"age", b"30"),), body=json.dumps(whole).encode())
        return whole

    api = forged.Forged(edit)
    there = forged.stage(api)

    there.play({"timeout": "10m"})

    assert calls[1] - calls[0] >= 38  # five reads that are made after it, 2 s apart


def test_one_that_was_found_and_is_listed_as_another_version_by_then_fails() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "deploy":
            return httpx.ReadTimeout("timed out")
        if call == "endpoint" and there.clock.now() > EPOCH + 30:
            other = forged.entry(forged.OURS, "3", "complete", 2)
            return whole | {"deployed_models": [whole["deployed_models"][0], other]}
        return whole

    there = forged.stage(forged.Forged(edit, states=["in_progress"]))

    assert there.play({"timeout": "5m"}).result == "failed"


def test_a_lost_call_is_looked_for_every_two_seconds() -> None:
    played = Stage(faults=["deploy:1=read-timeout-before"], latency=0.1).play({"poll-interval": "30s"})

    reads = re.search(r"The deploy request wasn't accepted: (\d+) reads show", played.text)
    assert reads is not None
    assert (played.result, int(reads[1]) >= 5) == ("succeeded", True)
    assert "01:" not in played.text.partition("wasn't accepted")[0]


def test_one_that_is_listed_with_a_time_of_two_hours_ago_is_ours_all_the_same() -> None:
    there = presented.api(
        ours=lambda age: {"state": presented.HEALTHY(age), "created": int(EPOCH) - 2 * presented.HOUR},
        deploy=lambda _, __: httpx.ReadTimeout("timed out"),
    )

    played = there.play()

    assert (played.result, played.outputs["deployment-id"]) == ("succeeded", forged.OURS)
    assert there.deployed_versions == ["2"]
