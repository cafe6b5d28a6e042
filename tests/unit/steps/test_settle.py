"""What becomes of each of many questions, in whole runs: which are asked again, and which say nothing."""

from typing import Any

import httpx
import pytest

from helpers.questions import WARM, Said, endpoint, reasons, verdicts
from helpers.stage import EPOCH

LOST = httpx.ReadError("reset")


def throttled(seconds: int | None = None) -> httpx.Response:
    return httpx.Response(429, headers={} if seconds is None else {"retry-after": str(seconds)})


class TestAskedAgain:
    @pytest.mark.parametrize("error", [LOST, httpx.ConnectError("no"), httpx.ReadTimeout("timed out")])
    def test_lost_connections_are_asked_again_three_times(self, error: Any) -> None:
        there = endpoint(lambda prompt, _, __: error if prompt == "q3" else Said())

        played = there.ask("", **WARM)

        assert there.times["2", "q3"] == 4
        assert verdicts(played) == ["passed"] * 3 + ["unanswered"] + ["passed"] * 4
        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")

    @pytest.mark.parametrize("status", [400, 404, 408, 422, 500, 503])
    def test_no_other_error_is_and_it_says_nothing_about_the_version(self, status: int) -> None:
        there = endpoint(lambda prompt, _, __: httpx.Response(status, json={}) if prompt == "q0" else Said())

        played = there.ask("pass-rate = 0.5", **WARM)

        assert there.times["2", "q0"] == 1
        assert verdicts(played) == ["unanswered"] + ["passed"] * 7
        assert played.outputs["smoke-test"] == "passed"

    def test_one_that_passes_at_last_has_passed(self) -> None:
        there = endpoint(lambda _, times, __: LOST if times < 3 else Said())

        assert there.ask("", **WARM).outputs["smoke-test"] == "passed"

    @pytest.mark.parametrize(
        ("answers", "verdict"),
        [
            ("nyy", "passed"),
            ("nyn", "failed"),
            ("nnn", "failed"),
            ("nyu", "unanswered"),
            ("y", "passed"),
            ("u", "unanswered"),
        ],
    )
    def test_repeat_has_one_that_failed_asked_until_there_are_three_answers(self, answers: str, verdict: str) -> None:
        said: dict[str, Said | httpx.Response] = {
            "y": Said(),
            "n": Said("no"),
            "u": httpx.Response(503, json={}),
        }
        there = endpoint(lambda prompt, times, _: said[answers[times]] if prompt == "q1" else Said())

        played = there.ask("repeat = 3", **WARM)

        assert there.times["2", "q1"] == len(answers)
        assert verdicts(played)[1] == verdict

    def test_a_429_holds_all_of_them_back_and_then_fewer_are_asked(self) -> None:
        there = endpoint(lambda prompt, times, _: throttled(20) if (prompt, times) == ("q5", 0) else Said())

        played = there.ask("concurrency = 4", 40, **WARM)

        turned_away = next(one.sent for one in there.questions if one.prompt == "q5")
        later = sorted(one.sent - turned_away for one in there.questions if one.sent > turned_away)
        assert later[0] >= 20
        assert sum(one < 20.4 for one in later) < 4
        assert played.text.count("Asking more slowly") == 1

    @pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
    def test_429_on_5_percent_of_a_thousand_never_fails_a_version(self, seed: int) -> None:
        def answer(prompt: str, times: int, _: str) -> Said | httpx.Response:
            return throttled() if (int(prompt[1:]) * 7 + times * 13 + seed) % 20 == 0 else Said(seconds=0.1)

        played = endpoint(answer).ask("concurrency = 16", 1000, **WARM)

        assert played.outputs["smoke-test"] != "failed"
        assert played.result in {"unchanged", "smoke-test-failed"}


