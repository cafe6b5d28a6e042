"""Asking many questions, in whole runs: how many at a time, and when it ends."""

import json
from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest

from cerebras_deploy.errors import NoThreadError
from cerebras_deploy.steps.matcher import Matcher
from helpers.questions import WARM, Said, endpoint, reasons, verdicts
from helpers.stage import EPOCH
from helpers.virtual import VirtualClock

LOST = httpx.ReadError("reset")


class TestAtATime:
    @pytest.mark.parametrize("concurrency", [1, 4, 32])
    def test_so_many_are_asked_at_a_time_each_once_and_in_order(self, concurrency: int) -> None:
        there = endpoint()

        played = there.ask(f"concurrency = {concurrency}", 40, **WARM)

        assert played.outputs["smoke-test"] == "passed"
        assert there.asked_of("2") == [f"q{number}" for number in range(40)]
        assert there.most_at_a_time == concurrency
        assert played.seconds == pytest.approx(2 + 40 / concurrency * 0.5, abs=1.5)

    def test_what_is_matched_has_its_place_until_it_is(self) -> None:
        there = endpoint()

        played = there.ask('concurrency = 2\n[[case]]\nprompt = "x"\nexpect = "^yes$"\nreject = "no"', 3, **WARM)

        assert (verdicts(played), there.most_at_a_time) == (["passed"] * 4, 2)

    def test_it_has_it_however_long_a_match_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = endpoint()
        matched: list[float] = []

        def slow(*_: object) -> frozenset[str]:
            there.stage.clock.sleep(2)
            matched.append(there.stage.clock.now())
            return frozenset({"yes"})

        monkeypatch.setattr(Matcher, "found", slow)
        cases = '[[case]]\nprompt = "x"\nexpect = "yes"\n' * 12

        played = there.ask(f"concurrency = 3\n{cases}", 0, **WARM)

        assert verdicts(played) == ["passed"] * 12
        sent = [one.sent for one in there.questions]
        under_way = [sum(one <= now for one in sent) - sum(one <= now for one in matched) for now in sent]
        assert max(under_way) == 3


class TestWhatSaysNothing:
    @pytest.mark.long
    def test_a_match_that_never_ends(self) -> None:
        there = endpoint(lambda _, __, ___: Said("a" * 60 + "!"))

        played = there.ask('[[case]]\nprompt = "x"\nexpect = "(a+)+$"', 0, **WARM)

        assert verdicts(played) == ["unanswered"]
        assert reasons(played) == {"`(a+)+$` couldn't be matched: the match took more than 1 s of CPU time"}

    def test_an_answer_that_was_cut_off(self) -> None:
        there = endpoint(lambda _, __, ___: Said("Well, I", ended="length"))

        assert set(verdicts(there.ask("", **WARM))) == {"unanswered"}


