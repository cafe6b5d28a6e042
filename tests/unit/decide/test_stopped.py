"""What a stop has left behind, in a sentence that stands alone."""

import pytest

from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.stopped import stopped
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import following, in_doubt, nothing_sent, rolling_back, tracked

OLD = "gpt-oss-120b version 1"
VERSION, ENDPOINT = "gpt-oss-120b version 2 (alias production)", "my-org-gpt-oss-120b"
ROLLOUT = f"rollout of {VERSION} to {ENDPOINT}"


def unlisted() -> Facts:
    facts = nothing_sent()
    facts.attached(Track(Target("ours")), 0)
    return facts


@pytest.mark.parametrize(
    ("result", "facts", "said"),
    [
        (Result.TIMED_OUT, nothing_sent(), f"Nothing was deployed to {ENDPOINT} within 1h00m."),
        (
            Result.TIMED_OUT,
            in_doubt(),
            f"No usable reply to the deploy request for {VERSION} to {ENDPOINT} arrived within 1h00m.",
        ),
        (
            Result.TIMED_OUT,
            unlisted(),
            f"The {ROLLOUT} was accepted, but it never appeared on the endpoint within 1h00m.",
        ),
        (Result.TIMED_OUT, following(), f"The {ROLLOUT} did not finish within 1h00m. It continues without this job."),
        (
            Result.TIMED_OUT,
            following(Progress(Unknown("live"))),
            f"The {ROLLOUT} was in an unrecognized state after 1h00m.",
        ),
        (
            Result.TIMED_OUT,
            following(Progress(Status.DONE)),
            f"{VERSION} is deployed to {ENDPOINT}, but the step did not finish within 1h00m.",
        ),
        (
            Result.TIMED_OUT,
            following(Progress(Status.ERROR)),
            f"The {ROLLOUT} has ended, but the step did not finish within 1h00m.",
        ),
        (Result.INTERRUPTED, nothing_sent(), f"The job was canceled before anything was deployed to {ENDPOINT}."),
        (
            Result.INTERRUPTED,
            in_doubt(),
            f"The job was canceled after the deploy request for {VERSION} to {ENDPOINT} was sent.",
        ),
        (Result.INTERRUPTED, unlisted(), f"The job was canceled after the {ROLLOUT} was accepted."),
        (
            Result.INTERRUPTED,
            following(),
            f"The job was canceled during the {ROLLOUT}. The rollout continues without it.",
        ),
        (
            Result.INTERRUPTED,
            following(Progress(Status.DONE)),
            f"The job was canceled after {VERSION} was deployed to {ENDPOINT}.",
        ),
        (
            Result.INTERRUPTED,
            following(Progress(Status.ERROR)),
            f"The job was canceled after the {ROLLOUT} had ended.",
        ),
        (Result.REFUSED, nothing_sent(), f"Nothing was deployed to {ENDPOINT}."),
        (Result.REFUSED, in_doubt(), f"The deployment of {VERSION} to {ENDPOINT} may have started."),
        (Result.REFUSED, following(), f"The {ROLLOUT} can't be followed any further."),
        (
            Result.REFUSED,
            following(Progress(Status.DONE)),
            f"{VERSION} is deployed to {ENDPOINT}, but a later request was refused.",
        ),
        (
            Result.UNREACHABLE,
            nothing_sent(),
            f"Nothing was deployed to {ENDPOINT}, because the API gave no usable reply.",
        ),
        (
            Result.UNREACHABLE,
            in_doubt(),
            f"The deploy request for {VERSION} to {ENDPOINT} got no usable reply, so a rollout may have started.",
        ),
        (
            Result.UNREACHABLE,
            following(),
            f"The state of the {ROLLOUT} is unknown, because the API gave no usable reply.",
        ),
    ],
)
def test_it_says_what_became_of_the_deployment(result: Result, facts: Facts, said: str) -> None:
    assert stopped(End(result, "why"), facts) == said


