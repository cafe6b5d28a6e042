"""What to do next is one clause that is true in that very situation."""

import pytest

from cerebras_deploy.api.status import NO_WORD, Status, Unknown
from cerebras_deploy.decide.advice import advice
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import UUID, following, in_doubt, nothing_sent, rolling_back, tracked

FOLLOW = f"Set `deployment-id: {UUID}` to keep waiting."
ROLL_BACK = f"Run a step with `operation: rollback` and `deployment-id: {UUID}` to roll back to version 1."
OR_ROLL_BACK = f", or r{ROLL_BACK[1:]}"
CHECK_FIRST = "Check what my-org-gpt-oss-120b serves before you deploy again."
ASK_FIRST = "Check with whoever deployed version 3 before you deploy again, because that replaces it."
AFTER_ROLLBACK = {
    "in_progress": "Set `deployment-id: ours` in place of `model` and `alias` to keep waiting.",
    "error": "Deploy version 1 to restore the endpoint.",
    "rolled_back": "Deploy version 1 to restore the endpoint.",
    "cancelled": CHECK_FIRST,
    "complete": CHECK_FIRST,
}
CHECK = "Check what my-org-gpt-oss-120b serves, then re-run the step."


def listed(state: str, *, wanted: bool = False) -> Facts:
    """Facts of a rollout that one look has listed in that state."""
    facts = following(wanted=wanted)
    facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 {state} 20"), 1)
    return facts


@pytest.mark.parametrize(
    "result", [Result.SUCCEEDED, Result.UNCHANGED, Result.PLANNED, Result.TRIGGERED, Result.INVALID_INPUT]
)
def test_where_nothing_is_to_be_done_there_is_none(result: Result) -> None:
    assert advice(End(result, hint="x"), following()) == ""


class TestAfterARolloutThatWasLost:
    def test_a_re_run_that_replaces_a_newer_version_is_none(self) -> None:
        said = advice(End(Result.SUPERSEDED, newer_version="version 3"), following())

        assert said == ASK_FIRST
        assert advice(End(Result.SUPERSEDED), following()) == ASK_FIRST.replace("version 3", "the newer deployment")

    def test_after_one_that_is_done_as_another_version(self) -> None:
        said = advice(End(Result.FAILED, "it is listed as another version"), following(Progress(Status.DONE)))

        assert said == CHECK_FIRST

    def test_after_a_rollback_by_the_api_there_is_nothing_to_roll_back(self) -> None:
        said = advice(End(Result.ROLLED_BACK, "out of memory"), listed("rolled_back"))

        assert said == "Fix the cause before you deploy version 2 again."

    def test_a_version_that_is_known_by_its_alias_only_cannot_be_deployed_again(self) -> None:
        facts = nothing_sent()
        facts.saw_endpoint(make.endpoint("old stable complete 10"), 0)
        facts.attached(Track(Target(UUID)).listed(make.entry(f"{UUID} 2 error 20"), 0), 10.0)
        facts.saw_endpoint(make.endpoint("old stable complete 10", f"{UUID} 2 error 20"), 1)

        assert "stable" not in advice(End(Result.FAILED, "out of memory"), facts)

    def test_after_somebody_elses_cancel(self) -> None:
        assert advice(End(Result.CANCELLED), following()) == "Ask who canceled it before you re-run the step."

    def test_after_a_rollback_by_the_api_that_lists_it_as_complete(self) -> None:
        said = advice(End(Result.ROLLED_BACK), following(Progress(Status.DONE)))

        assert said.startswith("Check what my-org-gpt-oss-120b serves before you re-run the step, because")

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("out of memory", "Fix the cause before you deploy version 2 again."),
            ("", f"Ask Cerebras support about deployment {UUID}, or re-run the step."),
        ],
    )
    def test_the_cause_is_to_be_fixed_only_if_there_is_one(self, reason: str, said: str) -> None:
        assert advice(End(Result.ROLLED_BACK, reason), following()) == said

    def test_after_an_error_production_comes_first(self) -> None:
        assert advice(End(Result.FAILED, "out of memory"), listed("error")) == f"{ROLL_BACK[:-1]}, then fix the cause."

    def test_after_an_error_that_was_rolled_back(self) -> None:
        facts = listed("error")
        facts.rollback_begun(make.name("1"))
        facts.rollback_ended("succeeded", "")

        assert advice(End(Result.FAILED, "out of memory"), facts) == "Fix the cause before you deploy version 2 again."

    def test_after_one_that_has_vanished(self) -> None:
        facts = following()
        facts.saw_endpoint(make.endpoint("old 1 complete 10"), 1)

        said = advice(End(Result.FAILED, "it is gone"), facts)

        assert said == "Check what my-org-gpt-oss-120b serves before you deploy again."


