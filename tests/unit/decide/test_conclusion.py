"""What the step concludes is one sentence that says what, where, why, and what to do next."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.conclusion import conclude
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import STOPS, UUID, following, nothing_sent

VERDICTS = [
    End(Result.SUCCEEDED),
    End(Result.UNCHANGED),
    End(Result.TRIGGERED),
    End(Result.FAILED, "replica 4 is out of memory"),
    End(Result.ROLLED_BACK, "replica 4 is out of memory"),
    End(Result.CANCELLED),
    End(Result.SUPERSEDED, newer="deployment next (version 3)"),
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


class TestWords:
    def test_bad_inputs_were_never_sent(self) -> None:
        end = End(Result.INVALID_INPUT, "`timeout` is `soon`", problems=("`timeout` is `soon`",))

        outcome = conclude(end, Facts(endpoint=make.ENDPOINT))

        assert outcome.result is Result.INVALID_INPUT
        assert "`timeout` is `soon`" in outcome.message
        assert "no request was sent" in outcome.message

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