def test_a_question_that_is_refused_is_no_later_request() -> None:
    facts = following(Progress(Status.DONE))
    facts.smoke_test_begun()

    assert stopped(End(Result.REFUSED, "HTTP 401"), facts).endswith("but its smoke test was rejected.")


def test_a_deployment_that_was_named_is_not_listed_or_not_followed() -> None:
    facts = nothing_sent()
    facts.attached(Track(Target("d1", by_id=True)), 0)

    assert stopped(End(Result.REFUSED), facts) == f"{ENDPOINT} does not list deployment d1."
    assert stopped(End(Result.REFUSED, "why"), facts) == f"Deployment d1 on {ENDPOINT} was not followed."


def test_one_that_was_named_and_is_the_one_that_was_meant_is_told_of_as_any_other() -> None:
    facts = Facts(endpoint=ENDPOINT, timeout=3600)
    facts.attached(Track(Target("d1", by_id=True)), 0)
    what = f"the rollout of an unknown version to {ENDPOINT}"
    assert stopped(End(Result.UNREACHABLE, "why"), facts).startswith(f"The state of {what} is unknown")

    facts.confirm_asked("")
    assert stopped(End(Result.REFUSED, "HTTP 401"), facts) == f"T{what[1:]} can't be followed any further."

    facts.saw_endpoint(make.endpoint("old 1 complete 10", "d1 2 in_progress 20"), 1)
    assert stopped(End(Result.TIMED_OUT), facts).endswith("did not finish within 1h00m. It continues without this job.")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, f"The job was canceled before {ENDPOINT} was rolled back."),
        (
            "in_progress",
            f"The job was canceled during the rollback of {ENDPOINT} to {OLD}. The rollback continues without it.",
        ),
        (
            "complete",
            f"The job was canceled after the rollback of {ENDPOINT} to {OLD} had ended.",
        ),
    ],
)
def test_a_rollback_that_is_cut_off(state: str | None, said: str) -> None:
    assert stopped(End(Result.INTERRUPTED), rolling_back(tracked(state) if state else None)) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result.TIMED_OUT, f"{ENDPOINT} did not list deployment ours within 1h00m."),
        (Result.INTERRUPTED, f"The job was canceled before {ENDPOINT} listed deployment ours."),
    ],
)
def test_whether_a_deployment_that_the_workflow_named_was_accepted_is_not_known(result: Result, said: str) -> None:
    facts = Facts(endpoint=ENDPOINT, timeout=3600)
    facts.attached(Track(Target("ours", by_id=True)), 0)

    assert stopped(End(result), facts) == said


def test_a_rollback_that_is_in_doubt() -> None:
    facts = rolling_back()
    assert isinstance(facts.rollback, Facts)
    facts.rollback.deploy_call.lost()

    said = stopped(End(Result.INTERRUPTED), facts)

    assert said == f"The job was canceled after the rollback of {ENDPOINT} to {OLD} was requested."


@pytest.mark.parametrize("result", [Result.TIMED_OUT, Result.INTERRUPTED, Result.REFUSED, Result.UNREACHABLE])
def test_each_stop_has_a_sentence_however_far_the_deployment_has_come(result: Result) -> None:
    statuses = (Status.IN_PROGRESS, Unknown("live"), Status.DONE, Status.ERROR)
    progress = [Progress(status) for status in statuses]
    facts = [nothing_sent(), in_doubt(), unlisted(), *map(following, progress)]

    assert {left_behind(one) for one in facts} == set(Left)
    for one in facts:
        assert ENDPOINT in stopped(End(result, "why"), one)


def test_a_rollback_has_one_too() -> None:
    lost = rolling_back()
    assert isinstance(lost.rollback, Facts)
    lost.rollback.deploy_call.lost()
    unseen = rolling_back(Track(Target("back")))
    states = ("queued", "live", "complete", "error")
    facts = [rolling_back(), lost, unseen, *(rolling_back(tracked(state)) for state in states)]

    assert {left_behind(one.rollback) for one in facts if one.rollback} == set(Left)
    for one in facts:
        assert stopped(End(Result.INTERRUPTED), one).startswith("The job was canceled ")
