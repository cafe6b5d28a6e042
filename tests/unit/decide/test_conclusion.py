"""What is told at the end: the whole annotation. Its parts: test_title.py, test_statement.py, test_advice.py."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.conclusion import conclude
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.question import Judged
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.errors import Interrupted
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import UUID, following, nothing_sent, rolling_back, told, tracked

BACK = f"Run a step with `operation: rollback` and `deployment-id: {UUID}`"


def test_of_a_failure_it_says_what_is_served_why_and_what_to_do() -> None:
    facts = following()
    facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{UUID} 2 error 20"), 1)

    assert told(conclude(End(Result.FAILED, "replica 4 is out of memory"), facts)).splitlines() == [
        "Rollout failed",
        "The rollout of gpt-oss-120b version 2 (alias production) to my-org-gpt-oss-120b stopped with an error.",
        "Serving now: unclear.",
        "Reason: replica 4 is out of memory",
        f"Next: {BACK} to roll back to version 1, then fix the cause.",
        f"Deployment: {UUID}",
    ]


def test_of_what_was_asked_for_it_says_what_came_of_it() -> None:
    facts = following(Progress(Status.DONE))
    facts.smoke_tested(SmokeTestResult("passed", 0.25, 7))
    facts.alias_moved("stable", "version 1 → version 2")
    facts.alias_moved("v2", "already on version 2")
    facts.rollback_ended("failed", "FAILED. It is gone")

    assert conclude(End(Result.SUCCEEDED), facts).asked == (
        ("Rollback", "FAILED. It is gone"),
        ("Smoke test", "passed (0.25 s, 7 tokens)"),
        ("Aliases", "stable: version 1 → version 2, v2: already on version 2"),
    )


@pytest.mark.parametrize("result", [Result.FAILED, Result.ROLLED_BACK, Result.CANCELLED])
def test_an_end_that_the_api_does_not_explain_has_no_reason(result: Result) -> None:
    assert conclude(End(result), following()).reason == "none given by the API"


def test_a_success_needs_no_reason() -> None:
    assert conclude(End(Result.PLANNED, "deploy it"), following()).reason == ""


class TestWhatWasCutOff:
    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (Interrupted().end, "the step was moving alias stable"),
            (End(Result.TIMED_OUT), "the step was moving alias stable"),
            (End(Result.TIMED_OUT, "HTTP 503"), "the step was moving alias stable, HTTP 503"),
            (End(Result.REFUSED, "HTTP 401"), "HTTP 401"),
        ],
    )
    @pytest.mark.parametrize("facts", [nothing_sent(), following()], ids=["before", "after"])
    def test_it_says_what_the_step_was_doing(self, end: End, reason: str, facts: Facts) -> None:
        facts.wait_for("moving alias stable")

        assert conclude(end, facts).reason == reason

    def test_it_says_how_far_the_rollout_was(self) -> None:
        assert ("Rollout", "last seen in progress, 5 of 8 replicas updated") in conclude(
            End(Result.TIMED_OUT), following()
        ).asked

    def test_it_says_how_far_the_rollback_was(self) -> None:
        assert ("Rollback", "deployment ours, last seen in progress") in conclude(
            Interrupted().end, rolling_back(tracked())
        ).asked

    def test_of_a_rollback_that_was_not_sent_yet_it_says_nothing(self) -> None:
        assert [name for name, _ in conclude(Interrupted().end, rolling_back()).asked] == ["Rollout"]


NOT_BACK = ("Rollback", "not rolled back, because this version was live before this step")


@pytest.mark.parametrize(
    ("wanted", "live_already", "verdict", "is_told"),
    [
        (True, True, "failed", True),
        (False, True, "failed", False),
        (True, False, "failed", False),
        (True, True, "unanswered", False),
        (True, True, "passed", False),
    ],
)
def test_why_nothing_is_rolled_back_is_told_where_it_would_be(
    wanted: bool,  # noqa: FBT001
    live_already: bool,  # noqa: FBT001
    verdict: Judged,
    is_told: bool,  # noqa: FBT001
) -> None:
    facts = following(Progress(Status.DONE), wanted=wanted)
    if live_already:
        facts.found_live(make.entry(f"{UUID} 2 complete 20"))
    facts.smoke_tested(SmokeTestResult(verdict))

    assert (NOT_BACK in conclude(End(Result.SMOKE_TEST_FAILED, "why"), facts).asked) == is_told


def test_what_is_served_is_unknown_until_the_endpoint_was_read() -> None:
    assert (conclude(End(Result.REFUSED, "why"), nothing_sent()).serving, following().serving.text) == (
        "unknown",
        "version 1",
    )


def test_what_a_rollout_may_have_changed_since_the_last_good_read_is_unknown() -> None:
    done, gone = following(Progress(Status.DONE)), End(Result.UNREACHABLE, "no request succeeded for 5m00s")

    assert conclude(gone, following()).serving == "unknown. At the last good read: version 1"
    for end, facts in ((gone, done), (gone, nothing_sent()), (End(Result.TIMED_OUT), following())):
        assert "At the last good read" not in conclude(end, facts).serving


def test_only_four_results_are_successes() -> None:
    assert {result.value for result in Result if result.is_success} == {
        *("succeeded", "unchanged", "triggered", "planned")
    }
