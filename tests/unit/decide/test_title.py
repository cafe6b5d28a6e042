"""What an end is called: the verdict, with what became of production."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.title import title_of
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import following, in_doubt, nothing_sent, rolling_back, tracked


def done() -> Facts:
    return following(Progress(Status.DONE))


def unlisted() -> Facts:
    facts = nothing_sent()
    facts.attached(Track(Target("ours")), 0)
    return facts


def named() -> Facts:
    facts = nothing_sent()
    facts.attached(Track(Target("ours", by_id=True)), 0)
    return facts


@pytest.mark.parametrize(
    ("result", "title"),
    [
        (Result.SUCCEEDED, "Deployed"),
        (Result.UNCHANGED, "Already live, nothing deployed"),
        (Result.TRIGGERED, "Rollout started, not awaited"),
        (Result.PLANNED, "Dry run"),
        (Result.FAILED, "Rollout failed"),
        (Result.ROLLED_BACK, "Rolled back by Cerebras"),
        (Result.CANCELLED, "Rollout canceled by someone else"),
        (Result.SUPERSEDED, "Superseded by a newer deployment"),
        (Result.INVALID_INPUT, "Invalid input"),
    ],
)
def test_of_an_end_that_leaves_no_question(result: Result, title: str) -> None:
    assert title_of(End(result), following()) == title


@pytest.mark.parametrize(
    ("result", "titles"),
    [
        (
            Result.TIMED_OUT,
            [
                "Timed out, nothing deployed",
                "Timed out, deployment may have started",
                "Timed out, rollout never listed",
                "Timed out, rollout still running",
                "Timed out, rollout done",
                "Timed out, rollout ended",
            ],
        ),
        (
            Result.INTERRUPTED,
            [
                "Job canceled, nothing deployed",
                "Job canceled, deployment may have started",
                "Job canceled, rollout never listed",
                "Job canceled, rollout still running",
                "Job canceled, rollout done",
                "Job canceled, rollout ended",
            ],
        ),
        (
            Result.UNREACHABLE,
            ["API unreachable, nothing deployed", "Deployment may have started", *["Rollout state unknown"] * 4],
        ),
        (
            Result.REFUSED,
            [
                "Not deployed",
                "Refused, deployment may have started",
                "Refused, rollout never listed",
                "Refused, rollout still running",
                "Deployed, then refused",
                "Refused, rollout ended",
            ],
        ),
    ],
)
def test_of_a_stop_says_what_became_of_the_deployment(result: Result, titles: list[str]) -> None:
    facts = (nothing_sent(), in_doubt(), unlisted(), following(), done(), following(Progress(Status.ERROR)))

    assert [title_of(End(result, "why"), one) for one in facts] == titles


def test_of_a_question_that_was_refused() -> None:
    facts = done()
    facts.smoke_test_begun()

    assert title_of(End(Result.REFUSED, "HTTP 401"), facts) == "Deployed, smoke test rejected"


def test_of_a_deployment_that_is_not_followed() -> None:
    facts = named()

    assert title_of(End(Result.REFUSED, "another version"), facts) == "Deployment not followed"
    facts.confirm_asked("2")
    assert title_of(End(Result.REFUSED), facts) == "Deployment not followed"
    assert title_of(End(Result.REFUSED, "HTTP 401"), facts) != "Deployment not followed"


def test_of_a_deployment_that_is_done_and_not_the_one_that_was_meant() -> None:
    facts = named()
    facts.saw_endpoint(make.endpoint(f"{facts.deployment_id} 2 complete 20"), 1)

    assert title_of(End(Result.REFUSED, "another version"), facts) == "Deployment not followed"


def test_of_a_smoke_test_says_what_is_live() -> None:
    facts = done()
    facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{facts.deployment_id} 2 complete 20"), 1)
    facts.saw_endpoint(make.endpoint("old 1 complete 10", f"{facts.deployment_id} 2 complete 20"), 5)
    facts.smoke_tested(SmokeTestResult("unanswered"))
    unanswered = title_of(End(Result.SMOKE_TEST_FAILED), facts)
    facts.smoke_tested(SmokeTestResult("unanswered", 0.5))
    inconclusive = title_of(End(Result.SMOKE_TEST_FAILED), facts)
    facts.smoke_tested(SmokeTestResult("failed"))

    assert (unanswered, inconclusive) == ("Smoke test got no answer", "Smoke test inconclusive")
    assert title_of(End(Result.SMOKE_TEST_FAILED), facts) == "Smoke test failed, version 2 still live"
    assert title_of(End(Result.SMOKE_TEST_FAILED), following()) == "Smoke test failed"


@pytest.mark.parametrize(("result", "what"), [(Result.SMOKE_TEST_FAILED, "Smoke test"), (Result.FAILED, "Rollout")])
def test_of_a_rollback_says_what_came_of_it(result: Result, what: str) -> None:
    facts = following()
    facts.rollback_begun(make.name("1"))
    failed = title_of(End(result), facts)
    facts.rollback_ended("succeeded", "")

    assert (failed, title_of(End(result), facts)) == (f"{what} failed, ROLLBACK FAILED", f"{what} failed, rolled back")


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (None, "Job canceled, not rolled back"),
        ("in_progress", "Job canceled, rollback still running"),
        ("live", "Job canceled, rollback in an unrecognized state"),
        ("complete", "Job canceled, rolled back"),
        ("error", "Job canceled, ROLLBACK FAILED"),
    ],
)
def test_of_a_cancel_says_what_became_of_the_rollback(state: str | None, title: str) -> None:
    assert title_of(End(Result.INTERRUPTED), rolling_back(tracked(state) if state else None)) == title


def test_of_a_promotion_says_where_the_alias_is() -> None:
    assert [
        title_of(End(Result.PROMOTION_FAILED, alias=alias, is_unassigned=lost), done())
        for alias, lost in (("stable", False), ("stable", True), ("", False))
    ] == [
        "Deployed, but alias stable not moved",
        "Deployed, but alias stable may be unassigned",
        "Deployed, but aliases not moved",
    ]


def test_of_what_was_superseded_names_the_newer_version() -> None:
    assert title_of(End(Result.SUPERSEDED, newer_version="version 3"), following()) == "Superseded by version 3"


def test_of_a_version_that_was_replaced_is_a_rollback() -> None:
    facts = nothing_sent()
    facts.replaces(make.entry("bad 3 complete 30"), make.version())

    assert title_of(End(Result.SUCCEEDED), facts) == "Rolled back to version 2"