class TestTheEnd:
    def test_at_the_deadline_it_is_timed_out_and_says_how_far_it_was(self) -> None:
        there = endpoint(lambda *_: Said(seconds=5))

        played = there.ask("", 100, timeout="30s", **WARM)

        assert (played.result, len(there.questions)) == ("timed-out", 24)
        doing = "Reason: the step was waiting for the smoke test's answer, "
        assert f"{doing}20 of 100 questions passed, 80 unanswered\n" in played.told
        assert 30 <= played.seconds <= 33

    def test_after_an_answer_that_comes_just_after_it_nothing_is_asked(self) -> None:
        there = endpoint(lambda *_: Said(seconds=4))

        played = there.ask("", 100, timeout="30s", **WARM)

        assert len(there.questions) == 28
        assert "28 of 100 questions passed, 72 unanswered\n" in played.told

    def test_a_failure_that_is_proven_by_then_stays_one(self) -> None:
        played = endpoint(lambda *_: Said("no", seconds=5)).ask("", 100, timeout="30s", **WARM)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")

    def test_one_that_has_failed_by_more_than_half_of_its_answers_has_failed_by_then(self) -> None:
        there = endpoint(lambda _, times, __: Said("no", seconds=10 if times < 2 else 25))

        played = there.ask("repeat = 3", 4, timeout="30s", **WARM)

        assert (played.result, verdicts(played)) == ("smoke-test-failed", ["failed"] * 4)

    def test_answers_that_are_not_matched_by_then_are_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = endpoint(lambda *_: Said(seconds=5))

        def slow(*_: object) -> frozenset[str]:
            there.stage.clock.sleep(2)
            return frozenset({"yes"})

        monkeypatch.setattr(Matcher, "found", slow)
        cases = '[[case]]\nprompt = "x"\nexpect = "yes"\n' * 40

        played = there.ask(f"concurrency = 32\n{cases}", 0, timeout="30s", **WARM)

        assert played.result == "timed-out"
        assert played.seconds <= 33

    def test_nor_are_they_if_the_version_has_surely_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = endpoint(lambda *_: Said("no", seconds=5))

        def slow(*_: object) -> frozenset[str]:
            there.stage.clock.sleep(2)
            return frozenset()

        monkeypatch.setattr(Matcher, "found", slow)
        cases = '[[case]]\nprompt = "x"\nexpect = "yes"\n' * 40

        played = there.ask(f"concurrency = 32\n{cases}", 1, timeout="30s", **WARM)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")
        assert "`yes` couldn't be matched: no time was left" in reasons(played)

    def test_when_nobody_answers_for_5_minutes_the_rest_is_not_asked(self) -> None:
        there = endpoint(lambda *_: LOST)

        played = there.ask("concurrency = 1", 1000, timeout="2h", **WARM)

        assert played.outputs["smoke-test"] == "unanswered"
        assert 300 <= played.seconds < 320
        assert "`gave up, because no question got an answer for 5 minutes` |" in played.summary

    def test_an_interrupt_ends_it(self) -> None:
        there = endpoint(lambda *_: Said(seconds=20), clock=VirtualClock(interrupt_at=EPOCH + 10))

        played = there.ask("", 100, **WARM)

        assert (played.result, played.seconds) == ("interrupted", 10)
        assert "Reason: the step was waiting for the smoke test's answer" in played.told

    def test_an_answer_that_takes_too_long_is_given_up(self) -> None:
        there = endpoint(lambda prompt, _, __: Said(seconds=99) if prompt == "q0" else Said())

        played = there.ask("", **WARM)

        assert there.times["2", "q0"] == 4
        assert verdicts(played)[0] == "unanswered"
        assert reasons(played) == {"the answer took too long"}

    def test_one_that_no_thread_could_be_started_for_is_asked_again(self) -> None:
        class Full(VirtualClock):
            left = 1

            def start(self, function: Callable[[], object], within: float) -> int:
                if self.left == 0:
                    return super().start(function, within)
                self.left -= 1
                return super().start(self.refuse, within)

            def refuse(self) -> None:
                raise NoThreadError("no thread could be started: full")

        full, fuller = Full(), Full()
        fuller.left = 99

        assert endpoint(clock=full).ask("", **WARM).outputs["smoke-test"] == "passed"
        played = endpoint(clock=fuller).ask("", **WARM)
        assert (played.outputs["smoke-test"], reasons(played)) == (
            "unanswered",
            {"no thread could be started: full"},
        )

    def test_a_bug_is_no_answer(self) -> None:
        played = endpoint(lambda *_: ZeroDivisionError()).ask("", **WARM)

        assert "ZeroDivisionError" in played.text
        assert played.exit_code == 1


def test_how_far_it_is_is_told_now_and_then() -> None:
    played = endpoint(lambda *_: Said(seconds=1)).ask("concurrency = 1", 100, **WARM)

    told = [line for line in played.text.splitlines() if "of 100 questions answered" in line]
    assert [line.split()[1] for line in told] == [str(15 * number) for number in range(1, 7)]


def test_nor_does_that_wait_for_an_answer() -> None:
    played = endpoint(lambda *_: Said(seconds=25)).ask("concurrency = 1", 4, **WARM)

    told = [line for line in played.text.splitlines() if "of 4 questions answered" in line]
    seconds = [int(line[:2]) * 60 + int(line[3:5]) for line in told]
    assert len(told) == 6
    assert {after - before for before, after in pairwise(seconds)} == {15}


def test_a_short_outage_is_waited_out() -> None:
    there = endpoint(lambda *_: LOST if there.stage.clock.now() < EPOCH + 5 else Said())

    assert there.ask("", 100, **WARM).outputs["smoke-test"] != "failed"
    assert sum(one.sent < EPOCH + 5 for one in there.questions) < 20


def test_every_call_is_counted() -> None:
    there = endpoint()

    played = there.ask("", 20, **WARM)

    report = json.loads(played.outputs["report"])
    assert sum(call["path"] == "/v1/chat/completions" for call in report["calls"]) == 20
