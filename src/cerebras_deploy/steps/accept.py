"""Takes what the deploy call's reply says, and checks that it is about what was asked for."""

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.operation import Deployment, Operation
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.deploy_call import mismatch
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.text import plain, sentence


def accept(context: Context, operation: Operation, wanted: ModelName, listed_before: frozenset[str]) -> None:
    """Note the deployment of the reply, and say that it was accepted.

    `listed_before` has the IDs that were listed before the call. Raises a `Stop` (refused) if the reply is about
    another version; the deployment is known by then.
    """
    reply = operation.response
    progress = Progress.of_reply(reply)
    context.facts.deployed(_track(operation, progress, wanted, listed_before))
    accepted = f"Deployment accepted: {operation.ids[0]}."
    if isinstance(progress.status, Status) and not progress.status.under_way:
        said = f"The reply says `{progress.status.words}`, but the endpoint has to confirm it."
        context.show_progress(progress.if_under_way, line=f"{accepted} {said}")
    else:
        context.show_progress(progress, line=f"{accepted} {_state(reply, progress)}")
    context.publish()
    if wrong := mismatch(operation, wanted):
        raise refused(f"the API answered for {wrong}", "check what the endpoint serves, and report this to Cerebras")
    if reply and reply.endpoint_id and reply.endpoint_id != context.inputs.endpoint:
        text = f"The deploy reply names endpoint {plain(reply.endpoint_id, 100)}, not {context.inputs.endpoint}."
        context.journal.warn_once("Endpoint named differently", text)


def _state(reply: Deployment | None, progress: Progress) -> str:
    if reply is None or (most := reply.max_unavailable_replicas) is None:
        return sentence(str(progress))
    return sentence(f"{progress}; at most {most} replica{'s' * (most != 1)} unavailable at a time")


def _track(operation: Operation, progress: Progress, wanted: ModelName, listed_before: frozenset[str]) -> Track:
    ids, reply, model = operation.ids, operation.response, wanted
    if reply and reply.version_id is not None and not model.has_integer:
        model = model._replace(version=str(reply.version_id))
    target = Target(ids[0], reply.created if reply else None, listed_before, forms=frozenset(ids), model=model)
    return Track(target, progress.if_under_way, reply=progress)
