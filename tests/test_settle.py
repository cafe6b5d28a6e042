"""What the step concludes is one sentence that says what, where, why, and what to do next."""

import make
import pytest

from cerebras_deploy.errors import (
    Interrupted,
    InvalidInput,
    Refused,
    Result,
    Stop,
    TimedOut,
    Unreachable,
)
from cerebras_deploy.rollout import Progress, Verdict
from cerebras_deploy.settle import Facts, settle
from cerebras_deploy.wire import Status, Unknown

UUID = "550e8400-e29b-41d4-a716-446655440000"


def nothing_sent() -> Facts:
    return Facts(endpoint=make.ENDPOINT, asked="production", model=make.name("2"))


def in_doubt() -> Facts:
    return Facts(endpoint=make.ENDPOINT, asked="production", model=make.name("2"), in_doubt=True)


def following(progress: Progress | None = None) -> Facts:
    return Facts(
        endpoint=make.ENDPOINT,
        asked="production",
        model=make.name("2"),
        deployment_id=UUID,
        progress=progress or Progress(Status.IN_PROGRESS, 5, 8),
        serving=make.entry("old 1 complete 10"),
        began=10.0,
    )


VERDICTS = [
    Verdict(Result.SUCCEEDED),
    Verdict(Result.UNCHANGED),
    Verdict(Result.TRIGGERED),
    Verdict(Result.FAILED, "replica 4 is out of memory"),
    Verdict(Result.ROLLED_BACK, "replica 4 is out of memory"),
    Verdict(Result.CANCELLED),
    Verdict(Result.SUPERSEDED, newer=make.entry("next 3 complete 30")),
]
STOPS = [
    TimedOut("the timeout of 1h00m was reached"),
    Interrupted(),
    Refused("HTTP 401 Unauthorized: Wrong API Key", "`api-key` must be a Management API key"),
    Unreachable("the API could not be asked for 5m00s: no connection"),
]
ENDS: list[Verdict | Stop] = [*VERDICTS, *STOPS]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: str(end.result))
def test_every_end_has_its_result_a_title_and_one_sentence_with_the_endpoint(end: Verdict | Stop) -> None:
    outcome = settle(end, following(), 100.0)

    assert outcome.result is end.result
    assert outcome.title
    assert make.ENDPOINT in outcome.message
    assert len(outcome.message.splitlines()) == 1


def test_titles_tell_the_results_apart() -> None:
    titles = {settle(end, following(), 0.0).title for end in ENDS}

    assert len(titles) == len(ENDS)


class TestGreen:
    def test_only_three_results_are(self) -> None:
        assert {result for result in Result if result.green} >= {Result.SUCCEEDED, Result.UNCHANGED, Result.TRIGGERED}
        assert {result.value for result in Result if result.green} <= {"succeeded", "unchanged", "triggered", "planned"}

    def test_success_says_what_is_served_and_how_long_it_took(self) -> None:
        message = settle(Verdict(Result.SUCCEEDED), following(Progress(Status.DONE)), 212.0).message

        assert "version 2" in message
        assert "alias production" in message
        assert "3m22s" in message

    def test_unchanged_says_that_nothing_was_deployed(self) -> None:
        assert "nothing was deployed" in settle(Verdict(Result.UNCHANGED), following(), 1.0).message

    def test_triggered_says_how_to_follow(self) -> None:
        assert f"deployment-id: {UUID}" in settle(Verdict(Result.TRIGGERED), following(), 1.0).message


class TestTheRolloutsEnd:
    @pytest.mark.parametrize("result", [Result.FAILED, Result.ROLLED_BACK, Result.CANCELLED, Result.SUPERSEDED])
    def test_it_says_why_and_what_serves_now(self, result: Result) -> None:
        message = settle(Verdict(result, "replica 4 is out of memory"), following(), 1.0).message

        assert "replica 4 is out of memory" in message
        assert "version 2" in message
        assert "version 1" in message

    def test_a_failure_without_a_reason_says_so(self) -> None:
        assert "no reason" in settle(Verdict(Result.FAILED), following(), 1.0).message

    def test_superseded_names_the_newer_deployment(self) -> None:
        newer = make.entry("d3d3 3 complete 30")

        message = settle(Verdict(Result.SUPERSEDED, newer=newer), following(), 1.0).message

        assert "d3d3" in message
        assert "version 3" in message

    def test_a_deployment_that_is_nowhere_is_refused_with_its_id(self) -> None:
        message = settle(Verdict(Result.REFUSED, "the endpoint does not list it"), following(Progress()), 60.0).message

        assert UUID in message
        assert "does not list" in message


class TestStopped:
    def test_before_the_deploy_call_nothing_was_deployed(self) -> None:
        for stop in STOPS:
            message = settle(stop, nothing_sent(), 1.0).message

            assert stop.reason in message
            assert "nothing was deployed" in message
            assert "re-run" not in message

    def test_with_a_call_in_doubt_the_step_is_to_be_run_again(self) -> None:
        for stop in (TimedOut("too late"), Interrupted(), Unreachable("no readable answer")):
            message = settle(stop, in_doubt(), 1.0).message

            assert "may have been accepted" in message
            assert "re-run the step" in message
            assert "nothing was deployed" not in message

    def test_while_following_the_rollout_goes_on_and_can_be_followed(self) -> None:
        for stop in STOPS:
            message = settle(stop, following(), 1.0).message

            assert stop.reason in message
            assert "in progress, 5 of 8 replicas updated" in message
            assert "goes on" in message or "may go on" in message
            assert f"deployment-id: {UUID}" in message

    def test_the_hint_is_part_of_it(self) -> None:
        assert "`api-key` must be a Management API key" in settle(STOPS[2], nothing_sent(), 1.0).message

    def test_bad_inputs_were_never_sent(self) -> None:
        stop = InvalidInput("`timeout` is `soon`", "correct the step's `with:`", problems=("`timeout` is `soon`",))

        outcome = settle(stop, Facts(), 0.0)

        assert outcome.result is Result.INVALID_INPUT
        assert "`timeout` is `soon`" in outcome.message
        assert "nothing was sent" in outcome.message


class TestFacts:
    @pytest.mark.parametrize("status", Status)
    def test_the_status_output_is_in_the_apis_words(self, status: Status) -> None:
        assert following(Progress(status)).status == status.value

    def test_a_word_outside_the_table_is_unknown(self) -> None:
        assert following(Progress(Unknown("frobnicating"))).status == "unknown"

    def test_before_there_is_one_it_is_empty(self) -> None:
        assert nothing_sent().status == ""

    def test_a_version_is_named_with_the_alias_it_was_asked_for_by(self) -> None:
        assert nothing_sent().what == "gpt-oss-120b version 2 (alias production)"
        assert Facts(asked="2", model=make.name("2")).what == "gpt-oss-120b version 2"
        assert Facts(asked="production").what == "version production"
