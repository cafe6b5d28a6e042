"""The job summary's table of steps, and the smoke test's question."""

import pytest

from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import Result
from cerebras_deploy.tell.steps_table import Asked, question_table, steps_table
from cerebras_deploy.tell.timeline import Change, Timeline
from helpers import make

ALL = Asked(Question(asking("Say hello.")), ("stable", "canary"))
NOTHING_MORE = Asked()


def facts_of(state: str, *, rollback: bool = False, counts: tuple[int, int] | None = (3, 8)) -> Facts:
    facts = Facts(make.ENDPOINT, "production", rollback_wanted=rollback)
    facts.saw_version(make.version())
    facts.saw_before_deploying([make.entry("old 1 complete 10")])
    updated, total = counts or (None, None)
    entry = make.entry(f"ours 2 {state} 20").model_copy(
        update={"rollout_replicas_updated": updated, "rollout_total_replicas": total}
    )
    facts.attached(Track(Target("ours", 20)).listed(entry, 1.0), 2.0)
    facts.finished(400.0)
    return facts


def made() -> Timeline:
    timeline = Timeline()
    for at, change in (
        (2.0, Change("in progress", "Rollout", "in progress")),
        (62.0, Change("an end", "Rollout", "done")),
        (70.0, Change("in progress", "Rollback", "in progress")),
        (190.0, Change("an end", "Rollback", "done")),
    ):
        timeline.add(at, change)
    return timeline


def rows(facts: Facts, result: Result, asked: Asked = NOTHING_MORE) -> list[str]:
    lines = steps_table(facts, Outcome(result, "", ""), made(), asked)
    assert lines[:2] in ([], ["| Step | Outcome | Took | Deployment |", "| --- | --- | --- | --- |"])
    return lines[2:]


class TestTheRollout:
    @pytest.mark.parametrize(
        ("state", "result", "outcome", "took"),
        [
            ("complete", Result.TIMED_OUT, "✅ done, 3 of 8 replicas updated", "1m00s"),
            ("complete", Result.FAILED, "❌ done, 3 of 8 replicas updated", "1m00s"),
            ("error", Result.FAILED, "❌ error, 3 of 8 replicas updated", "1m00s"),
            ("rolled_back", Result.ROLLED_BACK, "❌ rolled back, 3 of 8 replicas updated", "1m00s"),
            ("in_progress", Result.TIMED_OUT, "⏳ in progress, 3 of 8 replicas updated", ""),
            ("warming|up", Result.TIMED_OUT, "⏳ `in unrecognized state 'warming¦up', 3 of 8 replicas updated`", ""),
        ],
    )
    def test_it_says_how_far_it_came(self, state: str, result: Result, outcome: str, took: str) -> None:
        assert rows(facts_of(state), result) == [f"| Roll out version 2 | {outcome} | {took} | `ours` |"]

    def test_one_that_was_live_already_is_said_to_be(self) -> None:
        facts = Facts(make.ENDPOINT)
        facts.saw_version(make.version())
        facts.found_live(make.entry("ours 2 complete 20"))

        assert rows(facts, Result.SMOKE_TEST_FAILED) == ["| Roll out version 2 | ✅ already live |  | `ours` |"]

    def test_one_that_may_have_started_is_told_and_none_at_all_is_not(self) -> None:
        doubtful, nothing = Facts("e"), Facts("e")
        doubtful.deploy_call.lost()

        assert rows(doubtful, Result.UNREACHABLE) == ["| Roll out | ❓ may have started |  |  |"]
        assert rows(nothing, Result.REFUSED) == []
        assert rows(nothing, Result.REFUSED, ALL)[0] == "| Roll out | not started |  |  |"

    @pytest.mark.parametrize("result", [Result.SUCCEEDED, Result.PLANNED, Result.INVALID_INPUT])
    def test_where_the_heading_says_as_much_there_is_no_table(self, result: Result) -> None:
        assert rows(facts_of("complete", rollback=True), result) == []


