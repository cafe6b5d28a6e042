"""Looking for a deployment whose reply was lost, in whole runs."""

import re

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


def test_a_lost_call_is_looked_for_every_two_seconds() -> None:
    played = Stage(faults=["deploy:1=read-timeout-before"], latency=0.1).play({"poll-interval": "30s"})

    reads = re.search(r"The deploy request wasn't accepted: (\d+) reads show", played.text)
    assert reads is not None
    assert (played.result, int(reads[1]) >= 5) == ("succeeded", True)
    assert "01:" not in played.text.partition("wasn't accepted")[0]
