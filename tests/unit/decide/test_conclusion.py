"""What the step concludes is one sentence that says what, where, why, and what to do next."""

from dataclasses import replace

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.conclusion import conclude
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import Interrupted
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import UUID, following, nothing_sent


def in_doubt() -> Facts:
    facts = nothing_sent()
    facts.deploy_call.lost()
    return facts


VERDICTS = [
    End(Result.SUCCEEDED),
    End(Result.UNCHANGED),
    End(Result.TRIGGERED),
    End(Result.FAILED, "replica 4 is out of memory"),
    End(Result.ROLLED_BACK, "replica 4 is out of memory"),
    End(Result.CANCELLED),
    End(Result.SUPERSEDED, newer="deployment next (version 3)"),
]
STOPS = [
    End(Result.TIMED_OUT, "the timeout of 1h00m was reached"),
    Interrupted().end,
    End(Result.REFUSED, "HTTP 401 Unauthorized: Wrong API Key", "`api-key` must be a Management API key"),
    End(Result.UNREACHABLE, "the API could not be asked for 5m00s: no connection"),
]
ENDS = [*VERDICTS, *STOPS]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: str(end.result))
def test_every_end_has_its_result_a_title_and_one_sentence_with_the_endpoint(end: End) -> None:
    outcome = conclude(end, following())

    assert outcome.result is end.result
    assert outcome.title
    assert make.ENDPOINT in outcome.message
    assert len(outcome.message.splitlines()) == 1


class TestGreen:
    def test_only_three_results_are(self) -> None:
        assert {result for result in Result if result.is_success} >= {
            Result.SUCCEEDED,
            Result.UNCHANGED,
            Result.TRIGGERED,
        }
        assert {result.value for result in Result if result.is_success} <= {
            "succeeded",
            "unchanged",
            "triggered",
            "planned",
        }

    def test_success_says_what_is_served_and_how_long_it_took(self) -> None:
        facts = following(Progress(Status.DONE))
        facts.finished(212.0)

        message = conclude(End(Result.SUCCEEDED), facts).message

        assert "version 2" in message
        assert "alias production" in message
        assert "3m22s" in message

    def test_unchanged_says_that_nothing_was_deployed(self) -> None:
        assert "nothing was deployed" in conclude(End(Result.UNCHANGED), following()).message

    def test_triggered_says_how_to_follow(self) -> None:
        assert f"deployment-id: {UUID}" in conclude(End(Result.TRIGGERED), following()).message


class TestTheRolloutsEnd:
    @pytest.mark.parametrize("result", [Result.FAILED, Result.ROLLED_BACK, Result.CANCELLED, Result.SUPERSEDED])
    def test_it_says_why_and_what_serves_now(self, result: Result) -> None:
        message = conclude(End(result, "replica 4 is out of memory"), following()).message

        assert "replica 4 is out of memory" in message
        assert "version 2" in message
        assert "version 1" in message

    def test_a_failure_without_a_reason_says_so(self) -> None:
        assert "no reason" in conclude(End(Result.FAILED), following()).message

    def test_superseded_names_the_newer_deployment(self) -> None:
        message = conclude(End(Result.SUPERSEDED, newer="deployment d3d3 (version 3)"), following()).message

        assert "d3d3" in message
        assert "version 3" in message

    def test_a_deployment_that_is_nowhere_is_refused_with_its_id(self) -> None:
        message = conclude(End(Result.REFUSED, "the endpoint does not list it"), following(Progress())).message

        assert UUID in message
        assert "does not list" in message


