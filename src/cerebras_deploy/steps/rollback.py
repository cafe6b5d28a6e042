"""Deploys the previous version again, after the one that replaced it was found bad (`outcome.is_rolled_back`)."""

from dataclasses import replace

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status, Unknown
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
    """Deploy what was live before ours, and note what came of it. Returns `end`, what ours ended with.

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
        verdict, outcome = _roll_back(context, back, entry)
    except Interrupted:  # which is a Stop, too
        raise
    except Stop as stop:
        verdict, outcome = "failed", _stopped(back, "; ".join(filter(None, (stop.end.reason, stop.end.hint))))
    _note(context, verdict, outcome)
    return end


def _note(context: Context, verdict: RollbackVerdict, outcome: str) -> None:
    context.facts.rollback_ended(verdict, outcome)
    if verdict == "failed":
        context.journal.error(f"ROLLBACK FAILED: {context.inputs.endpoint}", outcome)


_Told = tuple[RollbackVerdict, str]  # what came of it, and in words


def _not_rolled_back(why: str) -> str:
    return f"it was not rolled back: {why}"


def _why_no_target(context: Context) -> str:
    if context.facts.was_live_before:
        return f"{context.facts.what} was live before, too"
    if context.facts.is_unclear_before:
        return "it is not clear which version was live before, since entries have no time, or the same"
    if not context.facts.has_integer:
        return "the deployed version is not known by its integer, so neither is the one before it"
    if entry := context.facts.previous:
        return f"what was live before is {entry.model}, which names no integer version"
    return f"nothing was live on {context.inputs.endpoint} before"


def _stopped(back: Context, why: str) -> str:
    if back.facts.deployment_id:
        return f"the end of the rollback by deployment {back.facts.deployment_id} is not known: {why}"
    if back.facts.deploy_call.in_doubt:
        return f"the rollback may have been accepted: {why}"
    return _not_rolled_back(why)


def _other_end(context: Context) -> End | None:
    """If the deadline came before an error had stood its 30 s, read on until it has. Return ours' end if it passes."""
    track = tracked(context)
    while track.progress.status is Status.ERROR and end_of(track) is None:
        context.patience.read_next(context.read_endpoint, Rhythm.QUICK)
        track = tracked(context)
        context.show_progress(track.progress)
    if track.progress.status is Status.ERROR:
        return None
    if track.seen_rolling_back or track.progress.status is Status.ROLLED_BACK:
        return follow(context)
    end = end_of(track)
    if end and end.result is not Result.SUCCEEDED:
        return end
    reason = f"the timeout of {span(context.inputs.timeout)} was reached in an error, which has passed since"
    return End(Result.TIMED_OUT, f"{reason}, so that nothing was rolled back")


def _roll_back(context: Context, back: Context, entry: DeployedModel) -> _Told:
    """Deploy the previous version, and return what came of it."""
    version = version_to_restore(context, entry)
    if isinstance(version, str):
        return "failed", _not_rolled_back(version)
    status = tracked(context).progress.status
    submission = Submission(back)
    endpoint = back.patience.read(back.read_endpoint)
    while not (obstacle := _obstacle(endpoint, tracked(context).target, status)):
        if back.journal.first("roll back"):
            back.journal.say(f"rolling back {back.inputs.endpoint} to {version_of(entry)}, which was live before")
        if submission.send(Look(endpoint, version)):
            return _ended(back, follow(back))
        endpoint = back.patience.read_next(back.read_endpoint)
    return "skipped", _not_rolled_back(obstacle)


def _obstacle(endpoint: Endpoint, ours: Target, status: Status | Unknown) -> str:
    """Say what has changed on the endpoint meanwhile; empty if ours is the newest entry, with that status."""
    entries = endpoint.deployed_models
    if not entries:
        return "the endpoint lists no deployment any more"
    if newer := next(iter(ours.may_be_newer(entries)), None):
        return f"the endpoint's newest deployment is {newer.id} ({version_of(newer)})"
    if may_hide_newer(endpoint, ours.created):
        return "an entry that cannot be read may be newer"
    own = next((entry for entry in entries if ours.is_it(entry)), None)
    if own is None:
        return f"the endpoint no longer lists deployment {ours.id}"
    return "" if own.status == status else f"deployment {ours.id} is {Progress.of_entry(own)} now"


def _ended(back: Context, end: End) -> _Told:
    id_, what = back.facts.deployment_id, back.facts.what
    if end.result is Result.SUCCEEDED:
        return "succeeded", f"rolled back by deployment {id_}: {back.inputs.endpoint} serves {what}"
    why = f": {end.reason}" if end.reason else ""
    serving = back.facts.serving.by(back.inputs.endpoint)
    return "failed", f"rolling back by deployment {id_} to {what} ended {end.result}{why}: {serving}"
