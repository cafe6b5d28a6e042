"""The step that would roll back, where this one must not: named only where it would do so.

It is `operation: rollback`. What that does with a deployment is decided in `replacement.py`.
"""

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import version_of
from cerebras_deploy.decide.known import Known

GONE = {Status.ROLLING_BACK, Status.ROLLED_BACK, Status.CANCELLED}  # the API or somebody has seen to it


def rollback_step(facts: Known) -> str:
    """Say how to restore the previous version; empty where nothing of ours is there, or nothing could be put back."""
    before = facts.previous
    has_target = before is not None and before.name is not None and before.name.has_integer
    if before is None or not has_target or facts.cannot_restore or facts.is_replacing or not facts.has_integer:
        return ""
    if (facts.was_live_before and not facts.found_live_already) or facts.is_unclear_before:
        return ""  # the step would restore another version than the previous one
    run, to = "run a step with `operation: rollback`", f"to roll back to {version_of(before)}"
    if facts.deployment_id:
        return f"{run} and `deployment-id: {facts.deployment_id}` {to}" if _is_replaceable(facts) else ""
    return f"{run} {to}" if facts.deploy_call.in_doubt else ""


def _is_replaceable(facts: Known) -> bool:
    """Whether the deployment that is followed is listed, with nothing newer, and later than what was live before."""
    track, before = facts.track, facts.previous
    if track is None or track.entry is None or not track.is_listed or before is None:
        return False
    if facts.was_named and not facts.is_confirmed:
        return False
    if track.newer or track.seen_rolling_back or facts.progress.status in GONE:
        return False
    then, now = before.created, track.entry.created
    return then is not None and now is not None and then <= now
