"""The dry run: look, plan, tell; nothing is changed, and nothing is waited for. Only GETs are sent."""

from typing import assert_never

from cerebras_deploy.errors import Refused, Result
from cerebras_deploy.follow import check_given
from cerebras_deploy.plan import (
    Attach,
    Deploy,
    NotPossible,
    Unchanged,
    WaitFirst,
    newer_than_live,
    newest_first,
    version_of,
)
from cerebras_deploy.rollout import Progress, Target, Track, Verdict
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.wire import DeployedModel, Weights


def preview(run: Run) -> Verdict:
    """Tell what a real run would do. Raises `Refused` if that would be refused."""
    if run.inputs.deployment_id:
        return _preview_of_given(run)
    sight = run.watch.patiently(run.look)
    plan = run.plan(sight)
    would = _would(run, plan, sight)
    run.facts.plan = [*_seen(run, sight), ("would", would), *_afterwards(run)]
    run.journal.block(f"Dry run for {run.inputs.endpoint}: nothing is changed", run.facts.plan)
    if isinstance(plan, NotPossible):
        raise Refused(plan.reason, plan.hint)
    return Verdict(Result.PLANNED, would)


def _preview_of_given(run: Run) -> Verdict:
    wanted = run.inputs.deployment_id
    endpoint = run.watch.patiently(run.read_endpoint)
    entry = next((entry for entry in endpoint.deployed_models if entry.id == wanted), None)
    if entry is None:
        raise Refused(f"{run.inputs.endpoint} does not list deployment {wanted}", "check the id and the endpoint")
    check_given(run, endpoint, Track(Target(wanted)))
    would = f"follow deployment {wanted} ({version_of(entry)}), which is {Progress.of_entry(entry)}"
    run.facts.plan = [("would", would), *_afterwards(run)]
    run.journal.block(f"Dry run for {run.inputs.endpoint}: nothing is changed", run.facts.plan)
    return Verdict(Result.PLANNED, would)


def _seen(run: Run, sight: Sight) -> list[tuple[str, str]]:
    serving = run.facts.serving
    flying = [_entry(entry) for entry in newer_than_live(newest_first(sight.endpoint.deployed_models))]
    asked, model = run.inputs.version_ref, sight.version.model
    weights = "ready" if sight.version.weights is Weights.READY else sight.version.sync_status or "no word on them"
    return [
        ("serves", _entry(serving) if serving else "nothing"),
        ("wanted", f"{model}" + (f" (alias {asked})" if asked != model.version else "")),
        ("weights", weights),
        ("newer", "; ".join(flying) or "no other deployment"),
    ]


def _entry(entry: DeployedModel) -> str:
    return f"{version_of(entry)}, deployment {entry.id}, {Progress.of_entry(entry)}"


def _would(run: Run, plan: Unchanged | Attach | Deploy | WaitFirst | NotPossible, sight: Sight) -> str:
    """Say what a real run would do."""
    what = f"deploy {run.facts.what} to {run.inputs.endpoint}"
    match plan:
        case Unchanged():
            return f"deploy nothing: {run.inputs.endpoint} serves {run.facts.what} already"
        case Attach(entry):
            return f"attach to deployment {entry.id}, which is of this version"
        case Deploy():
            return what
        case WaitFirst(entry):
            weights = f"the weights of version {sight.version.model.version}"
            return f"wait for {f'deployment {entry.id} ({version_of(entry)})' if entry else weights}, then {what}"
        case NotPossible(reason, _):
            return f"refuse: {reason}"
        case never:
            assert_never(never)


def _afterwards(run: Run) -> list[tuple[str, str]]:
    then = []
    if run.inputs.smoke_test_prompt:
        then.append(("then", f"ask {run.inputs.endpoint}: {run.inputs.smoke_test_prompt}"))
    if run.inputs.on_failure == "rollback":
        then.append(("if bad", "deploy what was live before"))
    then += [("then", f"move alias {alias} ({_holder(run, alias)})") for alias in run.inputs.promote_aliases]
    return then


def _holder(run: Run, alias: str) -> str:
    """Say which version holds an alias now."""
    if run.facts.model is None:
        return "its holder is not looked up"
    version = run.find_version(run.facts.model._replace(version=alias))
    return f"version {version.model.version} holds it now" if version else "free now"
