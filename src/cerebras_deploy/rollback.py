"""Puts back what was live before, when what is live now was found bad. «Could not look» rolls nothing back."""

from dataclasses import replace

from cerebras_deploy.errors import Interrupted, Result, Stop
from cerebras_deploy.follow import follow
from cerebras_deploy.names import INTEGER_VERSION
from cerebras_deploy.plan import newest_first, version_of
from cerebras_deploy.rollout import Target, Track, Verdict
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.settle import Facts
from cerebras_deploy.submit import Submission
from cerebras_deploy.watch import Watch
from cerebras_deploy.wire import DeployedModel, Endpoint, Status, Version, Weights

OBSERVED = 30.0  # seconds after `error` in which the API may begin to roll back by itself


def roll_back(run: Run, verdict: Verdict) -> Verdict:
    """Deploy what was live before ours, if ours was found bad; the verdict stays red, the facts say what came of it.

    Bounded by its own copy of `timeout`. Raises `Interrupted` only.
    """
    if verdict.result not in {Result.FAILED, Result.SMOKE_TEST_FAILED}:
        return verdict
    watch = run.watch
    later = replace(run, watch=Watch(watch.clock, watch.rng, watch.told, watch.interval, watch.timeout))
    try:
        if verdict.result is Result.FAILED and (own := _own_rollback(later)):
            return own
        run.facts.afterwards = _replace(later)
    except Interrupted:
        raise
    except Stop as stop:
        id_ = run.facts.rollback.deployment_id if run.facts.rollback else ""
        left = f"; deployment {id_} may go on" if id_ else ""
        run.facts.afterwards = f"it was not rolled back: {'; '.join(filter(None, (stop.reason, stop.hint)))}{left}"
    return verdict


def _own_rollback(run: Run) -> Verdict | None:
    """Watch for a while whether the API rolls back by itself: then nothing is sent, and its end is the verdict."""
    track = Track(Target(run.facts.deployment_id), seen=True)
    run.journal.say(f"watching for {OBSERVED:.0f} s whether the API rolls back by itself")
    for endpoint in run.watch.snapshots(run.read_endpoint):
        track = track.read(endpoint, run.watch.listening)
        if track.rolling_back or track.progress.status is Status.ROLLED_BACK:
            return follow(run, track)
        if run.watch.elapsed >= OBSERVED:
            break
    return None


def _replace(run: Run) -> str:
    """Deploy the version that was live before; return what came of it."""
    entry = run.facts.previous
    if entry is None:
        return f"it was not rolled back: nothing was live on {run.inputs.endpoint} before"
    version = _version_of(run, entry)
    if isinstance(version, str):
        return f"it was not rolled back: {version}"
    back = replace(run, facts=Facts(endpoint=run.inputs.endpoint, model=version.model), rolling_back=True)
    run.facts.rollback = back.facts
    submission = Submission(back)
    for endpoint in back.watch.snapshots(back.read_endpoint):
        if taken := _taken(endpoint, run.facts.deployment_id):
            return f"it was not rolled back: {taken}"
        if back.journal.first("roll back"):
            back.journal.say(f"rolling back {run.inputs.endpoint} to {version_of(entry)}, which was live before")
        if track := submission.send(Sight(endpoint, version)):
            verdict = follow(back, track)
            run.facts.serving = back.facts.serving
            return _ended(back, verdict)
    raise AssertionError("a watch ends by raising")


def _version_of(run: Run, entry: DeployedModel) -> Version | str:
    """Return the version to go back to, or why there is none."""
    name = entry.name
    if name is None or not INTEGER_VERSION.fullmatch(name.version):
        return f"what was live before is {entry.model}, which names no integer version"
    version = run.watch.patiently(lambda: run.api.version(name, run.watch.bound))
    if version.weights is not Weights.READY:
        return f"the weights of version {name.version} are not ready any more ({version.sync_status})"
    return version


def _taken(endpoint: Endpoint, ours: str) -> str:
    """Say what has taken the endpoint meanwhile; empty if ours is the newest entry."""
    newest = next(iter(newest_first(endpoint.deployed_models)), None)
    if newest is None or newest.id == ours:
        return "" if newest else "the endpoint lists no deployment any more"
    return f"the endpoint's newest deployment is {newest.id} ({version_of(newest)})"


def _ended(back: Run, verdict: Verdict) -> str:
    id_, what = back.facts.deployment_id, back.facts.what
    if verdict.result is Result.SUCCEEDED:
        return f"rolled back by deployment {id_}: {back.inputs.endpoint} serves {what}"
    why = f": {verdict.why}" if verdict.why else ""
    serving = version_of(back.facts.serving) if back.facts.serving else "no version that is known"
    ended = f"rolling back by deployment {id_} to {what} ended {verdict.result}{why}"
    return f"{ended}: {back.inputs.endpoint} serves {serving}"