class Limited:
    """A limit of so many requests in so many seconds: in each window of that length, or else one after the other."""

    def __init__(self, requests: int, seconds: float, *, windows: bool) -> None:
        self.requests, self.seconds, self.windows = requests, seconds, windows
        self.there = endpoint(self.answer)
        self.passed: list[float] = []

    def answer(self, *_: object) -> Said | httpx.Response:
        now = self.there.stage.clock.now()
        window = now // self.seconds if self.windows else 0.0
        recent = [one for one in self.passed if one // self.seconds == window or not self.windows]
        is_full = len(recent) >= self.requests if self.windows else self._came_lately(now)
        if is_full:
            return throttled()
        self.passed.append(now)
        return Said(seconds=0.1)

    def _came_lately(self, now: float) -> bool:
        return bool(self.passed) and now - self.passed[-1] < self.seconds / self.requests


class TestALimitWithoutRetryAfter:
    @pytest.mark.parametrize("windows", [True, False])
    @pytest.mark.parametrize(("requests", "seconds", "cases"), [(60, 60.0, 200), (20, 60.0, 60), (3000, 60.0, 400)])
    @pytest.mark.parametrize("concurrency", [1, 32])
    def test_it_is_obeyed_until_every_question_is_answered(
        self, requests: int, seconds: float, cases: int, concurrency: int, *, windows: bool
    ) -> None:
        limited = Limited(requests, seconds, windows=windows)

        played = limited.there.ask(f"concurrency = {concurrency}", cases, timeout="2h", **WARM)

        assert (played.outputs["smoke-test"], len(limited.passed)) == ("passed", cases)
        assert played.seconds < 60 + 2 * cases * seconds / requests + cases * 0.1 / concurrency

    @pytest.mark.parametrize("concurrency", [1, 32])
    def test_one_that_lets_hardly_anything_through_leaves_questions_unanswered_and_fails_none(
        self, concurrency: int
    ) -> None:
        limited = Limited(2, 60.0, windows=False)

        played = limited.there.ask(f"concurrency = {concurrency}", 20, timeout="2h", **WARM)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert 0 < verdicts(played).count("unanswered") < 20
        assert verdicts(played).count("failed") == 0

    def test_a_question_that_is_always_turned_away_is_asked_four_times_and_holds_no_other_back(self) -> None:
        there = endpoint(lambda prompt, _, __: throttled() if prompt == "q3" else Said())

        played = there.ask("pass-rate = 0.9", 40, timeout="1h", **WARM)

        answered = max(one.answered for one in there.questions if one.prompt != "q3")
        assert answered < EPOCH + 30
        assert played.seconds < 40
        assert sum(one.prompt == "q3" for one in there.questions) == 4
        assert (verdicts(played).count("passed"), verdicts(played)[3]) == (39, "unanswered")
        assert played.outputs["smoke-test"] == "passed"
        assert reasons(played) == {"question to my-org-gpt-oss-120b: HTTP 429 Too Many Requests"}

    def test_at_the_deadline_those_that_are_left_are_unanswered(self) -> None:
        limited = Limited(60, 60.0, windows=False)

        played = limited.there.ask("", 400, timeout="100s", **WARM)

        assert played.result == "timed-out"
        assert 100 <= played.seconds < 103

    def test_if_the_version_has_surely_failed_by_then_it_says_what_turned_the_others_away(self) -> None:
        there = endpoint(lambda prompt, _, __: Said("no") if prompt == "q0" else throttled(60))

        played = there.ask("concurrency = 1", timeout="30s", **WARM)

        assert played.outputs["smoke-test"] == "failed"
        told = "gave up, because no time was left (question to my-org-gpt-oss-120b: HTTP 429 Too Many Requests)"
        assert told in reasons(played)


class TestANo:
    """A question that is turned away for good: with the key, or alone."""

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_key_that_is_turned_away_is_refused_and_the_rest_is_not_asked(self, status: int) -> None:
        there = endpoint(lambda prompt, _, __: httpx.Response(status, json={}) if prompt == "q4" else Said())

        played = there.ask("", 40, **WARM)

        assert played.result == "refused"
        assert len(there.questions) < 12

    def test_a_page_that_turns_one_question_away_says_nothing_about_the_key(self) -> None:
        page = httpx.Response(403, headers={"content-type": "text/html"}, content=b"<html>Blocked</html>")
        there = endpoint(lambda prompt, _, __: page if prompt == "q4" else Said())

        assert verdicts(there.ask("", **WARM)).count("unanswered") == 1
