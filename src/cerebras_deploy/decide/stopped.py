"""What a stop has left behind, in words: the deadline, an interrupt, a refusal, or an API that is not there."""

from collections.abc import Mapping

from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.result import End, Result
from cerebras_deploy.times import span


def stopped(end: End, facts: Known) -> str:
    """Say what a stop has left behind."""
    if facts.rollback:
        return _said(_ROLLBACK, facts, left_behind(facts.rollback), back=facts.rollback.what)
    if end.result is Result.REFUSED and (said := _not_followed(end, facts)):
        return said
    left = left_behind(facts)
    if left is Left.UNLISTED and facts.was_named and end.result in _NEVER_LISTED:
        said = _NEVER_LISTED[end.result]
        return said.format(endpoint=facts.endpoint, id=facts.deployment_id, limit=span(facts.timeout))
    return _said(_STOPPED[end.result], facts, left)


def _not_followed(end: End, facts: Known) -> str:
    """Say it of a deployment that the workflow named, and that is not listed or must not be followed."""
    if not end.reason:  # the rollout's own end: it was never listed
        return f"{facts.endpoint} does not list deployment {facts.deployment_id}."
    if facts.was_named and not facts.is_confirmed:
        return f"Deployment {facts.deployment_id} on {facts.endpoint} was not followed."
    if facts.is_asking:
        return f"{facts.what} is deployed to {facts.endpoint}, but its smoke test was rejected."
    return ""


_NEVER_LISTED = {  # of a deployment that the workflow named: whether it was accepted is not known
    Result.TIMED_OUT: "{endpoint} did not list deployment {id} within {limit}.",
    Result.INTERRUPTED: "The job was canceled before {endpoint} listed deployment {id}.",
}
_Sentences = Mapping[Left, str]  # with `{what}`, `{endpoint}`, `{limit}` and, of a rollback, `{back}`

_TIMED_OUT: _Sentences = {
    Left.NOTHING: "Nothing was deployed to {endpoint} within {limit}.",
    Left.IN_DOUBT: "No usable reply to the deploy request for {what} to {endpoint} arrived within {limit}.",
    Left.UNLISTED: (
        "The rollout of {what} to {endpoint} was accepted, but it never appeared on the endpoint within {limit}."
    ),
    Left.UNDER_WAY: (
        "The rollout of {what} to {endpoint} did not finish within {limit}. It continues without this job."
    ),
    Left.UNCLEAR: "The rollout of {what} to {endpoint} was in an unrecognized state after {limit}.",
    Left.DONE: "{what} is deployed to {endpoint}, but the step did not finish within {limit}.",
    Left.ENDED: "The rollout of {what} to {endpoint} has ended, but the step did not finish within {limit}.",
}
_INTERRUPTED: _Sentences = {
    Left.NOTHING: "The job was canceled before anything was deployed to {endpoint}.",
    Left.IN_DOUBT: "The job was canceled after the deploy request for {what} to {endpoint} was sent.",
    Left.UNLISTED: "The job was canceled after the rollout of {what} to {endpoint} was accepted.",
    Left.UNDER_WAY: (
        "The job was canceled during the rollout of {what} to {endpoint}. The rollout continues without it."
    ),
    Left.UNCLEAR: "The job was canceled while the rollout of {what} to {endpoint} was in an unrecognized state.",
    Left.DONE: "The job was canceled after {what} was deployed to {endpoint}.",
    Left.ENDED: "The job was canceled after the rollout of {what} to {endpoint} had ended.",
}
_NOT_FOLLOWED = "The rollout of {what} to {endpoint} can't be followed any further."
_REFUSED_LATER = "{what} is deployed to {endpoint}, but a later request was refused."
_REFUSED: _Sentences = {
    Left.NOTHING: "Nothing was deployed to {endpoint}.",
    Left.IN_DOUBT: "The deployment of {what} to {endpoint} may have started.",
    Left.UNLISTED: _NOT_FOLLOWED,
    Left.UNDER_WAY: _NOT_FOLLOWED,
    Left.UNCLEAR: _NOT_FOLLOWED,
    Left.DONE: _REFUSED_LATER,
    Left.ENDED: _REFUSED_LATER,
}
_STATE_UNKNOWN = "The state of the rollout of {what} to {endpoint} is unknown, because the API gave no usable reply."
_UNREACHABLE: _Sentences = {
    Left.NOTHING: "Nothing was deployed to {endpoint}, because the API gave no usable reply.",
    Left.IN_DOUBT: ("The deploy request for {what} to {endpoint} got no usable reply, so a rollout may have started."),
    Left.UNLISTED: _STATE_UNKNOWN,
    Left.UNDER_WAY: _STATE_UNKNOWN,
    Left.UNCLEAR: _STATE_UNKNOWN,
    Left.DONE: _STATE_UNKNOWN,
    Left.ENDED: _STATE_UNKNOWN,
}
_ROLLING_BACK = "The job was canceled during the rollback of {endpoint} to {back}. The rollback continues without it."
_ROLLED_BACK = "The job was canceled after the rollback of {endpoint} to {back} had ended."
_ROLLBACK: _Sentences = {
    Left.NOTHING: "The job was canceled before {endpoint} was rolled back.",
    Left.IN_DOUBT: "The job was canceled after the rollback of {endpoint} to {back} was requested.",
    Left.UNLISTED: _ROLLING_BACK,
    Left.UNDER_WAY: _ROLLING_BACK,
    Left.UNCLEAR: "The job was canceled while the rollback of {endpoint} to {back} was in an unrecognized state.",
    Left.DONE: _ROLLED_BACK,
    Left.ENDED: _ROLLED_BACK,
}
_STOPPED = {
    Result.TIMED_OUT: _TIMED_OUT,
    Result.INTERRUPTED: _INTERRUPTED,
    Result.REFUSED: _REFUSED,
    Result.UNREACHABLE: _UNREACHABLE,
}


def _said(sentences: _Sentences, facts: Known, left: Left, back: str = "") -> str:
    return sentences[left].format(what=facts.what, endpoint=facts.endpoint, limit=span(facts.timeout), back=back)