class TestTheSmokeTest:
    @pytest.mark.parametrize(
        ("tested", "outcome"),
        [
            (SmokeTestResult("passed", 0.25), "✅ passed | 0.25 s"),
            (SmokeTestResult("failed", 1.0), "❌ failed | 1.00 s"),
            (SmokeTestResult("unanswered"), "❓ no answer that can be judged | "),
            (SmokeTestResult(), "skipped | "),
        ],
    )
    def test_it_says_what_came_of_it(self, tested: SmokeTestResult, outcome: str) -> None:
        facts = facts_of("complete")
        facts.smoke_tested(tested)

        assert rows(facts, Result.SUCCEEDED, ALL)[1] == f"| Smoke test | {outcome} |  |"

    def test_one_that_was_cut_off_is_said_to_be(self) -> None:
        facts = facts_of("complete")
        facts.smoke_test_begun()

        assert rows(facts, Result.INTERRUPTED, ALL)[1] == "| Smoke test | ❓ stopped before an answer |  |  |"

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            (Question(asking("a|b")), "any text"),
            (Question(asking("a|b"), contains=("x", "y")), "contains `x` or `y`"),
            (Question(asking("a|b"), ("x",), "^y$", most_latency=2.5), "contains `x`, matches `^y$`, within 2.5 s"),
        ],
    )
    def test_question_expectation_and_answer_stand_together(self, question: Question, expected: str) -> None:
        facts = facts_of("complete")

        assert question_table(facts, Asked(question)) == []
        facts.smoke_tested(SmokeTestResult("failed", answer="<b>"))
        assert question_table(facts, Asked(question)) == [
            *("| Prompt | Expected | Answer |", "| --- | --- | --- |", f"| `a¦b` | {expected} | `<b>` |"),
        ]

    def test_without_an_answer_it_says_so(self) -> None:
        facts = facts_of("complete")
        facts.smoke_tested(SmokeTestResult("unanswered"))

        assert question_table(facts, ALL)[-1] == "| `Say hello.` | any text | none |"


class TestTheRollback:
    def test_it_is_told_only_of_a_failure(self) -> None:
        facts = facts_of("complete", rollback=True)

        assert rows(facts, Result.FAILED)[1:] == ["| Roll back to version 1 | skipped |  |  |"]
        assert rows(facts, Result.SUCCEEDED) == []

    def test_one_that_could_not_begin_is_said_to_have_failed(self) -> None:
        facts = facts_of("error", rollback=True)
        facts.rollback_ended("failed", "there is no version to go back to")

        assert rows(facts, Result.FAILED)[1] == "| Roll back to version 1 | ❌ not rolled back |  |  |"

    def test_one_whose_call_was_lost_may_have_started(self) -> None:
        facts = facts_of("error", rollback=True)
        facts.rollback_begun(make.name("1")).deploy_call.lost()

        assert rows(facts, Result.FAILED)[1] == "| Roll back to version 1 | ❓ may have started |  |  |"

    @pytest.mark.parametrize(
        ("state", "outcome"),
        [("complete", "✅ done | 2m00s"), ("error", "❌ error | 2m00s"), ("in_progress", "⏳ in progress | ")],
    )
    def test_it_says_how_far_it_came(self, state: str, outcome: str) -> None:
        facts = facts_of("error", rollback=True)
        back = facts.rollback_begun(make.name("1"))
        back.attached(Track(Target("back", 30)).listed(make.entry(f"back 1 {state} 30"), 70.0), 70.0)

        assert rows(facts, Result.FAILED)[1] == f"| Roll back to version 1 | {outcome} | `back` |"


class TestTheAliases:
    def test_each_has_a_row_and_the_first_that_was_not_moved_is_not_confirmed(self) -> None:
        facts = facts_of("complete")
        facts.alias_moved("stable", "version 1 → version 2")
        asked = Asked(aliases=("stable", "canary", "lts"))

        failed, succeeded = rows(facts, Result.PROMOTION_FAILED, asked), rows(facts, Result.SUPERSEDED, asked)
        facts.alias_begun("canary")

        assert failed[1:] == [
            "| Move alias `stable` | ✅ `version 1 → version 2` |  |  |",
            "| Move alias `canary` | ❌ not confirmed |  |  |",
            "| Move alias `lts` | skipped |  |  |",
        ]
        assert succeeded[2:] == ["| Move alias `canary` | skipped |  |  |", "| Move alias `lts` | skipped |  |  |"]
        assert rows(facts, Result.INTERRUPTED, asked)[1:] == failed[1:]
