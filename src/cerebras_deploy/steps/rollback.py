"""Deploys the previous version again, after the one that replaced it was found bad (`conclusion.is_rolled_back`)."""

from dataclasses import replace

from cerebras_deploy.api.names import INTEGER_VERSION
from cerebras_deploy.api.status import Status
from cerebras_deploy.api.wire import DeployedModel, Endpoint, Version, Weights
from cerebras_deploy.decide.plan import newest_first, version_of
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.errors import Interrupted, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context, Look
from cerebras_deploy.steps.follow import follow, snapshot, tracked
from cerebras_deploy.steps.submit import Submission


def roll_back(context: Context, end: End) -> None:
    """Deploy what was live before ours, and note what came of it; `end` is what ours ended with.

    The rollback has a `timeout` of its own. Raises `Interrupted` only.
    """
    context = replace(context, patience=context.patience.within(context.inputs.timeout))
    try:
        outcome = _roll_back(context, Status.ERROR if end.result is Result.FAILED else Status.DONE)
    except Interrupted:  # which is a Stop, too
        raise
    except Stop as stop:
        back = context.facts.rollback
        left = f"; deployment {back.deployment_id} may go on" if back and back.deployment_id else ""
        outcome = _not_rolled_back("; ".join(filter(None, (stop.end.reason, stop.end.hint))) + left)
    context.facts.rollback_ended(outcome)


def _not_rolled_back(why: str) -> str:
    return f"it was not rolled back: {why}"


def _roll_back(context: Context, status: Status) -> str:
    """Deploy the previous version, and return what came of it. Ours must still have this status."""
    entry = context.facts.previous
    if entry is None:
        return _not_rolled_back(f"nothing was live on {context.inputs.endpoint} before")
    _await_standing_error(context)
    version = _version_of(context, entry)
    if isinstance(version, str):
        return _not_rolled_back(version)
    back = context.for_rollback(version)
    submission = Submission(back)
    endpoint = back.patience.read(back.read_endpoint)
    while not (obstacle := _obstacle(endpoint, context.facts.deployment_id, status)):
        if back.journal.first("roll back"):
            back.journal.say(f"rolling back {back.inputs.endpoint} to {version_of(entry)}, which was live before")
        if submission.send(Look(endpoint, version)):
            return _ended(back, follow(back))
        endpoint = back.patience.read_next(back.read_endpoint)
    return _not_rolled_back(obstacle)


def _await_standing_error(context: Context) -> None:
    """If the deadline came before an error had stood its 30 s, read on until it has, or is gone."""
    track = tracked(context)
    while track.progress.status is Status.ERROR and track.end is None:
        track = snapshot(context, context.patience.read_next(context.read_endpoint, poll_fast=True))
        context.show_progress(track.progress)


def _version_of(context: Context, entry: DeployedModel) -> Version | str:
    """Return the version to go back to, or why there is none."""
    name = entry.name
    if name is None or not INTEGER_VERSION.fullmatch(name.version):
        return f"what was live before is {entry.model}, which names no integer version"
    version = context.patience.read(lambda: context.api.version(name, context.patience.call_bound))
    if version.weights is not Weights.READY:
        return f"the weights of version {name.version} are not ready any more ({version.sync_status})"
    return version


def _obstacle(endpoint: Endpoint, ours: str, status: Status) -> str:
    """Say what has changed on the endpoint meanwhile; empty if ours is the newest entry, with that status."""
    newest = next(iter(newest_first(endpoint.deployed_models)), None)
    if newest is None:
        return "the endpoint lists no deployment any more"
    if newest.id != ours:
        return f"the endpoint's newest deployment is {newest.id} ({version_of(newest)})"
    return "" if newest.status is status else f"deployment {ours} is {Progress.of_entry(newest)} now"


def _ended(back: Context, end: End) -> str:
    id_, what = back.facts.deployment_id, back.facts.what
    if end.result is Result.SUCCEEDED:
        return f"rolled back by deployment {id_}: {back.inputs.endpoint} serves {what}"
    why = f": {end.reason}" if end.reason else ""
    serving = version_of(back.facts.serving) if back.facts.serving else "no version that is known"
    return (
        f"rolling back by deployment {id_} to {what} ended {end.result}{why}: {back.inputs.endpoint} serves {serving}"
    )
