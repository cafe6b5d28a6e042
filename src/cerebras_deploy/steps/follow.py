"""One deployment, to its end: read, judge, tell."""

from collections.abc import Callable

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.api.tolerance import same_form
from cerebras_deploy.decide.plan import NotPossible
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import ERROR_STANDS, end_at_deadline, end_of
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import Stop, refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.look import read_version
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import sentence

Check = Callable[[Context, Endpoint, DeployedModel], None]


def follow(context: Context, on_first_listed: Check | None = None) -> End:
    """Read the deployment that the facts name until it has ended.

    `on_first_listed` is called with the first entry that is read of it. Raises a `Stop` at the deadline, unless the
    rollout was in an error then.
    """
    try:
        return _read_to_the_end(context, on_first_listed)
    except Stop as stop:
        end = end_at_deadline(tracked(context))
        if end is None or stop.end.result is not Result.TIMED_OUT:
            raise
        return end


def _read_to_the_end(context: Context, on_first_listed: Check | None) -> End:
    endpoint = context.patience.read(context.read_endpoint)
    while True:
        track = tracked(context)
        if on_first_listed and track.entry:
            on_first_listed(context, endpoint, track.entry)
            on_first_listed = None
        _narrate(context, track)
        if end := end_of(track):
            return end
        endpoint = context.patience.read_next(context.read_endpoint, track.rhythm)


def tracked(context: Context) -> Track:
    """Return what is known of the deployment that is followed."""
    if context.facts.track is None:
        raise ValueError("no deployment is followed")
    return context.facts.track


def _narrate(context: Context, track: Track) -> None:
    """Tell what the latest read has shown."""
    progress, journal = track.progress, context.journal
    if track.seen and not track.is_listed:
        text = f"no longer listed by the endpoint (last seen {progress})"
        context.show(Change(text, context.section, "not listed", tone="warning"))
        return
    if progress.status is Status.ROLLING_BACK and journal.first(f"{track.target.id} rolling back"):
        endpoint = context.inputs.endpoint
        why = f" Reason: {progress.error}" if progress.error else ""
        journal.say(f"Cerebras is rolling back the rollout of {context.facts.what} to {endpoint}.{why}", "bad")
    if isinstance(progress.status, Unknown) and track.entry:
        word = progress.status.word
        text = f"Deployment {track.target.id} is in unrecognized state `{word}`. Still waiting."
        journal.warn_once("Unrecognized rollout state", f"{text} {context.teach(track.entry)}", about=f"word {word}")
    if track.entry and track.target.is_of_another_version(track.entry):
        journal.warn_once(
            "Listed as another version", f"Deployment {track.target.id} is listed as {track.entry.model}."
        )
    context.show_progress(progress, listed=track.seen)
    if track.entry:
        _tell_unknown(context, track.entry)
    if progress.status is Status.ERROR and journal.first(f"{track.target.id} error"):
        journal.say(f"Waiting {ERROR_STANDS:.0f} s to see whether the rollout recovers.")


def _tell_unknown(context: Context, entry: DeployedModel) -> None:
    """Name a word that is not known, and stands beside one that is: once for each field."""
    for field, word in entry.unknown_words:
        if context.journal.first(f"unknown word in {field}"):
            context.journal.say(f"The entry also says `{field}: {word}`, which is not recognized.")


def attach(context: Context, entry: DeployedModel) -> None:
    """Take a deployment of the wanted version that somebody has started."""
    progress = Progress.of_entry(entry)
    track = Track(Target(entry.id, entry.created, model=context.facts.model)).listed(
        entry, context.patience.answered_time
    )
    context.facts.attached(track, context.time.elapsed)
    line = f"Following deployment {entry.id}, which already rolls out this version. {sentence(str(progress))}"
    context.show_progress(progress, line=line)
    context.publish()


def find_given(context: Context, endpoint: Endpoint) -> DeployedModel | NotPossible:
    """Return the entry of the deployment that the workflow named, or that it is not listed."""
    wanted = same_form(context.inputs.deployment_id)
    found = next((entry for entry in endpoint.deployed_models if entry.id == wanted), None)
    no = NotPossible(
        f"{context.inputs.endpoint} does not list deployment {wanted}", "check `deployment-id` and `endpoint`"
    )
    return found or no


def check_given(context: Context, endpoint: Endpoint, entry: DeployedModel) -> None:
    """Compare the deployment that the workflow named with the `model` and `alias` that came with it."""
    ref, wanted = context.inputs.model, context.inputs.version_ref
    if ref is None and not wanted:
        context.facts.confirm_asked("")
        return
    if entry.name is None:
        raise refused(
            f"deployment {entry.id} names model {entry.model}, which is not a model name", "leave out `model`"
        )
    if not wanted:
        matches = ref is None or ((ref.org or entry.name.org), ref.architecture) == entry.name[:2]
    else:
        architecture, org = (ref.architecture, ref.org) if ref else (entry.name.architecture, entry.name.org)
        version = context.patience.read(lambda: read_version(context, endpoint, architecture, org, wanted))
        matches = entry.name in (version.model, version.model._replace(version=wanted))
    if not matches:
        asked = ", ".join(
            f"`{name}: {value}`" for name, value in (("model", ref), ("alias", context.inputs.alias)) if value
        )
        raise refused(
            f"deployment {entry.id} names model {entry.model}, not {asked}", "correct `deployment-id` or the model"
        )
    context.facts.confirm_asked(wanted)
