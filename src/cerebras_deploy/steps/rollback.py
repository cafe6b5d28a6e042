"""Deploys the previous version again, after the one that replaced it was found bad (`outcome.is_rolled_back`)."""

from dataclasses import replace

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import may_hide_newer, version_of
from cerebras_deploy.decide.known import RollbackVerdict
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import end_of
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.decide.target import Target
from cerebras_deploy.errors import Interrupted, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import follow, tracked
from cerebras_deploy.steps.look import Look, version_to_restore
from cerebras_deploy.steps.submit import Submission
from cerebras_deploy.times import span


def roll_back(context: Context, end: End) -> End:
    """Deploy the previous version, and note the outcome. Return `end`, which ended our own rollout.

    If ours turns out not to have ended like that after all, it is left alone, and its own end is returned. The rollback
    has a `timeout` of its own. Raises `Interrupted` only.
    """
    entry, facts = context.facts.previous, context.facts
    if entry is None or entry.name is None or facts.was_live_before or facts.is_unclear_before:
        _note(context, "failed", _not_rolled_back(_why_no_target(context)))
        return end
    patience = context.patience.within(context.inputs.timeout)
    patience.heard()  # earlier in this run, so that one no may be a slip
    context = replace(context, patience=patience)
    back = context.for_rollback(entry.name)
    try:
        if end.result is Result.FAILED and (other := _other_end(context)):
            context.facts.rollback_given_up()
            return other
        status = Status.ERROR if end.result is Result.FAILED else Status.DONE  # in which ours was found bad
        verdict, outcome = _roll_back(context, back, entry, status)
    except Interrupted:  # which is a Stop, too
        raise
    except Stop as stop:
        why = "; ".join(filter(None, (stop.end.reason, stop.end.hint)))
        verdict, outcome = "failed", _stopped(back, why or f"it did not finish within {span(context.inputs.timeout)}")
    _note(context, verdict, outcome)
    return end


def _note(context: Context, verdict: RollbackVerdict, outcome: str) -> None:
    context.facts.rollback_ended(verdict, outcome)
    if verdict == "failed":
        context.journal.say(f"Rollback: {outcome}.", "bad")


_Told = tuple[RollbackVerdict, str]  # the verdict, and in words


def _not_rolled_back(why: str) -> str:
    return f"not rolled back, because {why}"


def _why_no_target(context: Context) -> str:
    if context.facts.was_live_before:
        return f"{context.facts.what} was already live before this deployment"
    if context.facts.is_unclear_before:
        return "it is unclear which version was live before, since entries have no time, or the same"
    if not context.facts.has_integer:
        return "the integer ID of the deployed version is unknown, and so is the version before it"
    if entry := context.facts.previous:
        return f"the previous version is {entry.model}, which names no integer version"
    return f"{context.inputs.endpoint} had no previous version"


def _stopped(back: Context, why: str) -> str:
    if back.facts.deployment_id:
        return f"the end of the rollback (deployment {back.facts.deployment_id}) is unknown: {why}"
    if back.facts.deploy_call.in_doubt:
        return f"the rollback may have started: {why}"
    return _not_rolled_back(why)


def _other_end(context: Context) -> End | None:
    """If the deadline came before an error had stood its 30 s, read on until it has. Return ours' end if it passes."""
    track = tracked(context)
    while track.progress.status is Status.ERROR and end_of(track) is None:
        context.patience.read_next(context.read_endpoint, Rhythm.CONFIRM)
        track = tracked(context)
        context.show_progress(track.progress)
    if track.progress.status is Status.ERROR:
        return None
    if track.seen_rolling_back or track.progress.status is Status.ROLLED_BACK:
        return follow(context)
    end = end_of(track)
    if end and end.result is not Result.SUCCEEDED:
        return end
    reason = "the rollout was in an error at the time limit and has recovered, so it was not rolled back"
    return End(Result.TIMED_OUT, reason)


def _roll_back(context: Context, back: Context, entry: DeployedModel, status: Status) -> _Told:
    """Deploy the previous version while ours has that status, and return the outcome."""
    version = version_to_restore(context, entry)
    if isinstance(version, str):
        context.facts.previous_is_lost()
        return "failed", _not_rolled_back(version)
    submission = Submission(back)
    endpoint = context.patience.read(context.read_endpoint)  # noted of ours: what is newer may forbid it
    while not (obstacle := _obstacle(endpoint, tracked(context).target, status)):
        back.journal.heading(f"Roll back {back.inputs.endpoint} to {version_of(entry)}.", "the rollback")
        if submission.send(Look(endpoint, version)):
            return _ended(back, follow(back))
        endpoint = context.patience.read_next(context.read_endpoint)
    return "skipped", _not_rolled_back(obstacle)


def _obstacle(endpoint: Endpoint, ours: Target, status: Status) -> str:
    """Say what has changed on the endpoint meanwhile; empty if ours is the newest entry, with that status."""
    entries = endpoint.deployed_models
    if not entries:
        return "the endpoint no longer lists any deployment"
    if newer := next(iter(ours.may_be_newer(entries)), None):
        return f"the newest deployment is now {newer.id} ({version_of(newer)})"
    if may_hide_newer(endpoint, ours.created):
        return "an unreadable entry may be newer"
    own = next((entry for entry in entries if ours.is_it(entry)), None)
    if own is None:
        return f"the endpoint no longer lists deployment {ours.id}"
    return "" if own.status == status else f"deployment {ours.id} is now {Progress.of_entry(own)}"


def _ended(back: Context, end: End) -> _Told:
    id_, what = back.facts.deployment_id, back.facts.what
    if end.result is Result.SUCCEEDED:
        return "succeeded", f"succeeded with deployment {id_} of {what}"
    why = f": {end.reason}" if end.reason else ""
    return (
        "failed",
        f"FAILED. Deployment {id_} of {what} {_HOW_IT_ENDED.get(end.result, f'ended as {end.result.value}')}{why}",
    )


_HOW_IT_ENDED = {
    Result.FAILED: "ended in an error",
    Result.ROLLED_BACK: "was rolled back by Cerebras",
    Result.CANCELLED: "was canceled by someone else",
    Result.SUPERSEDED: "was superseded",
}
