"""The smoke test, in whole runs: what is asked how often, what is judged, and what says nothing about the version."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from helpers.chat import ASK, Chat
from helpers.forged import MODEL, OLD, OURS, Forged, Reply, entry
from helpers.forged import stage as forged_stage
from helpers.questions import Said, endpoint
from helpers.stage import EPOCH, HELLO, HELLO_OR_BACK, Played, Stage, VirtualClock, made, play

SLOW = httpx.ReadTimeout("timed out")
WARM_UP = 60.0  # seconds


def asked(played: Played) -> int:
    """How many answers were asked for."""
    return sum(request.path == "/v1/chat/completions" for request in played.world.requests)


class TestHowOftenItIsAsked:
    def test_a_good_answer_is_asked_for_once_and_at_once(self) -> None:
        there = Stage("live")

        played = there.play(ASK)

        assert (played.outputs["smoke-test"], asked(played)) == ("passed", 1)
        assert played.seconds < 3  # the second look that agrees comes after 2 s

    def test_a_bad_answer_is_asked_for_once(self) -> None:
        played = Stage("wrong-answer").play(ASK)

        assert (played.outputs["smoke-test"], asked(played)) == ("failed", 1)

    def test_a_bad_answer_that_is_slow_as_well_is_asked_for_once(self) -> None:
        chat = Chat(seconds=(8,))

        played = chat.play(smoke_test_expect="nonsense", smoke_test_max_latency="2s")

        assert (played.outputs["smoke-test"], chat.api.calls["chat"]) == ("failed", 1)
        assert "Reason: the answer doesn't match `nonsense`" in played.told

    def test_errors_are_forgiven_for_60_s(self) -> None:
        chat = Chat(Reply(503))

        played = chat.play()

        assert played.outputs["smoke-test"] == "failed"
        assert WARM_UP <= played.seconds < WARM_UP + 16
        assert chat.api.calls["chat"] > 3

    def test_a_slow_answer_is_forgiven_for_60_s_and_then_is_the_answer(self) -> None:
        chat = Chat(seconds=(8,) * 99)

        played = chat.play(smoke_test_max_latency="2s")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")
        assert "Reason: the answer took 8.00 s, and the limit is 2 s." in played.told
        assert WARM_UP <= played.seconds < WARM_UP + 24

    def test_after_the_warm_up_a_slow_answer_counts_at_once(self) -> None:
        chat = Chat(seconds=(8,) * 99)

        played = chat.play(smoke_test_max_latency="2s", smoke_test_warm_up="0s")

        assert (played.outputs["smoke-test"], chat.api.calls["chat"]) == ("failed", 1)

    @pytest.mark.parametrize("error", [Reply(429), SLOW, httpx.ConnectError("no"), httpx.ReadError("reset")])
    def test_after_the_warm_up_429_and_lost_connections_are_asked_again_three_times(self, error: Any) -> None:
        chat = Chat(error)

        played = chat.play(smoke_test_warm_up="0s")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert chat.api.calls["chat"] == 4

    @pytest.mark.parametrize("status", [404, 408, 500, 503])
    def test_after_the_warm_up_no_other_error_is_asked_again(self, status: int) -> None:
        chat = Chat(Reply(status))

        chat.play(smoke_test_warm_up="0s")

        assert chat.api.calls["chat"] == 1

    def test_one_as_slow_as_allowed_is_no_slow_one(self) -> None:
        chat = Chat(seconds=(2,))

        assert chat.play(smoke_test_max_latency="2s").outputs["smoke-test"] == "passed"
        assert chat.api.calls["chat"] == 1

    def test_if_the_first_call_takes_all_of_the_warm_up_there_is_a_second(self) -> None:
        chat = Chat(SLOW, {}, seconds=(30,))

        played = chat.play(smoke_test_warm_up="30s")

        assert (played.outputs["smoke-test"], chat.api.calls["chat"]) == ("passed", 2)

    def test_what_a_429_asks_for_is_waited(self) -> None:
        chat = Chat(Reply(429, headers=((b"retry-after", b"20"),)), {})

        played = chat.play()

        assert played.outputs["smoke-test"] == "passed"
        assert 20 <= played.seconds < 25

    def test_what_a_429_asks_for_is_waited_for_60_s_at_most(self) -> None:
        played = Chat(Reply(429, headers=((b"retry-after", b"99"),)), {}).play()

        assert 60 <= played.seconds < 70

    def test_errors_are_told_with_what_is_left(self) -> None:
        played = Chat(Reply(503), {}).play()

        assert re.search(r"Question to .*: HTTP 503 Service Unavailable\. Retrying for up to 1m00s\.", played.text)

    def test_after_the_warm_up_a_few_more_tries_are_told_without_a_time(self) -> None:
        played = Chat(Reply(429), {}).play(smoke_test_warm_up="0s")

        assert re.search(r"Question to .*: HTTP 429 Too Many Requests\. Retrying\. ", played.text)

    def test_at_the_deadline_it_is_timed_out(self) -> None:
        chat = Chat(Reply(503))

        played = chat.play(timeout="10s")

        assert played.result == "timed-out"
        assert "Reason: the smoke test got no answer (question to" in played.told
        assert 10 <= played.seconds < 15


FIFTY: dict[str, Any] = {"usage": {"completion_tokens": 50}}


class TestFigures:
    @pytest.mark.parametrize(
        ("reply", "figures"),
        [
            (
                {"usage": {"completion_tokens": 50}, "time_info": {"completion_time": 0.1}},
                "2.00 s, 50 tokens, 500 tokens/s",
            ),
            (FIFTY | {"time_info": {}}, "2.00 s, 50 tokens, 25 tokens/s"),
            (
                {"usage": {"completion_tokens": 50}, "time_info": {"completion_time": 0}},
                "2.00 s, 50 tokens, 25 tokens/s",
            ),
            (FIFTY | {"time_info": None}, "2.00 s, 50 tokens, 25 tokens/s"),
            ({"usage": {"completion_tokens": 0}, "time_info": None}, "2.00 s, 0 tokens"),
            ({"usage": {}, "time_info": None}, "2.00 s"),
            ({"usage": None, "time_info": {"completion_time": 0.1}}, "2.00 s"),
        ],
    )
    def test_the_rate_is_by_the_apis_time_or_else_by_the_latency(self, reply: Mapping[str, Any], figures: str) -> None:
        played = Chat(reply, seconds=(2,)).play()

        assert f'Smoke test passed. Answer: "pong" ({figures}, fp_1)\n' in played.text

    def test_without_any_time_there_is_no_rate(self) -> None:
        assert 'Smoke test passed. Answer: "pong" (0.00 s, 50 tokens, fp_1)\n' in (
            Chat(FIFTY | {"time_info": None}).play().text
        )

    def test_without_a_fingerprint_none_is_shown(self) -> None:
        assert (
            'Smoke test passed. Answer: "pong" (0.00 s, 1 token, 10 tokens/s)\n'
            in Chat({"system_fingerprint": None}).play().text
        )


class TestFingerprint:
    @pytest.mark.parametrize(("found", "warned"), [("fp_suffix", False), ("fp_other", True), (None, True)])
    @pytest.mark.parametrize("by_id", [False, True], ids=["deployed", "followed by id"])
    def test_one_without_the_versions_suffix_is_a_warning(
        self, found: str | None, *, warned: bool, by_id: bool
    ) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            return whole | {"system_fingerprint": found} if call == "chat" else whole

        api = Forged(edit, begun=True, states=("complete",))
        given = {"model": "", "alias": "", "deployment-id": OURS} if by_id else {}

        played = forged_stage(api).play(ASK | {"smoke-test-expect": ""} | given)

        assert played.exit_code == 0
        what = f"gpt-oss-120b version 2{'' if by_id else ' (alias production)'}"
        shown = f"fingerprint {found or 'none'}, which doesn't end with suffix, the suffix of {what}."
        assert (shown in played.text) == warned

    @pytest.mark.parametrize("reply", [{"response": None}, Reply(503)], ids=["no details", "no reply"])
    def test_followed_by_id_with_no_details_of_the_version_nothing_is_compared(self, reply: Any) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            return (reply if isinstance(reply, Reply) else whole | reply) if call == "version" else whole

        api = Forged(edit, begun=True, states=("complete",))
        by_id = {"model": "", "alias": "", "deployment-id": OURS}

        played = forged_stage(api).play(ASK | {"smoke-test-expect": ""} | by_id)

        assert (played.result, "Fingerprint" in played.text) == ("succeeded", False)

    def test_followed_by_id_without_a_model_name_nothing_is_compared(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call != "endpoint":
                return whole
            nameless = entry(OURS, "2", "complete", 2) | {"model": "weights.bin"}
            return whole | {"deployed_models": [entry(OLD, "1", "complete", 1), nameless]}

        by_id = {"model": "", "alias": "", "deployment-id": OURS}

        played = forged_stage(Forged(edit)).play(ASK | {"smoke-test-expect": ""} | by_id)

        assert (played.result, "Fingerprint" in played.text) == ("succeeded", False)

    def test_followed_by_id_the_version_that_is_told_stays_the_deployed_one(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call == "endpoint":
                listed = [entry(OLD, "1", "complete", 1), entry(OURS, "production", "complete", 2)]
                return whole | {"deployed_models": listed}
            return whole | {"name": MODEL.format("3")} if call == "version" else whole

        by_id = {"model": "", "alias": "", "deployment-id": OURS}

        played = forged_stage(Forged(edit)).play(ASK | {"smoke-test-expect": ""} | by_id)

        assert played.outputs["model"] == MODEL.format("production")


class TestTone:
    """The color of the line that says what it came to."""

    GOOD, BAD = "\x1b[32m", "\x1b[31m"

    @pytest.mark.parametrize(
        ("reply", "told", "color"),
        [
            ({}, "Smoke test passed. ", GOOD),
            ({"choices": [{"message": {"content": "no"}, "finish_reason": "stop"}]}, "Smoke test failed: ", BAD),
            ({"choices": [{"message": {"content": "no"}}]}, "Smoke test failed: ", BAD),
            (Reply(503), "Smoke test failed: no answer, while ", BAD),
            (Reply(408), "Smoke test got no answer. ", BAD),
        ],
    )
    def test_of_one_question(self, reply: Any, told: str, color: str) -> None:
        chat = Chat(reply)

        played = chat.stage.play(ASK | {"smoke-test-expect": "pong"}, env={"NO_COLOR": ""})

        assert re.search(f"^{re.escape(color)}[0-9:]+  {re.escape(told)}", played.text, re.MULTILINE)

    @pytest.mark.parametrize(("text", "color"), [("yes", GOOD), ("no", BAD)])
    def test_of_many(self, text: str, color: str) -> None:
        there = endpoint(lambda *_: Said(text))
        there.stage.files = {"suite.toml": '[[case]]\nprompt = "q0"\ncontains = "yes"\n'}

        played = there.stage.play(
            {"smoke-test-file": "suite.toml", "inference-api-key": "inference-key-1"}, env={"NO_COLOR": ""}
        )

        assert re.search(f"^{re.escape(color)}[0-9:]+  Smoke test (passed|failed): ", played.text, re.MULTILINE)


class TestStopped:
    def test_canceled_before_the_answer_it_says_what_was_cut_off(self) -> None:
        clock = VirtualClock(interrupt_at=EPOCH + 5)
        there = Stage("live", clock=clock, faults=["chat:1=read-timeout"], latency=0.5)

        played = there.play(ASK)

        assert played.result == "interrupted"
        assert "Reason: the step was waiting for the smoke test's answer\n" in played.told

    @pytest.mark.parametrize(
        ("status", "advice"),
        [
            (401, "Set `inference-api-key` to an inference API key"),
            (403, "Set `inference-api-key` to an inference API key"),
            (400, "Change the smoke test so that the API accepts its question."),
            (413, "Change the smoke test so that the API accepts its question."),
            (422, "Change the smoke test so that the API accepts its question."),
            (402, "Re-run the step to continue from there"),
        ],
    )
    def test_a_question_that_is_refused_is_asked_once_and_the_advice_is_about_what_is_refused(
        self, status: int, advice: str
    ) -> None:
        chat = Chat(Reply(status, body=b'{"message": "No"}'))

        played = chat.play()

        assert (played.result, chat.api.calls["chat"]) == ("refused", 1)
        assert f"\nNext: {advice}" in played.told


class TestSmokeTest:
    @pytest.mark.long
    def test_a_match_that_takes_too_long_says_nothing_about_the_version(self) -> None:
        played = play("healthy", HELLO_OR_BACK | {"smoke-test-expect": "(a+)+$"}, answer="a" * 60 + "!")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert "`(a+)+$` couldn't be matched: the match took more than 1 s of CPU time" in played.told
        assert "its smoke test could not be judged" in played.told
        assert made(played) == [2]

    @pytest.mark.parametrize(
        "warm_up",
        [
            "chat:1=404",
            "chat:1-2=429",
            "chat:1=503",
            "chat:1=refused",
            "chat:1=reset-after",
            "chat:1=html",
            "chat:1=408",
        ],
    )
    def test_errors_at_first_are_forgiven(self, warm_up: str) -> None:
        assert play("live", HELLO, warm_up).result == "unchanged"

    def test_a_first_slow_answer_is_forgiven(self) -> None:
        played = play("live", HELLO | {"smoke-test-max-latency": "2s"}, "chat:1=slow;seconds=12")

        assert (played.result, played.outputs["smoke-test"]) == ("unchanged", "passed")

    @pytest.mark.parametrize("fault", ["chat:1=401", "chat:1=403"])
    def test_a_key_that_is_turned_away_is_refused_and_rolls_nothing_back(self, fault: str) -> None:
        played = play("healthy", HELLO_OR_BACK, fault)

        assert played.result == "refused"
        assert "Next: Set `inference-api-key` to an inference API key" in played.told
        assert made(played) == [2]

    def test_a_failed_one_is_red_again_on_a_re_run(self) -> None:
        stage = Stage("wrong-answer")
        first, again = stage.play(HELLO), stage.play(HELLO)

        assert (first.result, again.result) == ("smoke-test-failed", "smoke-test-failed")
        assert made(again) == [2]

    def test_the_deadline_bounds_it(self) -> None:
        played = play("live", HELLO | {"timeout": "10s"}, "chat:*=503")

        assert played.result == "timed-out"
        assert played.seconds <= 15
