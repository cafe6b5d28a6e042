"""How to go on with a deployment that a run has left behind: what to set in the step, or to re-run it."""

from cerebras_deploy.api.status import NO_STATUS, NO_WORD, Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind


def resume(facts: Known) -> str:
    """Say how to go on with a deployment, be it done or not."""
    if left_behind(facts) is Left.DONE:
        return f"{again(facts)} to continue from there, without another deployment"
    return keep_waiting(facts)


def again(facts: Known) -> str:
    """Say how to run the step once more for a deployment that is done."""
    if facts.deploys_again and not facts.was_named:
        return f"set `deployment-id: {facts.deployment_id}`"
    return "re-run the step"


def keep_waiting(facts: Known, *, is_back: bool = False) -> str:
    """Say how to go on with a deployment that may go on. A word that is not known has to be taught first.

    `is_back`: it is a rollback's, so that it is of another version than the workflow names. A step that has rolled back
    would roll it back, too.
    """
    status, teach = facts.progress.status, ""
    if not isinstance(status, Status) and status not in {NO_STATUS, NO_WORD}:
        # As it came, since a key in another form could not be blanked any more.
        teach = f"`status-words: {status.word}=…` to the status that it means, and "
    if facts.was_named:
        return f"{f'set {teach}' if teach else ''}re-run the step to keep waiting"
    deploy = "`operation: deploy` and " if facts.is_replacing else ""
    instead = " in place of `model` and `alias`" if is_back or facts.is_replacing else ""
    return f"set {teach}{deploy}`deployment-id: {facts.deployment_id}`{instead} to keep waiting"