class TestAfterARollbackThatWasCutOff:
    def test_one_that_is_not_listed_yet_can_be_waited_for(self) -> None:
        said = advice(End(Result.INTERRUPTED), rolling_back(Track(Target("back"))))

        assert said == "Set `deployment-id: back` in place of `model` and `alias` to keep waiting."

    def test_one_that_is_no_longer_listed_cannot(self) -> None:
        facts = rolling_back(tracked().read(make.endpoint("old 1 complete 10"), 5))

        assert advice(End(Result.INTERRUPTED), facts) == CHECK_FIRST


class TestAfterASmokeTest:
    @pytest.mark.parametrize(
        ("wanted", "said"),
        [(False, "Re-run the step to ask again."), (True, f"Re-run the step to ask again{OR_ROLL_BACK}")],
    )
    def test_without_an_answer(self, said: str, *, wanted: bool) -> None:
        facts = listed("complete", wanted=wanted)
        facts.smoke_tested(SmokeTestResult("unanswered"))

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == said

    def test_of_a_bad_version_that_is_kept(self) -> None:
        facts = listed("complete")
        facts.smoke_tested(SmokeTestResult("failed"))

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == ROLL_BACK

    def test_of_a_bad_version_that_was_rolled_back(self) -> None:
        facts = listed("complete")
        facts.smoke_tested(SmokeTestResult("failed"))
        facts.rollback_begun(make.name("1"))
        facts.rollback_ended("succeeded", "")

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == "Fix version 2 before you deploy it again."

    def test_of_the_first_version_of_an_endpoint(self) -> None:
        facts = nothing_sent()
        facts.smoke_tested(SmokeTestResult("failed"))

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == "Deploy a version that passes."

    @pytest.mark.parametrize("state", ["in_progress", "error", "rolled_back", "cancelled", "complete"])
    def test_of_a_bad_version_whose_rollback_did_not_succeed(self, state: str) -> None:
        facts = rolling_back(tracked(state))
        facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 complete 20"), 1)
        facts.smoke_tested(SmokeTestResult("failed"))
        facts.rollback_ended("failed", "")

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == AFTER_ROLLBACK[state]

    def test_of_a_bad_version_whose_rollback_is_no_longer_listed(self) -> None:
        track = tracked().read(make.endpoint("old 1 complete 10"), 1)
        facts = rolling_back(track)
        facts.smoke_tested(SmokeTestResult("failed"))
        facts.rollback_ended("failed", "")

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == CHECK_FIRST

    @pytest.mark.parametrize("newer", ["in_progress", "complete", "error"])
    def test_of_a_bad_version_or_its_rollback_that_somebody_has_deployed_over(self, newer: str) -> None:
        kept, facts = following(), rolling_back(tracked())
        kept.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 complete 20", f"new 3 {newer} 30"), 1)
        assert isinstance(facts.rollback, Facts)
        facts.rollback.saw_endpoint(make.endpoint("old 1 complete 10", "ours 1 error 20", f"new 3 {newer} 30"), 1)
        facts.rollback_ended("failed", "")

        for one in (kept, facts):
            one.smoke_tested(SmokeTestResult("failed"))
            assert advice(End(Result.SMOKE_TEST_FAILED), one) == ASK_FIRST

    def test_of_a_bad_version_over_which_somebodys_deployment_was_rolled_back(self) -> None:
        facts = following()
        facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 complete 20", "new 3 rolled_back 30"), 1)
        facts.smoke_tested(SmokeTestResult("failed"))

        assert advice(End(Result.SMOKE_TEST_FAILED), facts) == "Deploy version 1 to restore the endpoint."


