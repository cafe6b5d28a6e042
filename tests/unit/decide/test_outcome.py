"""What the step concluded, and whether it is rolled back."""

from dataclasses import replace
from typing import Literal

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import is_rolled_back
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import Track
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.result import End, Result
from helpers import make

UUID = "550e8400-e29b-41d4-a716-446655440000"


def nothing_sent() -> Facts:
    facts = Facts(endpoint=make.ENDPOINT, asked="production")
    facts.saw_version(make.version())
    return facts


def following(progress: Progress | None = None) -> Facts:
    facts = nothing_sent()
    facts.saw_endpoint(make.endpoint("old 1 complete 10"), 0)
    track = Track(Target(UUID)).listed(make.entry(f"{UUID} 2 in_progress 20"), 0)
    facts.attached(replace(track, progress=progress or Progress(Status.IN_PROGRESS, 5, 8)), 10.0)
    return facts


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
