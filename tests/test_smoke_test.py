"""The smoke test in whole runs."""

from stage import EPOCH, Stage, VirtualClock

ASK = {"smoke-test-prompt": "Say hello.", "smoke-test-expect": "(?i)hello", "inference-api-key": "sim-inference-key"}


def test_canceled_before_the_answer_it_says_what_was_cut_off() -> None:
    there = Stage("live", clock=VirtualClock(interrupt_at=EPOCH + 5), faults=["chat:1=read-timeout"], latency=0.5)

    played = there.play(ASK)

    assert played.result == "interrupted"
    assert "the job was cancelled while awaiting the smoke test's answer: deployment" in played.outputs["message"]
