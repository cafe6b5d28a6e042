"""What an answer is asked to have, in whole runs."""

from collections.abc import Sequence
from typing import ClassVar

import httpx
import pytest

from cerebras_deploy import step
from cerebras_deploy.clock import Clock
from cerebras_deploy.errors import NoThreadError
from helpers.chat import Chat
from helpers.questions import Endpoint, Said, endpoint, verdicts


class TestWhatIsExpected:
    @pytest.mark.parametrize(
        ("given", "verdict"),
        [
            ({"contains": "PONG"}, "passed"),
            ({"contains": "on"}, "passed"),
            ({"contains": "p.ng"}, "failed"),
            ({"expect": "p.ng"}, "passed"),
            ({"expect": "PONG"}, "failed"),
            ({}, "passed"),
        ],
        ids=repr,
    )
    def test_literal_text_in_any_case_or_an_expression_or_anything(self, given: dict[str, str], verdict: str) -> None:
        inputs = {f"smoke_test_{name}": given.get(name, "") for name in ("contains", "expect")}

        assert Chat().play(**inputs).outputs["smoke-test"] == verdict

    def test_what_is_not_in_the_answer_is_said(self) -> None:
        message = Chat().play(smoke_test_expect="", smoke_test_contains="ping").told

        assert 'the answer doesn\'t contain "ping". Prompt: "Say hello." Answer: "pong"' in message

    @pytest.mark.parametrize("text", ["", " \n", "\u200b\ufeff\u2060"])
    def test_an_empty_answer_needs_no_match(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        class Full(SlowMatcher):
            def found(self, *_: object) -> frozenset[str]:
                raise NoThreadError("no process could be started")

        empty = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        chat = Chat(empty)
        monkeypatch.setattr(step, "Matcher", lambda: Full(chat.stage.clock))

        played = chat.play()

        assert played.outputs["smoke-test"] == "failed"
        assert "Reason: the answer is empty (finish_reason `stop`)" in played.told


class TestContentInAFormThatCannotBeRead:
    """It may be good, so it says nothing about the version."""

    CONTENT: ClassVar = {"message": {"content": {"value": "pong"}}, "finish_reason": "stop"}

    def test_of_one_question(self) -> None:
        played = Chat({"choices": [self.CONTENT]}).play(on_failure="rollback")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert "the API's reply has an unexpected form: choices.0.message.content" in played.told

    def test_of_many(self) -> None:
        strange = httpx.Response(200, json={"choices": [self.CONTENT]})
        there = endpoint(lambda prompt, *_: strange if prompt == "q3" else Said())

        played = there.ask("", smoke_test_warm_up="0s")

        assert verdicts(played) == ["passed"] * 3 + ["unanswered"] + ["passed"] * 4


class SlowMatcher:
    """In place of the matcher: takes far too long, as if the machine gave it no CPU time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.closed = 0

    def found(self, _: Sequence[str], __: str) -> frozenset[str]:
        self._clock.sleep(99)
        return frozenset()

    def close(self) -> None:
        self.closed += 1


class TestAMatchThatIsNotDone:
    """It says nothing about the version, and its process is ended."""

    NOT_DONE = "`pong` couldn't be matched: the match didn't finish within 30 s"

    def test_of_one_question(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chat = Chat()
        matcher = SlowMatcher(chat.stage.clock)
        monkeypatch.setattr(step, "Matcher", lambda: matcher)

        played = chat.play()

        assert played.outputs["smoke-test"] == "unanswered"
        assert self.NOT_DONE in played.told
        assert matcher.closed == 2

    def test_of_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there: Endpoint = endpoint(lambda *_: Said("pong"))
        matcher = SlowMatcher(there.stage.clock)
        monkeypatch.setattr(step, "Matcher", lambda: matcher)

        played = there.ask('[[case]]\nprompt = "x"\nexpect = "pong"', 0, smoke_test_warm_up="0s")

        assert played.outputs["smoke-test"] == "unanswered"
        assert self.NOT_DONE.replace("`", "'") in played.summary
        assert matcher.closed == 2


def test_without_a_thread_for_it_an_answer_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    chat = Chat()
    clock = chat.stage.clock

    class Full(SlowMatcher):
        def found(self, _: Sequence[str], __: str) -> frozenset[str]:
            raise NoThreadError("no thread could be started: full")

    monkeypatch.setattr(step, "Matcher", lambda: Full(clock))

    played = chat.play()

    assert played.outputs["smoke-test"] == "unanswered"
    assert (
        "`pong` couldn't be matched: no thread could be started: full; raise the container's limit on " in played.told
    )
