"""The inference API: its key is tried first, and a version is bad only if the API is well."""

from typing import Any

import httpx
import pytest

from helpers.chat import Chat
from helpers.forged import Reply
from helpers.stage import HELLO, HELLO_OR_BACK, Played, made, play

SLOW = httpx.ReadTimeout("timed out")
PAGE = Reply(503, body=b"<html><title>Bad gateway</title>")
BLOCKED = b"<html><title>Access denied</title>"


class TestTheKey:
    """It is tried before anything is deployed."""

    def test_one_that_is_turned_away_deploys_nothing(self) -> None:
        played = play("healthy", HELLO | {"inference-api-key": "another-key"})

        assert (played.result, made(played)) == ("refused", [])
        assert "Next: Set `inference-api-key` to an inference API key" in played.told

    def test_a_dry_run_tries_it_too(self) -> None:
        played = play("healthy", HELLO | {"inference-api-key": "another-key", "dry-run": "true"})

        assert played.result == "refused"

    @pytest.mark.parametrize(
        "fault", ["models:1=503", "models:1=403", "models:1=404", "models:1=html", "models:1=refused"]
    )
    def test_whatever_else_comes_of_it_is_one_warning(self, fault: str) -> None:
        played = play("healthy", HELLO, fault)

        assert played.result == "succeeded"
        assert [a.title for a in played.log.annotations if a.level == "warning"] == ["Inference key not tested"]

    def test_a_page_that_turns_it_away_says_nothing_about_it(self) -> None:
        chat = Chat()
        usual, page = chat.api.edit, Reply(401, body=b"<html><title>Log in</title>")
        chat.api.edit = lambda call, number, whole: page if call == "models" else usual(call, number, whole)

        played = chat.play()

        assert played.result == "unchanged"
        assert "Inference key not tested" in {one.title for one in played.log.annotations}

    def test_a_dry_run_without_one_tries_none(self) -> None:
        played = play("healthy", {"smoke-test-prompt": "Hello?", "dry-run": "true"})

        assert played.result == "planned"
        assert "/v1/models" not in {request.path for request in played.world.requests}

    def test_it_takes_five_seconds_at_most(self) -> None:
        played = play("live", HELLO, "models:1=read-timeout")

        assert played.result == "unchanged"
        assert 5 < played.seconds < 10

    def test_without_a_question_it_is_not_tried(self) -> None:
        played = play("live", {"inference-api-key": "another-key"})

        assert "/v1/models" not in {request.path for request in played.world.requests}


class TestNoAnswer:
    """A version that gives none is bad only if it is its own fault: the inference API itself is well."""

    @staticmethod
    def play(*errors: Any, models: Any = None, **inputs: str) -> tuple[Chat, Played]:
        chat = Chat(*errors)
        usual = chat.api.edit

        def edit(call: str, number: int, whole: Any) -> Any:
            is_later = call == "models" and number > 0  # the first one tries the key
            return models if is_later and models else usual(call, number, whole)

        chat.api.edit = edit
        return chat, chat.play(**inputs)

    @pytest.mark.parametrize("error", [Reply(503), Reply(404, body=b'{"message": "No such model"}'), Reply(500)])
    def test_its_own_errors_for_the_whole_warm_up_are_judged_bad(self, error: Reply) -> None:
        chat, played = self.play(error)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")
        assert "Reason: no answer, while the inference API itself works: question to" in played.told
        assert chat.api.calls["models"] == 2

    @pytest.mark.parametrize("models", [Reply(503), Reply(401), httpx.ReadTimeout("timed out")])
    def test_if_the_inference_api_is_not_well_they_say_nothing(self, models: Any) -> None:
        _, played = self.play(Reply(503), models=models)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")

    @pytest.mark.parametrize("error", [PAGE, Reply(429), SLOW, httpx.ConnectError("no"), Reply(408), Reply(200)])
    def test_what_does_not_come_from_the_version_says_nothing(self, error: Any) -> None:
        chat, played = self.play(error)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert (
            "its smoke test could not be judged.\nServing now: version 2.\nReason: no answer: question to"
            in played.told
        )
        assert chat.api.calls["models"] == 1

    def test_one_error_of_another_kind_among_its_own_says_nothing(self) -> None:
        _, played = self.play(SLOW, Reply(503))

        assert played.outputs["smoke-test"] == "unanswered"

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_a_page_that_turns_a_question_away_is_forgiven_while_the_version_warms_up(self, status: int) -> None:
        chat, played = self.play(Reply(status, body=BLOCKED), {}, on_failure="rollback")

        assert (played.result, chat.api.calls["chat"]) == ("unchanged", 2)

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_if_only_such_pages_come_they_say_nothing_about_version_or_key(self, status: int) -> None:
        _, played = self.play(Reply(status, body=BLOCKED))

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert played.seconds >= 60
        assert f"HTTP {status}" in played.told
        assert 'an HTML page, titled "Access denied"' in played.told
        assert "inference-api-key" not in played.told

    def test_a_version_that_has_answered_too_late_is_not_one_that_gives_no_answer(self) -> None:
        chat = Chat({}, Reply(503), seconds=(8,))

        played = chat.play(smoke_test_max_latency="2s")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")

    def test_it_is_rolled_back_if_it_is_bad_and_only_then(self) -> None:
        bad, unclear = play("inference-down", HELLO_OR_BACK), play("inference-down", HELLO_OR_BACK, "models:2-=503")

        assert (made(bad), made(unclear)) == ([2, 1], [2])
