"""What a stop has left behind, in words: the deadline, an interrupt, a refusal, or an API that is not there."""

from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span


def stopped(end: End, facts: Known) -> str:
    """Say what a stop has left behind."""
    if facts.rollback:
        return _rollback_cut_off(facts, facts.rollback)
    match end.result:
        case Result.TIMED_OUT:
            return _timed_out(facts)
        case Result.INTERRUPTED:
            return _interrupted(facts)
        case Result.REFUSED:
            return _refused(end, facts)
        case _:
            return _unreachable(facts)


def _timed_out(facts: Known) -> str:
    rollout, limit = f"{facts.what} to {facts.endpoint}", f"within {span(facts.timeout)}"
    match left_behind(facts):
        case Left.NOTHING:
            return f"Nothing was deployed to {facts.endpoint} {limit}."
        case Left.IN_DOUBT:
            return f"No usable reply to the deploy request for {rollout} arrived {limit}."
        case Left.UNLISTED:
            return f"The rollout of {rollout} was accepted, but it never appeared on the endpoint {limit}."
        case Left.UNDER_WAY:
            return f"The rollout of {rollout} did not finish {limit}. It continues without this job."
        case Left.DONE:
            return f"{facts.what} is deployed to {facts.endpoint}, but the step did not finish {limit}."
        case Left.ENDED:
            return f"The rollout of {rollout} has ended, but the step did not finish {limit}."


def _interrupted(facts: Known) -> str:
    rollout = f"{facts.what} to {facts.endpoint}"
    match left_behind(facts):
        case Left.NOTHING:
            return f"The job was canceled before anything was deployed to {facts.endpoint}."
        case Left.IN_DOUBT:
            return f"The job was canceled after the deploy request for {rollout} was sent."
        case Left.UNLISTED:
            return f"The job was canceled after the rollout of {rollout} was accepted."
        case Left.UNDER_WAY:
            return f"The job was canceled during the rollout of {rollout}. The rollout continues without it."
        case Left.DONE:
            return f"The job was canceled after {facts.what} was deployed to {facts.endpoint}."
        case Left.ENDED:
            return f"The job was canceled after the rollout of {rollout} had ended."


def _refused(end: End, facts: Known) -> str:
    match left_behind(facts):
        case _ if not end.reason:  # the rollout's own end: it was never listed
            return f"{facts.endpoint} does not list deployment {facts.deployment_id}."
        case Left.NOTHING:
            return f"Nothing was deployed to {facts.endpoint}."
        case _ if facts.was_named and not facts.is_confirmed:
            return f"Deployment {facts.deployment_id} on {facts.endpoint} was not followed."
        case Left.IN_DOUBT:
            return f"The deployment of {facts.what} to {facts.endpoint} may have started."
        case Left.UNLISTED | Left.UNDER_WAY:
            return f"The rollout of {facts.what} to {facts.endpoint} can't be followed any further."
        case Left.DONE | Left.ENDED:
            after = "its smoke test was rejected" if facts.is_asking else "a later request was refused"
            return f"{facts.what} is deployed to {facts.endpoint}, but {after}."


def _unreachable(facts: Known) -> str:
    rollout = f"{facts.what} to {facts.endpoint}"
    match left_behind(facts):
        case Left.NOTHING:
            return f"Nothing was deployed to {facts.endpoint}, because the API gave no usable reply."
        case Left.IN_DOUBT:
            return f"The deploy request for {rollout} got no usable reply, so a rollout may have started."
        case _:
            return f"The state of the rollout of {rollout} is unknown, because the API gave no usable reply."


def _rollback_cut_off(facts: Known, back: Known) -> str:
    match left_behind(back):
        case Left.NOTHING:
            return f"The job was canceled before {facts.endpoint} was rolled back."
        case Left.IN_DOUBT:
            return f"The job was canceled after the rollback of {facts.endpoint} to {back.what} was requested."
        case Left.UNLISTED | Left.UNDER_WAY:
            how = "The rollback continues without it."
            return f"The job was canceled during the rollback of {facts.endpoint} to {back.what}. {how}"
        case Left.DONE | Left.ENDED:
            return f"The job was canceled after the rollback of {facts.endpoint} to {back.what} had ended."
