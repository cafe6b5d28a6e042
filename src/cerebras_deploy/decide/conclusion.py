"""What the step concluded, in words: what happened, where, why, and what to do next, for every end."""

from typing import assert_never

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.rollback_step import rollback_step
from cerebras_deploy.decide.stopped import Said, stopped
from cerebras_deploy.decide.title import title_of
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span


def conclude(end: End, facts: Known) -> Outcome:
    """Put the end of the run into words."""
    return Outcome(end.result, title_of(end, facts), *_said(end, facts), details=_details(end))


def _details(end: End) -> tuple[str, ...]:
    """Give a line for each bad input: the form is the same for one and for many."""
    return end.problems or ((end.reason,) if end.result is Result.INVALID_INPUT else ())


def _said(end: End, facts: Known) -> Said:
    match end.result:
        case Result.SUCCEEDED | Result.UNCHANGED | Result.PLANNED | Result.TRIGGERED:
            return _went_well(end, facts)
        case Result.FAILED | Result.ROLLED_BACK | Result.CANCELLED | Result.SUPERSEDED:
            return _rollout_lost(end, facts)
        case Result.SMOKE_TEST_FAILED:
            return _smoke_test_failed(end, facts)
        case Result.PROMOTION_FAILED:
            return f"{_serving_ours(facts)}, but {end.reason}", end.hint
        case Result.INVALID_INPUT:
            return f"{end.reason.removesuffix('.')}; no request was sent", ""
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE:
            return stopped(end, facts)
        case never:
            assert_never(never)


def _went_well(end: End, facts: Known) -> Said:
    what, endpoint = facts.what, facts.endpoint
    if end.result is Result.UNCHANGED:
        return f"{endpoint} serves {what} already: nothing was deployed{_extras(facts)}", ""
    if end.result is Result.PLANNED:
        return f"dry run: a real one would {end.reason}", ""
    if end.result is Result.TRIGGERED:
        said = f"deployment {facts.deployment_id} of {what} to {endpoint} is started and not awaited"
        return said, f"follow it with `deployment-id: {facts.deployment_id}`"
    took = span(facts.duration or 0.0)
    if facts.serving.entry is not None and facts.deployment_id != facts.serving.entry.id:
        return f"the rollout of {what} to {endpoint} succeeded after {took}, and {_serving(facts)} by now", ""
    return f"{endpoint} serves {what}, {took} after the start of the rollout{_extras(facts)}", ""


def _rollout_lost(end: End, facts: Known) -> Said:
    rollout, serving = f"the rollout of {facts.what} to {facts.endpoint}", facts.rollback_outcome or _serving(facts)
    why = f": {end.reason}" if end.reason else ""
    if end.result is Result.FAILED:
        return f"{rollout} failed{why or ': the API gives no reason'}; {serving}", "fix the cause and deploy again"
    if end.result is Result.ROLLED_BACK:
        again = "check what it serves before you re-run" if facts.progress.status is Status.DONE else ""
        return f"{rollout} was rolled back{why}; {serving}", again or "fix the cause and deploy again"
    if end.result is Result.CANCELLED:
        return f"{rollout} was cancelled{why}; {serving}", "ask who did it, or re-run the step"
    by = end.newer or "a newer deployment"
    return f"{rollout} was superseded by {by}{why}; {serving}", _before_a_rerun(facts)


def _before_a_rerun(facts: Known) -> str:
    return f"check with whoever deployed it: to re-run this step deploys {facts.what} over it"


def _smoke_test_failed(end: End, facts: Known) -> Said:
    what, serving = f"{facts.endpoint} was given {facts.what}", facts.rollback_outcome or _serving(facts)
    if facts.smoke_test.verdict == "unanswered":
        said = f"{what}, and its smoke test could not be judged: {end.reason}; {serving}"
        back = rollback_step(facts) if facts.rollback_wanted else ""
        return said, _joined("this says nothing about the version: re-run the step to ask again", back)
    if facts.found_live_already and facts.rollback_wanted:
        serving += "; it was not rolled back, since it was live before this step"
    advice = "" if facts.rollback_outcome else _joined("deploy a good version", rollback_step(facts))
    return f"{what}, and its smoke test failed: {end.reason}; {serving}", advice


def _joined(*advice: str) -> str:
    return "; ".join(filter(None, advice))


def _extras(facts: Known) -> str:
    """Say what went well after the rollout."""
    asked = ["its smoke test passed"] if facts.smoke_test.verdict == "passed" else []
    return "".join(f"; {said}" for said in (*asked, *(f"alias {moved}" for moved in facts.promoted)))


def _serving_ours(facts: Known) -> str:
    """Say that the endpoint serves the version, if the last read shows that."""
    now = facts.serving.entry
    is_ours = now is not None and now.name is not None and now.name == facts.model
    return f"{facts.endpoint} serves {facts.what}" if is_ours else _serving(facts)


def _serving(facts: Known) -> str:
    return facts.serving.by(facts.endpoint)
