"""What the step concluded, and whether it is rolled back."""

from dataclasses import replace
from typing import Literal

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.outcome import Outcome, is_rolled_back
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import following, nothing_sent


class TestWhatIsRolledBack:
    """The one rule for `on-failure: rollback`."""

    @pytest.mark.parametrize("result", Result)
    def test_of_a_rollout_only_one_that_ended_in_an_error(self, result: Result) -> None:
        failed, done = following(Progress(Status.ERROR)), following(Progress(Status.DONE))

        assert is_rolled_back(End(result), failed) == (result is Result.FAILED)
        assert not is_rolled_back(End(result), done)

    @pytest.mark.parametrize("verdict", ["passed", "failed", "unanswered", "skipped"])
    def test_of_a_smoke_test_only_one_that_judged_the_version_bad(
        self, verdict: Literal["passed", "failed", "unanswered", "skipped"]
    ) -> None:
        facts = following(Progress(Status.DONE))
        facts.smoke_tested(SmokeTestResult(verdict))

        assert is_rolled_back(End(Result.SMOKE_TEST_FAILED), facts) == (verdict == "failed")

    def test_never_a_version_that_was_live_before_the_step(self) -> None:
        facts = nothing_sent()
        facts.found_live(make.entry("ours 2 complete 20"))
        facts.smoke_tested(SmokeTestResult("failed"))

        assert not is_rolled_back(End(Result.SMOKE_TEST_FAILED), facts)

    def test_nor_if_it_is_in_an_error_by_then(self) -> None:
        facts = nothing_sent()
        facts.found_live(make.entry("ours 2 error 20"))

        assert not is_rolled_back(End(Result.FAILED), facts)


class TestTexts:
    OUTCOME = Outcome(
        Result.FAILED,
        "Rollout failed",
        "The rollout failed.",
        "version 1",
        "out of memory",
        (("Rollback", "succeeded"),),
        "Fix it.",
        "d1",
    )

    def test_the_message_is_what_happened_and_the_next_step(self) -> None:
        assert self.OUTCOME.message == "The rollout failed. Fix it."
        assert replace(self.OUTCOME, advice="").message == "The rollout failed."

    def test_the_annotation_has_a_line_for_each_text(self) -> None:
        assert self.OUTCOME.lines == [
            "The rollout failed.",
            "Serving now: version 1.",
            "Reason: out of memory",
            "Rollback: succeeded",
            "Next: Fix it.",
            "Deployment: d1",
        ]
        assert Outcome(Result.FAILED, "t", "It failed.").lines == ["It failed."]

    @pytest.mark.parametrize("problems", [("`a` is b",), ("`a` is b", "`c` is d")])
    def test_invalid_inputs_have_a_line_each_be_it_one_or_many(self, problems: tuple[str, ...]) -> None:
        lines = replace(self.OUTCOME, problems=problems).lines

        assert lines == [*(f"- {problem}" for problem in problems), "No request was sent."]

    def test_each_text_can_be_changed(self) -> None:
        changed = replace(self.OUTCOME, problems=("one",)).mapped(str.upper)

        assert (changed.title, changed.statement, changed.serving) == (
            "Rollout failed",
            "THE ROLLOUT FAILED.",
            "version 1",
        )
        assert (changed.reason, changed.asked, changed.advice) == (
            "OUT OF MEMORY",
            (("Rollback", "SUCCEEDED"),),
            "FIX IT.",
        )
        assert changed.problems == ("ONE",)
