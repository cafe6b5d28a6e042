"""What a stop has left behind, in words: the deadline, an interrupt, a refusal, or an API that is not there."""

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.rollback_step import rollback_step
from cerebras_deploy.result import End, Result

Said = tuple[str, str]  # statement and advice


def stopped(end: End, facts: Known) -> Said:
    """Say what a stop has left behind."""
    if facts.rollback:
        return _stopped_rolling_back(end, facts, facts.rollback)
    if end.result is Result.REFUSED and not end.reason:  # the rollout's own end: it was never listed
        return f"{facts.endpoint} does not list deployment {facts.deployment_id}", "check the id and the endpoint"
    reason = end.reason + _cut_off(end, facts)
    if facts.deployment_id:
        what, after = _left_behind(end.result, facts), _follow(facts)
        if end.result is Result.REFUSED and facts.was_named and not facts.is_confirmed:
            after = ""  # following it is what was refused
    elif facts.deploy_call.in_doubt:
        what = f"the deployment of {facts.what} to {facts.endpoint} may have been accepted"
        after = f"check what {facts.endpoint} serves, then re-run the step"
    else:
        return f"{reason}: nothing was deployed to {facts.endpoint}", end.hint
    back = rollback_step(facts) if facts.rollback_wanted else ""
    return f"{reason}: {what}", "; ".join(filter(None, (end.hint, after, back)))


def _cut_off(end: End, facts: Known) -> str:
    """Say what the step was doing, where the reason does not say so."""
    by_time = end.result in {Result.TIMED_OUT, Result.INTERRUPTED}
    return f" while {facts.waiting_for}" if facts.waiting_for and (by_time or not facts.deployment_id) else ""


def _follow(facts: Known) -> str:
    """Say how to go on with a deployment that was left behind."""
    if facts.progress.status is Status.DONE:
        return "re-run the step: it deploys nothing, and goes on from there"
    return f"follow it with `deployment-id: {facts.deployment_id}`"


def _stopped_rolling_back(end: End, facts: Known, back: Known) -> Said:
    bad = f"deployment {facts.deployment_id} of {facts.what}, which was found bad"
    if back.deployment_id:
        return f"{end.reason} during the rollback: {_left_behind(end.result, back)}; it replaces {bad}", _follow(back)
    sent = "the rollback may have been accepted" if back.deploy_call.in_doubt else "nothing was rolled back"
    said = f"{end.reason} before the rollback of {bad}: {sent}"
    check = f"look at what {facts.endpoint} serves, and deploy again"
    return said, check if back.deploy_call.in_doubt else rollback_step(facts) or check


def _left_behind(result: Result, facts: Known) -> str:
    """Say what is known of a deployment that is not followed any more."""
    deployment = f"deployment {facts.deployment_id} of {facts.what} to {facts.endpoint}"
    if not facts.status:
        return f"nothing has been seen of {deployment}"
    goes_on = " and may go on or not" if result is Result.UNREACHABLE else " and goes on"
    return f"{deployment} was last seen {facts.progress}{goes_on if facts.under_way else ''}"
