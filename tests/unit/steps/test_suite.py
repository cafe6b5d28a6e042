"""Many questions before and after the rollout, in whole runs: whom they are asked of, and what is compared."""

import json
from typing import Any

import httpx
import pytest

from helpers.presented import entry
from helpers.questions import Endpoint, Said, endpoint, verdicts
from helpers.stage import EPOCH, Played

COMPARE = "max-slowdown = 0.2"
SKIPPED = "`max-slowdown` was not judged: "


def rolling_out(answer: Any = lambda *_: Said(), **more: Any) -> Endpoint:
    """An endpoint that serves version 1, and version 2 a minute after the deploy call."""
    return endpoint(answer, live=False, **more)


def by_version(old: Said, new: Said) -> Any:
    return lambda _prompt, _times, version: new if version == "2" else old


def suite_of(played: Played) -> Any:
    return json.loads(played.outputs["report"])["smoke_test"]["suite"]


class TestBefore:
    def test_the_version_that_serves_is_asked_the_same_in_the_same_order_with_one_that_is_not_measured(self) -> None:
        there = rolling_out()

        played = there.ask(COMPARE)

        assert (played.result, there.most_at_a_time) == ("succeeded", 4)
        assert there.asked_of("1") == there.asked_of("2") == ["q0", *(f"q{number}" for number in range(8))]
        assert suite_of(played)["slowdown"]["pairs"] == 8

    def test_after_it_the_endpoint_is_looked_at_again(self) -> None:
        there = rolling_out(lambda *_: Said(seconds=10))
        last_read: list[float] = []

        def read(whole: Any, _: int) -> Any:
            last_read.append(there.stage.clock.now())
            return whole

        there.whole = read

        there.ask(COMPARE)

        answered = max(one.answered for one in there.questions if one.version == "1")
        assert answered < there.deployed[0]
        assert [at for at in last_read if answered <= at <= there.deployed[0]]

    def test_if_another_version_is_live_by_then_that_is_asked_and_compared(self) -> None:
        there = rolling_out(lambda *_: Said(seconds=10))
        third = entry("3", "complete", -15, EPOCH)
        there.more = lambda _: [third] if there.stage.clock.now() > EPOCH + 15 else []

        played = there.ask(COMPARE)

        assert there.asked_of("1").count("q7") == 2
        assert played.text.count("questions first, to compare") == 2

    def test_it_is_asked_each_question_once_whatever_it_answers(self) -> None:
        there = rolling_out(by_version(Said("no"), Said()))

        there.ask(f"repeat = 3\n{COMPARE}")

        assert [there.times["1", f"q{number}"] for number in range(8)] == [2] + [1] * 7

    def test_nor_is_the_first_answer_of_the_new_one_whatever_the_warm_up(self) -> None:
        there = rolling_out()

        there.ask(COMPARE, smoke_test_warm_up="0s")

        assert [there.times["2", f"q{number}"] for number in range(8)] == [2] + [1] * 7

    def test_without_a_warm_up_an_error_to_the_first_question_says_nothing(self) -> None:
        there = rolling_out(lambda *asked: httpx.Response(503) if (asked[0], asked[2]) == ("q0", "2") else Said())

        played = there.ask(f"pass-rate = 0.5\n{COMPARE}", smoke_test_warm_up="0s")

        assert verdicts(played) == ["unanswered"] + ["passed"] * 7
        assert there.models_read == 1  # whether the key is right, at the beginning

    def test_an_error_to_the_question_that_is_not_measured_is_told(self) -> None:
        there = rolling_out(lambda *asked: httpx.Response(503, text="") if asked == ("q0", 0, "1") else Said())

        played = there.ask(COMPARE)

        assert played.result == "succeeded"
        assert "  Question to my-org-gpt-oss-120b: HTTP 503 Service Unavailable.\n" in played.text
        assert played.log.annotations[0].title == "Deployed: my-org-gpt-oss-120b"  # so that they were compared

    def test_without_a_limit_nothing_is_asked(self) -> None:
        there = rolling_out()

        assert there.ask("").result == "succeeded"
        assert there.asked_of("1") == []

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_key_that_is_turned_away_is_refused_before_anything_is_deployed(self, status: int) -> None:
        there = rolling_out(lambda *_: httpx.Response(status, json={}))

        assert (there.ask(COMPARE).result, there.deployed) == ("refused", [])

    def test_at_the_deadline_nothing_is_deployed(self) -> None:
        there = rolling_out(lambda *_: Said(seconds=9))

        played = there.ask(COMPARE, 100, timeout="30s")

        assert (played.result, there.deployed) == ("timed-out", [])
        assert "Reason: the step was asking the previous version" in played.told
        assert "Timed out, nothing deployed" in played.told


