"""What a stop has left behind: the message says it, and how to go on."""

from dataclasses import replace

import pytest

from cerebras_deploy.decide.conclusion import conclude
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import Interrupted
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import STOPS, UUID, following, in_doubt, nothing_sent


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
