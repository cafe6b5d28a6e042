"""Looks until the plan can be carried out, and starts the rollout, or finds that there is none to start."""

from typing import assert_never

from cerebras_deploy.api.wire import DeployedModel
from cerebras_deploy.decide.plan import (
    Attach,
    Deploy,
    NotPossible,
    Unchanged,
    WaitFirst,
    deployment_of,
    unknown_others,
    version_of,
)
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.errors import refused
from cerebras_deploy.steps.context import Context, Look
from cerebras_deploy.steps.follow import attach
from cerebras_deploy.steps.submit import Submission
from cerebras_deploy.tell.timeline import Change


def start(context: Context) -> None:
    """Look until the plan can be carried out, then do so. After it, the facts have the deployment."""
    submission = Submission(context)
    look = context.patience.read(context.look)
    while not _carried_out(context, submission, look):
        look = context.patience.read_next(context.look)


def _carried_out(context: Context, submission: Submission, look: Look) -> bool:
    plan = context.plan(look)
    _tell(context, look)
    match plan:
        case Unchanged(entry):
            context.facts.found_live(entry)
        case Attach(entry):
            attach(context, entry)
        case Deploy():
            return submission.send(look)
        case WaitFirst(entry):
            _wait_first(context, look, entry)
            return False
        case NotPossible(reason, hint):
            raise refused(reason, hint)
        case never:
            assert_never(never)
    return True


def _tell(context: Context, look: Look) -> None:
    """Say once what is to be done, and what the log's reader might wonder about."""
    facts = context.facts
    serving = f"serves {version_of(facts.serving)}" if facts.serving else "serves nothing yet"
    context.journal.headline(f"Deploy {facts.what} to {facts.endpoint}, which {serving}")
    for entry in unknown_others(look.endpoint.deployed_models, look.version.model):
        text = f"{deployment_of(entry)} is {Progress.of_entry(entry)}; it blocks nothing"
        context.journal.warn_once("Unknown rollout state", text)


def _wait_first(context: Context, look: Look, entry: DeployedModel | None) -> None:
    if entry:
        label, what = "another rollout", f"waiting for {deployment_of(entry)}: {Progress.of_entry(entry)}"
    else:
        word = look.version.sync_status or "no word on them"
        label = "weights"
        what = f"waiting for the weights of version {look.version.model.version} to sync: {word}"
    context.facts.wait_for(what)
    context.show(Change(what, "Before", label))
