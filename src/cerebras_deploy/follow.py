"""One deployment, to its end: read, judge, tell."""

from collections.abc import Callable

from cerebras_deploy.errors import Refused
from cerebras_deploy.journal import State
from cerebras_deploy.rollout import Progress, Target, Track, Verdict
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.wire import DeployedModel, Endpoint, Status, Unknown


def follow(run: Run, track: Track, check: Callable[[Run, Endpoint, Track], None] | None = None) -> Verdict:
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
        text = f"no longer listed by the endpoint (last seen {progress})"
        run.journal.state(State(text, run.section, "not listed", tone="warning"), run.watch.left)
        return
    if progress.status is Status.ROLLING_BACK and run.journal.first(f"{track.target.id} rolling back"):
        run.journal.error(
            f"Rolling back: {run.inputs.endpoint}",
            f"the rollout of {run.facts.what} to {run.inputs.endpoint} is being rolled back"
            f"{': ' + progress.error if progress.error else ''}; watching it to its end",
        )
    if isinstance(progress.status, Unknown) and progress.status.word:
        word = progress.status.word
        text = f"deployment {track.target.id} is in state `{word}`, which this action does not know; waiting on"
        run.journal.warn_once("Unknown rollout state", text)
    run.journal.state(run.state(progress, listed=track.seen), run.watch.left)


def attach(run: Run, sight: Sight, entry: DeployedModel) -> Track:
    """Take a deployment of the wanted version that somebody has started."""
    progress = Progress.of_entry(entry)
    run.facts.deployment_id, run.facts.progress, run.facts.began = entry.id, progress, run.journal.elapsed
    run.publish()
    said = f"attached to deployment {entry.id}, which is of this version: {progress}"
    run.journal.state(run.state(progress), run.watch.left, said=said)
    entries = sight.endpoint.deployed_models
    older = frozenset(other.id for other in entries if other.created <= entry.created)
    return Track(Target(entry.id, entry.created, older), seen=True).reached(progress)


def check_given(run: Run, endpoint: Endpoint, track: Track) -> None:
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
    if not matches:
        asked = ", ".join(
            f"`{name}: {value}`" for name, value in (("model", ref), ("alias", run.inputs.alias)) if value
        )
        raise Refused(f"deployment {entry.id} is of {entry.model}, not of {asked}", "correct the one or the other")
