"""What an end is called: the title of the annotation and of the summary."""

from cerebras_deploy.decide.known import Known
from cerebras_deploy.result import End, Result


def title_of(end: End, facts: Known) -> str:
    """Return the end's title, a few words."""
    if end.result is Result.SMOKE_TEST_FAILED and facts.smoke_test.verdict == "unanswered":
        return "Smoke test not judged"
    return _TITLES[end.result]


_TITLES = {
    Result.SUCCEEDED: "Rollout succeeded",
    Result.UNCHANGED: "Already live",
    Result.TRIGGERED: "Deployment started",
    Result.FAILED: "Rollout failed",
    Result.ROLLED_BACK: "Rollout rolled back",
    Result.CANCELLED: "Rollout cancelled",
    Result.SUPERSEDED: "Rollout superseded",
    Result.PLANNED: "Dry run",
    Result.SMOKE_TEST_FAILED: "Smoke test failed",
    Result.PROMOTION_FAILED: "Promotion failed",
    Result.TIMED_OUT: "Timed out",
    Result.INTERRUPTED: "Interrupted",
    Result.REFUSED: "Refused",
    Result.UNREACHABLE: "API unreachable",
    Result.INVALID_INPUT: "Invalid input",
}
