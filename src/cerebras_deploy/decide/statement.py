"""What happened, in a sentence that stands alone: the first line of the annotation."""

from typing import assert_never

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.stopped import stopped
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span


def statement(end: End, facts: Known) -> str:
    """Say what happened."""
    match end.result:
        case Result.SUCCEEDED | Result.UNCHANGED | Result.PLANNED | Result.TRIGGERED:
            return _went_well(end, facts)
        case Result.FAILED | Result.ROLLED_BACK | Result.CANCELLED | Result.SUPERSEDED:
            return _rollout_lost(end, facts)
        case Result.SMOKE_TEST_FAILED:
            return _smoke_test_failed(facts)
        case Result.PROMOTION_FAILED:
            return f"{facts.what} is deployed to {facts.endpoint}, but not every alias was moved."
        case Result.INVALID_INPUT:
            return f"{end.reason}. No request was sent."
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE:
            return stopped(end, facts)
        case never:
            assert_never(never)


def _went_well(end: End, facts: Known) -> str:
    what, endpoint = facts.what, facts.endpoint
    match end.result:
        case Result.UNCHANGED if facts.had_nothing_to_replace:
            return f"{endpoint} serves {what}, so there was nothing to roll back."
        case Result.UNCHANGED:
            return f"{endpoint} already serves {what}, so nothing was deployed."
        case Result.PLANNED:
            return f"A real run would {end.reason}."
        case Result.TRIGGERED:
            return f"The rollout of {what} to {endpoint} has started. This step doesn't wait for it."
        case _:
            return f"{what} was deployed to {endpoint} in {span(facts.duration or 0.0)}."


def _rollout_lost(end: End, facts: Known) -> str:
    rollout = f"rollout of {facts.what} to {facts.endpoint}"
    match end.result:
        case Result.ROLLED_BACK:
            return f"Cerebras rolled back the {rollout}."
        case Result.CANCELLED:
            return f"Someone canceled the {rollout}."
        case Result.SUPERSEDED:
            return f"The {rollout} was superseded by {end.newer or 'a newer deployment'}."
        case _ if facts.progress.status is Status.ERROR:
            return f"The {rollout} stopped with an error."
        case _:
            return f"The {rollout} failed."


def _smoke_test_failed(facts: Known) -> str:
    if facts.smoke_test.verdict == "unanswered":
        return f"{facts.what} is deployed to {facts.endpoint}, but its smoke test could not be judged."
    served = "is live on" if facts.found_live_already else "was deployed to"
    return f"{facts.what} {served} {facts.endpoint} but failed its smoke test."
