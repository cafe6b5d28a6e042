"""The dry run: look, plan, and tell. It sends only GET requests and does not wait."""

from typing import assert_never

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.version import Weights
from cerebras_deploy.decide.entries import deployment_of, newer_than_live, version_of
from cerebras_deploy.decide.plan import Attach, Deploy, NotPossible, Plan, Unchanged, WaitFirst
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.replacement import DEPLOY, Replace, Replacement
from cerebras_deploy.decide.target import Target
from cerebras_deploy.errors import refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import check_given, find_given
from cerebras_deploy.steps.inference import try_key
from cerebras_deploy.steps.look import Look, find_version, look_at, plan_for, version_to_restore
from cerebras_deploy.steps.replace import find


def dry_run(context: Context) -> End:
    """Tell what a real run would do. Raises a `Stop` if that would be refused."""
    if context.inputs.operation == "rollback":
        return _replace(context)
    if context.inputs.deployment_id:
        return _follow_given(context)
    look = context.patience.read(lambda: look_at(context))
    try_key(context)
    plan = plan_for(context, look)
    would = _would(context, plan, look)
    _tell(context, [*_seen(context, look), ("Action", would), *_afterwards(context)])
    if isinstance(plan, NotPossible):
        raise refused(plan.reason, plan.hint)
    return End(Result.PLANNED, would)


def _follow_given(context: Context) -> End:
    endpoint = context.patience.read(context.read_endpoint)
    entry = find_given(context, endpoint)
    if isinstance(entry, NotPossible):
        raise refused(entry.reason, entry.hint)
    context.facts.learn_model(entry)
    check_given(context, endpoint, entry)
    try_key(context)
    context.facts.saw_plan(Attach.name)
    context.facts.saw_before_deploying(Target(entry.id, entry.created).older_than_it(endpoint.deployed_models))
    would = f"follow {deployment_of(entry)}, which is {Progress.of_entry(entry)}"
    _tell(context, [("Action", would), *_afterwards(context)])
    return End(Result.PLANNED, would)


def _replace(context: Context) -> End:
    """Tell what `operation: rollback` would do, by one look."""
    found = context.patience.read(lambda: find(context, None))
    try_key(context)
    would = _would_replace(found.todo)
    _tell(context, [("Serving now", context.facts.serving.text), ("Action", would), *_afterwards(context)])
    if isinstance(found.todo, NotPossible):
        raise refused(found.todo.reason, found.todo.hint)
    if isinstance(found.todo, Replace):
        _check_restorable(context, found.todo)
    return End(Result.PLANNED, would)


def _would_replace(todo: Replacement) -> str:
    match todo:
        case Unchanged(entry):
            return f"deploy nothing, because {deployment_of(entry)} is live"
        case Replace(target, bad):
            return f"replace {deployment_of(bad)} with {version_of(target)}, which was live before"
        case WaitFirst(entry):
            return f"wait for {deployment_of(entry) if entry else 'the rollout'}, then look again"
        case NotPossible(reason, _):
            return f"refuse: {reason}"
        case never:
            assert_never(never)


def _check_restorable(context: Context, todo: Replace) -> None:
    """Raise a `Stop`, refused, if the version cannot be deployed again."""
    version = version_to_restore(context, todo.target)
    if isinstance(version, str):
        context.facts.saw_plan(NotPossible.name)
        raise refused(version, DEPLOY)
    context.facts.replaces(todo.bad, version)


def _tell(context: Context, rows: list[tuple[str, str]]) -> None:
    context.facts.dry_run_planned(rows)
    context.journal.block(f"Dry run for {context.inputs.endpoint}. Nothing is changed.", rows)


def _seen(context: Context, look: Look) -> list[tuple[str, str]]:
    serving = context.facts.serving
    newer = [_entry(entry) for entry in newer_than_live(look.endpoint.deployed_models)]
    asked, model = context.inputs.version_ref, look.version.model
    is_ready = look.version.weights is Weights.READY and not look.version.has_unknown_weights
    weights = "ready" if is_ready else look.version.sync_status or "not reported by the API"
    return [
        ("Serving now", _entry(serving.entry) if serving.entry else serving.text),
        ("Requested", f"{model}" + (f" (alias {asked})" if asked != model.version else "")),
        ("Weights", weights),
        ("Other rollouts", ", and ".join(newer) or "none"),
    ]


def _entry(entry: DeployedModel) -> str:
    return f"{version_of(entry)}, deployment {entry.id}, {Progress.of_entry(entry)}"


def _would(context: Context, plan: Plan, look: Look) -> str:
    """Say what a real run would do."""
    what = f"deploy {context.facts.what} to {context.inputs.endpoint}"
    match plan:
        case Unchanged():
            return f"deploy nothing, because {context.inputs.endpoint} already serves {context.facts.what}"
        case Attach(entry):
            return f"follow deployment {entry.id}, which already rolls out this version"
        case Deploy():
            return what
        case WaitFirst(entry):
            weights = f"the weights of version {look.version.model.version}"
            return f"wait for {deployment_of(entry) if entry else weights}, then {what}"
        case NotPossible(reason, _):
            return f"refuse: {reason}"
        case never:
            assert_never(never)


def _afterwards(context: Context) -> list[tuple[str, str]]:
    then = []
    if context.inputs.has_smoke_test:
        key = "" if context.inputs.inference_api_key else " (the inference key isn't tested, because it is empty)"
        what = f"{len(context.suite.cases)} questions" if context.suite else context.inputs.smoke_test_prompt
        then.append(("Then", f"ask {context.inputs.endpoint}: {what}{key}"))
    if context.inputs.on_failure == "rollback":
        then.append(("If that fails", "redeploy the previous version"))
    then += [("Then", f"move alias {alias} ({_holder(context, alias)})") for alias in context.inputs.promote_aliases]
    return then


def _holder(context: Context, alias: str) -> str:
    """Say which version holds an alias now."""
    if context.facts.model is None:
        return "its version isn't looked up"
    version = find_version(context, context.facts.model._replace(version=alias))
    return f"on version {version.model.version} now" if version else "unassigned now"