class TestStopped:
    def test_before_the_deploy_call_nothing_was_deployed(self) -> None:
        for stop in STOPS:
            message = conclude(stop, nothing_sent()).message

            assert stop.reason in message
            assert "nothing was deployed" in message
            assert "re-run" not in message

    def test_with_a_call_in_doubt_the_step_is_to_be_run_again(self) -> None:
        for stop in (
            End(Result.TIMED_OUT, "too late"),
            Interrupted().end,
            End(Result.UNREACHABLE, "no readable answer"),
        ):
            message = conclude(stop, in_doubt()).message

            assert "may have been accepted" in message
            assert "re-run the step" in message
            assert "nothing was deployed" not in message

    def test_while_following_the_rollout_goes_on_and_can_be_followed(self) -> None:
        for stop in STOPS:
            message = conclude(stop, following()).message

            assert stop.reason in message
            assert "in progress, 5 of 8 replicas updated" in message
            assert "goes on" in message or "may go on" in message
            assert f"deployment-id: {UUID}" in message

    def test_the_hint_is_part_of_it(self) -> None:
        assert "`api-key` must be a Management API key" in conclude(STOPS[2], nothing_sent()).message

    def test_bad_inputs_were_never_sent(self) -> None:
        end = End(Result.INVALID_INPUT, "`timeout` is `soon`", problems=("`timeout` is `soon`",))

        outcome = conclude(end, Facts(endpoint=make.ENDPOINT))

        assert outcome.result is Result.INVALID_INPUT
        assert "`timeout` is `soon`" in outcome.message
        assert "nothing was sent" in outcome.message


class TestWhatACancelCutOff:
    @pytest.mark.parametrize("end", [Interrupted().end, End(Result.TIMED_OUT, "the timeout of 1h00m was reached")])
    @pytest.mark.parametrize("facts", [nothing_sent(), following()], ids=["before", "after"])
    def test_it_says_what_the_step_was_doing(self, end: End, facts: Facts) -> None:
        facts.wait_for("moving alias stable")

        assert f"{end.reason} while moving alias stable: " in conclude(end, facts).message

    def test_what_has_a_reason_of_its_own_does_not(self) -> None:
        facts = following()
        facts.wait_for("moving alias stable")

        assert "while" not in conclude(End(Result.REFUSED, "HTTP 401"), facts).message


class TestWords:
    def test_each_text_is_changed_and_the_others_stay(self) -> None:
        outcome = Outcome(Result.FAILED, "title", "a statement", "an advice", details=("one", "two")).mapped(str.upper)

        assert (outcome.title, outcome.statement, outcome.advice) == ("title", "A STATEMENT", "AN ADVICE")
        assert outcome.details == ("ONE", "TWO")

    def test_without_times_it_took_no_time_and_without_a_read_nothing_else_is_served(self) -> None:
        facts = nothing_sent()
        facts.attached(Track(Target(UUID)), 0)
        message = conclude(End(Result.SUCCEEDED), facts).message

        assert "serves gpt-oss-120b version 2 (alias production), 0s after" in message

    def test_superseded_by_what_is_not_known_names_a_newer_deployment(self) -> None:
        assert "superseded by a newer deployment" in conclude(End(Result.SUPERSEDED), following()).message

    def test_of_a_deployment_that_was_never_seen_nothing_is_said(self) -> None:
        facts = nothing_sent()
        facts.attached(Track(Target(UUID)), 0)

        assert f"nothing has been seen of deployment {UUID}" in conclude(Interrupted().end, facts).message

    def test_a_refusal_before_anything_was_deployed_says_what_the_step_was_doing(self) -> None:
        facts = nothing_sent()
        facts.wait_for("waiting for another rollout")

        assert "while waiting for another rollout" in conclude(End(Result.REFUSED, "HTTP 401"), facts).message

    def test_only_a_refusal_without_a_reason_is_a_deployment_that_is_not_listed(self) -> None:
        assert "does not list" not in conclude(End(Result.TIMED_OUT), following()).message

    @pytest.mark.parametrize("is_confirmed", [False, True])
    @pytest.mark.parametrize("result", [Result.REFUSED, Result.TIMED_OUT])
    def test_what_was_refused_to_be_followed_is_not_advised_to_be_followed(
        self, result: Result, *, is_confirmed: bool
    ) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(replace(following().track or Track(Target(UUID)), target=Target(UUID, by_id=True)), 0)
        if is_confirmed:
            facts.confirm_asked("")

        advice = conclude(End(result, "another version"), facts).advice
        assert ("follow it" in advice) == (is_confirmed or result is Result.TIMED_OUT)
