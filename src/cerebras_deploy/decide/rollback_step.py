"""The step that would roll back, where this one must not: named only where it would do so.

It is `operation: rollback`. What that does with a deployment is decided in `replacement.py`.
"""

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import version_of
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.track import Track

GONE = {Status.ROLLING_BACK, Status.ROLLED_BACK, Status.CANCELLED}  # the API or somebody has seen to it


def rollback_step(facts: Known) -> str:
    """Say how to restore the previous version; empty where nothing of ours is there, or nothing could be put back."""
    before, track = facts.previous, facts.track
    if before is None or before.name is None or not before.name.has_integer:
        return ""
    if facts.cannot_restore or facts.is_replacing:
        return ""
    if (facts.was_live_before and not facts.found_live_already) or facts.is_unclear_before:
        return ""  # the step would restore another version than the previous one
    run, to = "run a step with `operation: rollback`", f"to roll back to {version_of(before)}"
    if track is None:
        return f"{run} {to}" if facts.deploy_call.in_doubt else ""
    return f"{run} and `deployment-id: {track.target.id}` {to}" if _is_replaceable(facts, track, before) else ""


def _is_replaceable(facts: Known, track: Track, before: DeployedModel) -> bool:
    """Whether the deployment that is followed is listed, with nothing newer, and later than what was live before."""
    if not track.is_listed or (facts.was_named and not facts.is_confirmed):
        return False
    if track.newer or track.seen_rolling_back or track.progress.status in GONE:
        return False
    then, now = before.created, track.entry.created if track.entry else None
    return then is not None and now is not None and then <= now