class TestCompared:
    def test_a_version_that_is_slower_fails_and_is_rolled_back(self) -> None:
        there = rolling_out(by_version(Said(seconds=0.5), Said(seconds=0.8)))

        played = there.ask(COMPARE, on_failure="rollback")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")
        assert "answers take 1.60x as long as the previous version's, limit 1.20x" in played.told
        assert there.deployed_versions == ["2", "1"]
        assert suite_of(played)["slowdown"]["lower_bound"] == 1.6

    @pytest.mark.parametrize("new", [Said(seconds=0.59), Said(seconds=0.2)])
    def test_one_that_is_not_passes(self, new: Said) -> None:
        played = rolling_out(by_version(Said(), new)).ask(COMPARE)

        assert played.result == "succeeded"
        assert "Compared with the previous version: median latency" in played.text

    def test_fewer_than_six_pairs_cannot_tell_which_is_said(self) -> None:
        played = rolling_out(by_version(Said(), Said(seconds=5))).ask(COMPARE, 5)

        assert played.result == "succeeded"
        assert "median latency 10.00x (+4.50 s) over 5 pairs, too few to tell" in played.text

    def test_what_the_version_before_passed_is_told_first(self) -> None:
        def answer(prompt: str, _: int, version: str) -> Said:
            return Said("no" if prompt in ({"q1"} if version == "1" else {"q1", "q2"}) else "yes")

        played = rolling_out(answer).ask(COMPARE)

        assert "The previous version passed 1 of the 2 failed questions. They come first." in played.summary
        first, second = [line for line in played.summary.splitlines() if line.startswith("| `case ")]
        assert ("(passed before)" in first, "`q2`" in first) == (True, True)
        assert ("(passed before)" in second, "`q1`" in second) == (False, True)

    def test_the_figures_stand_side_by_side(self) -> None:
        played = rolling_out(by_version(Said(seconds=0.5), Said(seconds=0.4))).ask(COMPARE)

        assert "| Questions | This version | Previous version |" in played.summary
        assert "| Median latency | 0.40 s | 0.50 s |" in played.summary


