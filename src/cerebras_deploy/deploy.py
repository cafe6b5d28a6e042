"""The order of things: look, plan, deploy, watch, settle."""

from collections.abc import Callable
from typing import assert_never

from cerebras_deploy.errors import Refused, Result, Stop
from cerebras_deploy.plan import (
    Attach,
    Deploy,
    NotPossible,
    Unchanged,
    WaitFirst,
    unknown_others,
    version_of,
)
from cerebras_deploy.rollout import NOTHING_SEEN, Progress, Target, Track, Verdict
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.settle import Outcome, settle
from cerebras_deploy.submit import Submission
from cerebras_deploy.wire import DeployedModel, Endpoint, Status, Unknown


def deploy(run: Run) -> Outcome:
    """Run the step to its end, whatever that is."""
    run.publish()
    end: Verdict | Stop
    try:
        end = _given(run) if run.inputs.deployment_id else _wanted(run)
    except Stop as stop:
        end = stop
    if isinstance(end, Verdict) and end.result is Result.SUCCEEDED and end.newer:
        newer = f"deployment {end.newer.id} ({version_of(end.newer)}) is newer than ours"
        run.journal.warn_once("Newer deployment", f"{newer}: {run.inputs.endpoint} may serve it soon")
    return settle(end, run.facts, run.journal.elapsed)


def _wanted(run: Run) -> Verdict:
    """Have the wanted version on the endpoint: start its rollout, or find it there."""
    track = _start(run)
    if track is None:
        return Verdict(Result.UNCHANGED)
    if run.inputs.wait:
        return _follow(run, track)
    return track.verdict or Verdict(Result.TRIGGERED)


def _given(run: Run) -> Verdict:
    """Follow the deployment that the workflow named."""
    run.facts.deployment_id, run.facts.began = run.inputs.deployment_id, run.journal.elapsed
    run.publish()
    run.journal.plan(f"Follow deployment {run.inputs.deployment_id} on {run.inputs.endpoint}")
    return _follow(run, Track(Target(run.inputs.deployment_id, by_id=True)), check=_check_given)


def _start(run: Run) -> Track | None:
    """Look until the plan can be carried out, then do so. None: the version is live already."""
    submission = Submission(run)
    for sight in run.watch.snapshots(run.look):
        plan, run.facts.waiting = run.plan(sight), ""
        _tell(run, sight)
        match plan:
            case Unchanged(live):
                run.facts.deployment_id, run.facts.progress = live.id, Progress.of_entry(live)
                return None
            case Attach(entry):
                return _attach(run, sight, entry)
            case Deploy():
                if track := submission.send(sight):
                    return track
            case WaitFirst(entry):
                _wait_first(run, sight, entry)
            case NotPossible(reason, hint):
                raise Refused(reason, hint)
            case never:
                assert_never(never)
    raise AssertionError("a watch ends by raising")


def _tell(run: Run, sight: Sight) -> None:
    """Say once what is to be done, and what the log's reader might wonder about."""
    serving = f"serves {version_of(run.facts.serving)}" if run.facts.serving else "serves nothing yet"
    run.journal.plan(f"Deploy {run.facts.what} to {run.inputs.endpoint}, which {serving}")
    for entry in unknown_others(sight.endpoint.deployed_models, sight.version.model):
        text = f"deployment {entry.id} ({version_of(entry)}) is {Progress.of_entry(entry)}; it blocks nothing"
        run.journal.warn_once("Unknown rollout state", text)


def _attach(run: Run, sight: Sight, entry: DeployedModel) -> Track:
    progress = Progress.of_entry(entry)
    run.facts.deployment_id, run.facts.progress, run.facts.began = entry.id, progress, run.journal.elapsed
    run.publish()
    said = f"attached to deployment {entry.id}, which is of this version: {progress}"
    run.journal.state(str(progress), run.watch.left, said=said)
    entries = sight.endpoint.deployed_models
    older = frozenset(other.id for other in entries if other.created <= entry.created)
    return Track(Target(entry.id, entry.created, older), seen=True).reached(progress)


def _wait_first(run: Run, sight: Sight, entry: DeployedModel | None) -> None:
    if entry:
        what = f"waiting for deployment {entry.id} ({version_of(entry)}): {Progress.of_entry(entry)}"
    else:
        word = sight.version.sync_status or "no word on them"
        what = f"waiting for the weights of version {sight.version.model.version} to sync: {word}"
    run.facts.waiting = what
    run.journal.state(what, run.watch.left)


def _follow(run: Run, track: Track, check: Callable[[Run, Endpoint, Track], None] | None = None) -> Verdict:
    """Read until there is a verdict; the deploy reply may have held one already."""
    verdict = track.verdict
    snapshots = run.watch.snapshots(run.read_endpoint)
    while verdict is None:
        endpoint = next(snapshots)
        before, track = track, track.read(endpoint, run.watch.listening)
        run.tracked(track, endpoint)
        if check and track.seen and not before.seen:
            check(run, endpoint, track)
        _narrate(run, track)
        run.watch.eager = track.progress.near_end
        verdict = track.verdict
    return verdict


def _narrate(run: Run, track: Track) -> None:
    progress = track.progress
    if track.absent and track.seen:
        run.journal.state(f"no longer listed by the endpoint (last seen {progress})", run.watch.left)
        return
    if progress.status is Status.ROLLING_BACK and run.journal.first("rolling back"):
        run.journal.error(
            "Rolling back",
            f"the rollout of {run.facts.what} to {run.inputs.endpoint} is being rolled back"
            f"{': ' + progress.error if progress.error else ''}; watching it to its end",
        )
    if isinstance(progress.status, Unknown) and progress.status.word:
        word = progress.status.word
        text = f"deployment {track.target.id} is in state `{word}`, which this action does not know; waiting on"
        run.journal.warn_once("Unknown rollout state", text)
    listed = str(progress) if track.seen or progress == NOTHING_SEEN else f"{progress}, not listed yet"
    run.journal.state(listed, run.watch.left)


def _check_given(run: Run, endpoint: Endpoint, track: Track) -> None:
    """Compare the deployment that was named by id with the `model` and `alias` that came with it."""
    entry = next(e for e in endpoint.deployed_models if e.id == track.target.id)
    run.facts.model = entry.name
    ref, wanted = run.inputs.model, run.inputs.version_ref
    if ref is None and not wanted:
        return
    if entry.name is None:
        raise Refused(f"deployment {entry.id} is of {entry.model}, which is not a model's name", "leave out `model`")
    if not wanted:
        matches = ref is None or ((ref.org or entry.name.org), ref.architecture) == entry.name[:2]
    else:
        architecture, org = (ref.architecture, ref.org) if ref else (entry.name.architecture, entry.name.org)
        version = run.watch.patiently(lambda: run.read_version(endpoint, architecture, org, wanted))
        matches = entry.name in (version.model, version.model._replace(version=wanted))
        run.facts.model = version.model if matches else entry.name
    if not matches:
        asked = ", ".join(
            f"`{name}: {value}`" for name, value in (("model", ref), ("alias", run.inputs.alias)) if value
        )
        raise Refused(f"deployment {entry.id} is of {entry.model}, not of {asked}", "correct the one or the other")
