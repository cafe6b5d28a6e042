"""Promotion in whole runs."""

from stage import EPOCH, Stage, VirtualClock


def test_canceled_before_an_alias_moves_it_says_what_was_cut_off() -> None:
    there = Stage("live", clock=VirtualClock(interrupt_at=EPOCH + 2.5), latency=1.0)

    played = there.play({"promote-aliases": "stable"})

    assert played.result == "interrupted"
    assert "the job was cancelled while moving alias stable: deployment" in played.outputs["message"]


def test_a_free_alias_is_an_answer_and_no_outage() -> None:
    played = Stage("live", latency=16.0).play({"promote-aliases": "canary"})

    assert played.result == "unchanged"
    assert "alias canary: free → version 2" in played.text
    assert "answers again" not in played.text
    assert "0 of them failed" in played.summary