class TestSkipped:
    """Without figures from before nothing is compared, which is a warning."""

    def skipped(self, played: Played) -> list[str]:
        return [
            one.message.removeprefix(SKIPPED) for one in played.log.annotations if one.title == "Slowdown not measured"
        ]

    def test_a_first_deployment(self) -> None:
        there = rolling_out()
        there.old = lambda _: None

        played = there.ask(COMPARE)

        assert (played.result, self.skipped(played)) == ("succeeded", ["the endpoint served nothing before."])

    def test_a_version_that_was_live(self) -> None:
        played = endpoint().ask(COMPARE)

        assert (played.result, self.skipped(played)) == ("unchanged", ["this version was already live."])

    def test_a_rollout_that_somebody_else_started(self) -> None:
        there = rolling_out()
        there.deployed.append(EPOCH - 30)

        played = there.ask(COMPARE)

        assert there.deployed_versions == []
        assert (played.result, self.skipped(played)) == ("succeeded", ["this step did not start the rollout."])

    def test_a_rollback(self) -> None:
        there = endpoint()
        there.more = lambda _: [entry("3", "complete", 7200 * 2, EPOCH)]

        played = there.ask(COMPARE, operation="rollback")

        assert (played.result, self.skipped(played)) == ("succeeded", ["this is a rollback."])

    def test_a_version_that_hardly_answered(self) -> None:
        error = httpx.Response(503, json={})
        there = rolling_out(
            lambda prompt, _, version: error if (version, prompt) > ("1", "q2") and version == "1" else Said()
        )

        played = there.ask(COMPARE)

        assert self.skipped(played) == ["the previous version answered fewer than half of the questions."]
        assert (played.result, suite_of(played)["before"]) == ("succeeded", None)

    def test_a_rollout_that_somebody_else_started_while_the_version_before_was_asked(self) -> None:
        def answer(prompt: str, _: int, version: str) -> Said:
            if (prompt, version) == ("q7", "1"):
                there.deployed.append(there.stage.clock.now())
            return Said(seconds=1 if version == "1" else 9)

        there = rolling_out(answer)

        played = there.ask(COMPARE)

        assert there.deployed_versions == []
        assert there.asked_of("1").count("q7") == 1
        assert (played.result, self.skipped(played)) == ("succeeded", ["this step did not start the rollout."])
        assert (suite_of(played)["before"], suite_of(played)["slowdown"]) == (None, None)

    def test_an_endpoint_that_serves_no_single_version_any_more_after_the_version_before_was_asked(self) -> None:
        there = rolling_out(by_version(Said(seconds=2), Said(seconds=9)))
        there.more = lambda _: [canceled] if there.stage.clock.now() > EPOCH + 3 else []
        canceled = entry("3", "canceled", -2, EPOCH, rollout_replicas_updated=1, rollout_total_replicas=4)

        played = there.ask(COMPARE)

        assert there.asked_of("1").count("q7") == 1
        assert (played.result, self.skipped(played)) == (
            "succeeded",
            ["the endpoint served more than one version before the rollout."],
        )


class TestAskedAlike:
    """After a 429 fewer are asked at a time, and each answer takes less long: that says nothing of the version."""

    @staticmethod
    def loaded(there: list[Endpoint], *, limited: str) -> Any:
        """Answers that take longer the more are asked at a time, of which one version turns some away."""

        def answer(prompt: str, times: int, version: str) -> Said | httpx.Response:
            now = there[0].stage.clock.now()
            if version == limited and times == 0 and int(prompt[1:]) % 4 == 3:
                return httpx.Response(429, headers={"retry-after": "5"})
            beside = sum(one.sent <= now < one.answered for one in there[0].questions) + 1
            return Said(seconds=0.4 * beside)

        return answer

    @pytest.mark.parametrize("limited", ["1", "2"])
    @pytest.mark.parametrize("seed", range(3))
    def test_a_limit_in_one_of_both_rounds_makes_no_version_slower(self, limited: str, seed: int) -> None:
        known: list[Endpoint] = []
        there = rolling_out(self.loaded(known, limited=limited), seed=seed)
        known.append(there)

        played = there.ask(f"{COMPARE}\nconcurrency = 8", 40, smoke_test_warm_up="0s")

        assert played.result == "succeeded"

    def test_if_too_few_were_asked_alike_to_tell_there_is_a_warning(self) -> None:
        def answer(_: str, times: int, version: str) -> Said | httpx.Response:
            return httpx.Response(429) if version == "1" and times == 0 else Said(seconds=0.5 if version == "1" else 5)

        there = rolling_out(answer)

        played = there.ask(COMPARE, 12)

        (warning,) = [one.message for one in played.log.annotations if one.title == "Limit not judged"]
        assert warning.startswith("`max-slowdown` was not judged: ")
        assert warning.endswith(" of 12 questions were not asked of both at the same concurrency.")
        assert "\n`max-slowdown` was not judged: " in played.summary


