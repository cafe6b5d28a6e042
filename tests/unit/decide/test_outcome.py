"""What the step concluded, and whether it is rolled back."""

from typing import Literal

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.outcome import is_rolled_back
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
