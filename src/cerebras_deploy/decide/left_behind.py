"""What a run leaves behind when it ends before its rollout does."""

from enum import Enum, auto

from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.known import Known


class Left(Enum):
    """How far a deployment has come, as far as is known at the end of a run."""

    NOTHING = auto()  # no deploy call was accepted
    IN_DOUBT = auto()  # one may have been accepted
    UNLISTED = auto()  # it was accepted, and the endpoint has never listed it
    UNDER_WAY = auto()  # the rollout may go on by itself
    UNCLEAR = auto()  # it was last seen in a word that is not known
    DONE = auto()
    ENDED = auto()  # in any other way


def left_behind(facts: Known) -> Left:
    """Return how far the deployment has come that these facts are about."""
    if facts.track is None:
        return Left.IN_DOUBT if facts.deploy_call.in_doubt else Left.NOTHING
    if not facts.track.seen:
        return Left.UNLISTED
    if facts.progress.status is Status.DONE:
        return Left.DONE
    if isinstance(facts.progress.status, Unknown):
        return Left.UNCLEAR
    return Left.UNDER_WAY if facts.under_way else Left.ENDED
