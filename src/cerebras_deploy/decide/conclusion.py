"""What the step concluded, in words: what happened, where, why, and what to do next, for every end."""

from typing import assert_never

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.title import title_of
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span


def conclude(end: End, facts: Known) -> Outcome:
    """Put the end of the run into words."""
    return Outcome(end.result, title_of(end, facts), *_said(end, facts), details=end.problems)


_Said = tuple[str, str]  # statement and advice


def _said(end: End, facts: Known) -> _Said:
    match end.result:
        case Result.SUCCEEDED | Result.UNCHANGED | Result.PLANNED | Result.TRIGGERED:
            return _went_well(end, facts)
        case Result.FAILED | Result.ROLLED_BACK | Result.CANCELLED | Result.SUPERSEDED:
            return _rollout_lost(end, facts)
        case Result.SMOKE_TEST_FAILED:
            return _smoke_test_failed(end, facts)
        case Result.PROMOTION_FAILED:
            return f"{facts.endpoint} serves {facts.what}, but {end.reason}", end.hint
        case Result.INVALID_INPUT:
            return f"{end.reason}; nothing was sent", ""
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE:
            return _stopped(end, facts)
        case never:
            assert_never(never)


def _went_well(end: End, facts: Known) -> _Said:
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


def _rollout_lost(end: End, facts: Known) -> _Said:
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
    return f"{rollout} was superseded by {by}{why}; {serving}", "agree who deploys, or re-run the step"


def _smoke_test_failed(end: End, facts: Known) -> _Said:
    what, serving = f"{facts.endpoint} was given {facts.what}", facts.rollback_outcome or _serving(facts)
    if facts.smoke_test.verdict == "unanswered":
        said = f"{what}, and its smoke test could not be judged: {end.reason}; {serving}"
        return said, "this says nothing about the version: re-run the step to ask again"
    advice = "deploy a good version"
    if not facts.found_live_already:  # else there is nothing that this step could go back to
        advice = "" if facts.rollback_outcome else f"{advice}, or have this done by `on-failure: rollback`"
    return f"{what}, and its smoke test failed: {end.reason}; {serving}", advice


def _stopped(end: End, facts: Known) -> _Said:
    """Say what a stop has left behind."""
    if facts.rollback:
        return _stopped_rolling_back(end, facts, facts.rollback)
    if end.result is Result.REFUSED and not end.reason:  # the rollout's own end: it was never listed
        return f"{facts.endpoint} does not list deployment {facts.deployment_id}", "check the id and the endpoint"
    reason = end.reason + _cut_off(end, facts)
    if facts.deployment_id:
        what, after = _left_behind(end.result, facts), _follow(facts)
        if (
            end.result is Result.REFUSED and facts.was_named and not facts.is_confirmed
        ):  # following it is what was refused
            after = ""
    elif facts.deploy_call.in_doubt:
        what = f"the deployment of {facts.what} to {facts.endpoint} may have been accepted"
        after = f"check what {facts.endpoint} serves, then re-run the step"
    else:
        return f"{reason}: nothing was deployed to {facts.endpoint}", end.hint
    return f"{reason}: {what}", "; ".join(filter(None, (end.hint, after)))


def _cut_off(end: End, facts: Known) -> str:
    """Say what the step was doing, where the reason does not say so."""
    by_time = end.result in {Result.TIMED_OUT, Result.INTERRUPTED}
    return f" while {facts.waiting_for}" if facts.waiting_for and (by_time or not facts.deployment_id) else ""


def _follow(facts: Known) -> str:
    """Say how to go on with a deployment that was left behind."""
    if facts.progress.status is Status.DONE:
        return "re-run the step: it deploys nothing, and goes on from there"
    return f"follow it with `deployment-id: {facts.deployment_id}`"


def _stopped_rolling_back(end: End, facts: Known, back: Known) -> _Said:
    bad = f"deployment {facts.deployment_id} of {facts.what}, which was found bad"
    if back.deployment_id:
        return f"{end.reason} during the rollback: {_left_behind(end.result, back)}; it replaces {bad}", _follow(back)
    sent = "the rollback may have been accepted" if back.deploy_call.in_doubt else "nothing was rolled back"
    said = f"{end.reason} before the rollback of {bad}: {sent}"
    return said, f"look at what {facts.endpoint} serves, and deploy again"


def _left_behind(result: Result, facts: Known) -> str:
    """Say what is known of a deployment that is not followed any more."""
    deployment = f"deployment {facts.deployment_id} of {facts.what} to {facts.endpoint}"
    if not facts.status:
        return f"nothing has been seen of {deployment}"
    goes_on = " and may go on or not" if result is Result.UNREACHABLE else " and goes on"
    return f"{deployment} was last seen {facts.progress}{goes_on if facts.under_way else ''}"


def _extras(facts: Known) -> str:
    """Say what went well after the rollout."""
    asked = ["its smoke test passed"] if facts.smoke_test.verdict == "passed" else []
    return "".join(f"; {said}" for said in (*asked, *(f"alias {moved}" for moved in facts.promoted)))


def _serving(facts: Known) -> str:
    return facts.serving.by(facts.endpoint)