class TestNotJudged:
    """A limit that could not be judged never passes in silence."""

    @staticmethod
    def warnings(played: Played) -> list[str]:
        return [one.message for one in played.log.annotations if one.title == "Limit not judged"]

    def test_a_rate_without_tokens(self) -> None:
        played = endpoint(lambda *_: Said(tokens=None)).ask("min-tokens-per-second = 500")

        no_rate = "`min-tokens-per-second` was not judged: fewer than half of the answers say how many tokens they have"
        assert (played.outputs["smoke-test"], self.warnings(played)) == ("passed", [f"{no_rate}."])
        assert suite_of(played)["unjudged_limits"] == [no_rate]

    def test_any_limit_if_the_answers_are_too_few_and_need_not_be_there(self) -> None:
        there = endpoint(lambda prompt, _, __: Said() if prompt == "q0" else httpx.Response(503, json={}))

        played = there.ask('pass-rate = 0\np95-latency = "10ms"\nmin-tokens-per-second = 500')

        hardly = "was not judged: fewer than half of the questions were answered."
        assert played.outputs["smoke-test"] == "passed"
        assert self.warnings(played) == [f"`p95-latency` {hardly}", f"`min-tokens-per-second` {hardly}"]

    def test_a_suite_that_did_not_pass_needs_no_warning(self) -> None:
        played = endpoint(lambda *_: Said("no", tokens=None)).ask("min-tokens-per-second = 500")

        assert (played.outputs["smoke-test"], self.warnings(played)) == ("failed", [])


class TestTold:
    def test_a_line_at_the_start_one_per_failure_up_to_ten_and_one_with_totals(self) -> None:
        there = endpoint(lambda *_: Said("no"))

        lines = there.ask("repeat = 3", 40).text.splitlines()

        failed = [line for line in lines if "  Failed: case " in line]
        start = "Asking my-org-gpt-oss-120b 40 questions, 4 at a time"
        at = next(number for number, line in enumerate(lines) if line.endswith(start))
        assert lines[at + 1].endswith("Required: 40 of 40 pass. A question that fails is asked 3 times.")
        assert len(failed) == 10
        assert failed[0].endswith('Failed: case 1 ("q0"): the answer doesn\'t contain "yes". Answer: "no"')
        assert sum("More questions failed. The job summary lists them." in line for line in lines) == 1
        assert sum("  Smoke test failed: 0 of 40 questions passed, 40 failed" in line for line in lines) == 1

    @pytest.mark.parametrize(("failures", "told"), [(10, 0), (11, 1), (12, 1)])
    def test_that_more_have_failed_than_the_log_shows_is_told_once(self, failures: int, told: int) -> None:
        there = endpoint(lambda prompt, _, __: Said("no" if int(prompt[1:]) < failures else "yes"))

        played = there.ask("concurrency = 1", 20, smoke_test_warm_up="0s")

        assert played.text.count("  Failed: case ") == 10
        assert played.text.count("More questions failed. The job summary lists them.") == told

    def test_the_median_rate_is_in_the_report(self) -> None:
        played = endpoint(lambda *_: Said(tokens=50, seconds=0.5)).ask("")

        assert json.loads(played.outputs["report"])["smoke_test"]["tokens_per_second"] == 100

    def test_what_asks_for_nothing_and_what_is_ignored_are_told(self) -> None:
        there = endpoint()
        there.stage.files = {
            "suite.toml": 'cases = "own.jsonl"',
            "own.jsonl": '{"input": "a", "answer": "b", "id": 1}\n{"input": "a", "ideal": "yes"}\n',
        }

        played = there.play(smoke_test_file="suite.toml", inference_api_key="inference-key-1")

        assert "1 of 2 questions accept any non-empty answer" in played.text
        assert "Ignored keys in `cases`: `answer`, `id`" in played.text

    def test_unanswered_nothing_is_rolled_back(self) -> None:
        error = httpx.Response(503, json={})
        there = rolling_out(lambda prompt, _, __: error if prompt == "q3" else Said())

        played = there.ask("", on_failure="rollback")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert there.deployed_versions == ["2"]
        assert "| 1 | `question to my-org-gpt-oss-120b: HTTP 503 Service Unavailable" in played.summary
