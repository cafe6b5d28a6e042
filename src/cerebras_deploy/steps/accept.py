"""Takes what the deploy call's reply says, and checks that it is about what was asked for."""

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.operation import Deployment, Operation
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.deploy_call import mismatch, own_ids
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import CallError, Fate, refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.text import plain, sentence


def accept(context: Context, operation: Operation, wanted: ModelName, listed_before: frozenset[str]) -> None:
    """Note the deployment of the reply, and say that it was accepted.

    `listed_before` has the IDs that were listed before the call. Raises a `Stop` (refused) if the reply is about
    another version; the deployment is known by then, if the reply names it. Raises a `CallError` if it names only what
    was listed before: as with a lost reply, nobody knows whether the call arrived.
    """
    reply, ids = operation.response, own_ids(operation, listed_before)
    if ids:
        _note(context, ids, reply, wanted, listed_before)
    else:
        context.facts.deploy_call.lost()
    if wrong := mismatch(operation, wanted):
        raise refused(f"the API answered for {wrong}", "check what the endpoint serves, and report this to Cerebras")
    if not ids:
        named = f"the reply names deployment {plain(operation.ids[0], 100)}, which was listed before it"
        raise CallError(Fate.UNKNOWN, f"deploy request: {named}")
    if reply and reply.endpoint_id and reply.endpoint_id != context.inputs.endpoint:
        text = f"The deploy reply names endpoint {plain(reply.endpoint_id, 100)}, not {context.inputs.endpoint}."
        context.journal.warn_once("Endpoint named differently", text)


def _note(
    context: Context, ids: tuple[str, ...], reply: Deployment | None, wanted: ModelName, listed_before: frozenset[str]
) -> None:
    model = wanted
    if reply and reply.version_id is not None and not model.has_integer:
        model = model._replace(version=str(reply.version_id))
    progress = Progress.of_reply(reply)
    target = Target(ids[0], reply.created if reply else None, listed_before, forms=frozenset(ids), model=model)
    context.facts.deployed(Track(target, progress.if_under_way, reply=progress))
    accepted = f"Deployment accepted: {ids[0]}."
    if isinstance(progress.status, Status) and not progress.status.under_way:
        said = f"The reply says `{progress.status.words}`, but the endpoint has to confirm it."
        context.show_progress(progress.if_under_way, line=f"{accepted} {said}")
    else:
        context.show_progress(progress, line=f"{accepted} {_state(reply, progress)}")
    context.publish()


def _state(reply: Deployment | None, progress: Progress) -> str:
    if reply is None or (most := reply.max_unavailable_replicas) is None:
        return sentence(str(progress))
    return sentence(f"{progress}; at most {most} replica{'s' * (most != 1)} unavailable at a time")
