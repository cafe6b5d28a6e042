"""Looks on the endpoint for the deployment that a request created, if its reply doesn't say."""

from collections.abc import Callable

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.decide.lost_call import LostCall
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import CallError
from cerebras_deploy.steps.context import Context

LAST_LOOK = 0.7  # seconds, for a read after an interrupt


def search(
    context: Context, call: LostCall, found: str, is_over: Callable[[Endpoint], bool] = lambda _: False
) -> Endpoint | None:
    """Read until the call's deployment is listed, and take it; `found` says so, with its ID.

    If it is clear that it will not be, or `is_over` says so, return the endpoint as last read.
    """
    patience = context.patience
    endpoint = patience.read(context.read_endpoint)
    while True:
        if entry := call.find(endpoint):
            context.journal.say(found.format(entry.id))
            _adopt(context, entry, call)
            return None
        call.read(endpoint, patience.clock.now() - endpoint.age)
        if is_over(endpoint) or not call.is_undecided(patience.clock.now()):
            return endpoint
        endpoint = patience.read_next(context.read_endpoint, Rhythm.CONFIRM)


def look_once_more(context: Context, call: LostCall) -> None:
    """Try to learn the ID of a deployment whose reply an interrupt cut off, with one call."""
    try:
        endpoint = context.api.endpoint(context.inputs.endpoint, LAST_LOOK)
    except CallError:
        return
    if entry := call.find(endpoint):
        _adopt(context, entry, call)


def _adopt(context: Context, entry: DeployedModel, call: LostCall) -> None:
    """Take the entry as the deployment that the request created."""
    target = Target(entry.id, entry.created, call.listed_before, model=call.wanted)
    context.facts.deployed(Track(target).listed(entry, context.patience.answered_time))
    context.publish()