class TestAfterAStop:
    @pytest.mark.parametrize(
        ("result", "said"),
        [
            (Result.TIMED_OUT, "Set a longer `timeout`, and re-run the step."),
            (Result.INTERRUPTED, "Re-run the step."),
            (Result.UNREACHABLE, "Re-run the step once the API answers again."),
            (Result.REFUSED, ""),
        ],
    )
    def test_with_nothing_deployed(self, result: Result, said: str) -> None:
        assert advice(End(result, "why"), nothing_sent()) == said
        assert advice(End(result, "why", "do this"), nothing_sent()) == "Do this."

    @pytest.mark.parametrize("result", [Result.TIMED_OUT, Result.INTERRUPTED, Result.UNREACHABLE])
    def test_with_a_call_in_doubt_the_endpoint_is_to_be_checked(self, result: Result) -> None:
        assert advice(End(result, "why"), in_doubt()) == CHECK

    @pytest.mark.parametrize("result", [Result.TIMED_OUT, Result.INTERRUPTED, Result.UNREACHABLE, Result.REFUSED])
    def test_with_a_rollout_under_way_it_can_be_followed(self, result: Result) -> None:
        assert advice(End(result, "why"), following()) == FOLLOW
        assert advice(End(result, "why", "do this"), following()) == f"Do this. {FOLLOW}"

    @pytest.mark.parametrize("result", [Result.TIMED_OUT, Result.INTERRUPTED])
    def test_with_a_word_that_is_not_known_waiting_alone_is_none(self, result: Result) -> None:
        teach = "Set `status-words: LIVE=…` to the status that it means, and `deployment-id: "

        assert advice(End(result), following(Progress(Unknown("LIVE")))) == f"{teach}{UUID}` to keep waiting."
        assert advice(End(result), following(Progress(NO_WORD))) == FOLLOW
        assert advice(End(Result.INTERRUPTED), rolling_back(tracked("LIVE"))).startswith(f"{teach}ours` in place of")

    def test_with_on_failure_rollback_the_step_that_rolls_back_is_named(self) -> None:
        assert advice(End(Result.TIMED_OUT), listed("in_progress", wanted=True)) == f"{FOLLOW[:-1]}{OR_ROLL_BACK}"

    def test_with_a_version_that_is_live_the_step_goes_on_from_there(self) -> None:
        said = advice(End(Result.TIMED_OUT), following(Progress(Status.DONE)))

        assert said == "Re-run the step to continue from there, without another deployment."

    def test_what_was_refused_to_be_followed_is_not_to_be_followed(self) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(Track(Target(UUID, by_id=True)).listed(make.entry(f"{UUID} 2 in_progress 20"), 0), 0)

        assert advice(End(Result.REFUSED, "another version"), facts) == ""
        facts.confirm_asked("")
        assert advice(End(Result.REFUSED, "HTTP 401"), facts) == "Re-run the step to keep waiting."

    @pytest.mark.parametrize("result", [Result.TIMED_OUT, Result.INTERRUPTED, Result.UNREACHABLE])
    def test_a_deployment_that_the_workflow_names_already_is_not_to_be_named_again(self, result: Result) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(Track(Target(UUID, by_id=True)), 0)
        unlisted = advice(End(result), facts)
        facts.saw_endpoint(make.endpoint(f"{UUID} 2 live 20"), 1)

        assert unlisted == "Re-run the step to keep waiting."
        teach = "Set `status-words: live=…` to the status that it means, and re-run the step to keep waiting."
        assert advice(End(result), facts) == teach

    def test_one_that_has_ended_ends_a_re_run_in_the_same_way(self) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(Track(Target(UUID, by_id=True)), 0)
        facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 rolled_back 20"), 1)

        said = advice(End(Result.ROLLED_BACK), facts)

        assert said == f"Ask Cerebras support about deployment {UUID} before you deploy version 2 again."

    def test_what_is_not_listed_is_to_be_checked(self) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(Track(Target(UUID, by_id=True)), 0)

        assert advice(End(Result.REFUSED), facts) == "Check `deployment-id` and `endpoint`."

    def test_a_rollback_that_is_cut_off(self) -> None:
        lost = rolling_back()
        assert isinstance(lost.rollback, Facts)
        lost.rollback.deploy_call.lost()

        for end in ("in_progress", "complete"):
            assert advice(End(Result.INTERRUPTED), rolling_back(tracked(end))) == AFTER_ROLLBACK[end]
        for facts in (lost, rolling_back()):  # nothing is listed that could be rolled back
            assert advice(End(Result.INTERRUPTED), facts) == CHECK_FIRST


def test_of_a_promotion_is_the_command_that_repairs_it() -> None:
    assert advice(End(Result.PROMOTION_FAILED, hint="run this"), following()) == "Run this."
