"""When what was seen of a deployment is its end, and which."""

from typing import assert_never

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.entries import deployment_of, is_harmless, may_serve, version_of
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result

STEADY_READS = 3  # good reads in a row; one alone may come from a stale replica of the API
LISTED_WITHIN = 300.0  # seconds of good reads, when the workflow named the deployment
LISTED_LATE = 20.0  # seconds; an accepted deployment may be listed as late as that, and a listed one be missing
ERROR_STANDS = 30.0  # seconds; until then the rollout may recover
CONFIRMED = 2.0  # seconds between two reads that agree


def end_of(track: Track) -> End | None:
    """Return the end of the rollout; None while it may still go on."""
    return _end_listed(track) if track.is_listed else _end_unlisted(track)


def end_at_deadline(track: Track) -> End | None:
    """Return the end, if there will be no further read: an error counts then, however short it has stood."""
    is_error = track.is_listed and track.progress.status is Status.ERROR
    return _failed(track) if is_error else end_of(track)


def left_because(track: Track) -> str:
    """Say why a deployment that was done may be leaving the endpoint; empty if nothing shows that it does."""
    is_leaving = track.seen_rolling_back or track.progress.status is Status.ERROR
    return f"deployment {track.target.id} is {track.progress} by now" if track.is_listed and is_leaving else ""


def may_have_left(track: Track) -> str:
    """Say why a deployment that is done may have been replaced; empty if nothing shows that it may."""
    if track.hides:
        return "the endpoint lists an entry that can't be read, which may be newer"
    done = (entry for entry in track.as_new if entry.status is Status.DONE)
    return next((f"{deployment_of(entry)} was created in the same second, and may be newer" for entry in done), "")


def _failed(track: Track) -> End:
    return End(Result.FAILED, track.progress.error)


def _end_listed(track: Track) -> End | None:
    match track.progress.status:
        case Status.DONE:
            return _end_done(track)
        case Status.ERROR:
            return _failed(track) if track.stood >= ERROR_STANDS and track.state_reads >= STEADY_READS else None
        case Status.ROLLED_BACK:
            return End(Result.ROLLED_BACK, track.progress.error)
        case Status.CANCELLED if track.newer:
            return _superseded(track.newer[0], "it was canceled")
        case Status.CANCELLED:
            return End(Result.CANCELLED, track.progress.error)
        case Status.NOT_STARTED | Status.IN_PROGRESS | Status.ROLLING_BACK | Unknown():
            return _end_overtaken(track)
        case never:
            assert_never(never)


def _end_done(track: Track) -> End | None:
    if track.seen_rolling_back:  # the end of a rollback is no success, whatever its word
        return End(Result.ROLLED_BACK, "the API reported it as done after it was seen rolling back")
    is_confirmed = track.stood >= CONFIRMED  # so that there were two reads
    if track.entry and track.target.is_of_another_version(track.entry):
        reason = f"it is done, but the endpoint lists it as {track.entry.model}, which is another version"
        return End(Result.FAILED, reason) if is_confirmed else None
    if not (track.seen_under_way or is_confirmed):
        return None
    return _end_overtaken(track) or End(Result.SUCCEEDED, newer=_newest(track))


def _end_overtaken(track: Track) -> End | None:
    done = (entry for entry in _newer_versions(track) if entry.status is Status.DONE and not entry.contradicted)
    first = next(done, None)
    return _superseded(first) if first else None


def _superseded(newer: DeployedModel, reason: str = "") -> End:
    return End(Result.SUPERSEDED, reason, newer=deployment_of(newer), newer_version=version_of(newer))


def _end_unlisted(track: Track) -> End | None:
    if track.progress.status is Status.DONE and (overtaken := _end_overtaken(track)):
        return overtaken
    if track.state_reads < STEADY_READS or track.stood < LISTED_LATE or track.hides:
        return None
    newer, hint = _taken_by(track), track.reply.status
    if track.seen and newer:
        return _superseded(newer, "the endpoint no longer lists it")
    if track.seen:
        return End(Result.FAILED, "the endpoint lists neither this deployment nor a newer version")
    if newer:
        return _superseded(newer, "the endpoint never listed it")
    if hint in _BAD:
        said = "the reply to the deploy request said so, and the endpoint never listed the deployment"
        return End(_BAD[hint], track.reply.error or said)
    return End(Result.REFUSED) if track.target.by_id and track.stood >= LISTED_WITHIN else None


_BAD: dict[object, Result] = {
    Status.ERROR: Result.FAILED,
    Status.CANCELLED: Result.CANCELLED,
    Status.ROLLED_BACK: Result.ROLLED_BACK,
}


def _newer_versions(track: Track) -> list[DeployedModel]:
    mine = track.target.model or (track.entry.name if track.entry else None)
    return [entry for entry in track.newer if mine is None or not may_serve(entry, mine)]


def _taken_by(track: Track) -> DeployedModel | None:
    """Return the newest deployment of another version that may have taken the endpoint."""
    over = {Status.CANCELLED, Status.ROLLED_BACK}
    return next((entry for entry in _newer_versions(track) if entry.status not in over), None)


def _newest(track: Track) -> str:
    """Name the newest deployment that may serve in place of this one, or will."""
    return next((deployment_of(entry) for entry in track.newer if not is_harmless(entry)), "")
