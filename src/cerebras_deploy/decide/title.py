"""The title of an end: the verdict, including what happened to production."""

from typing import assert_never

from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.result import End, Result


def title_of(end: End, facts: Known) -> str:
    """Return the end's title, a few words."""
    match end.result:
        case Result.SUCCEEDED if facts.is_replacing and facts.model:
            return f"Rolled back to version {facts.model.version}"
        case Result.UNCHANGED if facts.had_nothing_to_replace:
            return "Nothing to roll back"
        case Result.FAILED:
            return f"Rollout failed{_rolled_back(facts)}"
        case Result.SUPERSEDED:
            return f"Superseded by {end.newer_version or 'a newer deployment'}"
        case Result.SMOKE_TEST_FAILED:
            return _smoke_test_title(facts)
        case Result.PROMOTION_FAILED:
            alias = f"alias {end.alias}" if end.alias else "aliases"
            return f"Deployed, but {alias} {'may be unassigned' if end.is_unassigned else 'not moved'}"
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE:
            return _stopped_title(end, facts)
        case _:
            return _TITLES[end.result]


_TITLES = {
    Result.SUCCEEDED: "Deployed",
    Result.UNCHANGED: "Already live, nothing deployed",
    Result.TRIGGERED: "Rollout started, not awaited",
    Result.PLANNED: "Dry run",
    Result.ROLLED_BACK: "Rolled back by Cerebras",
    Result.CANCELLED: "Rollout canceled by someone else",
    Result.INVALID_INPUT: "Invalid input",
}


def _rolled_back(facts: Known) -> str:
    match facts.rollback_verdict:
        case "succeeded":
            return ", rolled back"
        case "failed":
            return ", ROLLBACK FAILED"
        case "skipped":
            return ""
        case never:
            assert_never(never)


def _smoke_test_title(facts: Known) -> str:
    if facts.smoke_test.verdict == "unanswered":
        return "Smoke test got no answer" if facts.smoke_test.latency is None else "Smoke test inconclusive"
    entry, model = facts.serving.entry, facts.model
    still = f", version {model.version} still live" if entry and model and entry.name == model else ""
    return f"Smoke test failed{_rolled_back(facts) or still}"


def _stopped_title(end: End, facts: Known) -> str:
    if facts.rollback:
        return f"{_STOPPED[end.result]}, {_ROLLBACK[left_behind(facts.rollback)]}"
    left = left_behind(facts)
    match end.result:
        case Result.REFUSED if left is Left.NOTHING:
            return "Not deployed"
        case Result.REFUSED if facts.was_named and not (facts.is_confirmed and end.reason):
            return "Deployment not followed"
        case Result.REFUSED if left is Left.DONE:
            return "Deployed, smoke test rejected" if facts.is_asking else "Deployed, then refused"
        case Result.UNREACHABLE if left is Left.IN_DOUBT:
            return "Deployment may have started"
        case Result.UNREACHABLE if left is not Left.NOTHING:
            return "Rollout state unknown"
        case _:
            return f"{_STOPPED[end.result]}, {_LEFT[left]}"


_STOPPED = {
    Result.TIMED_OUT: "Timed out",
    Result.INTERRUPTED: "Job canceled",
    Result.REFUSED: "Refused",
    Result.UNREACHABLE: "API unreachable",
}
_LEFT = {
    Left.NOTHING: "nothing deployed",
    Left.IN_DOUBT: "deployment may have started",
    Left.UNLISTED: "rollout never listed",
    Left.UNDER_WAY: "rollout still running",
    Left.UNCLEAR: "rollout in an unrecognized state",
    Left.DONE: "rollout done",
    Left.ENDED: "rollout ended",
}
_ROLLBACK = {
    Left.NOTHING: "not rolled back",
    Left.IN_DOUBT: "rollback may have started",
    Left.UNLISTED: "rollback never listed",
    Left.UNDER_WAY: "rollback still running",
    Left.UNCLEAR: "rollback in an unrecognized state",
    Left.DONE: "rolled back",
    Left.ENDED: "ROLLBACK FAILED",
}
