"""How to look: the endpoint and the wanted version, read one after the other, and the plan that follows."""

from http import HTTPStatus
from typing import NamedTuple

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import NAME_PART, ModelName
from cerebras_deploy.api.version import Version, Weights
from cerebras_deploy.decide.plan import Plan, make_plan
from cerebras_deploy.errors import CallError, Fate, Stop, refused
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.insist import insist


class Look(NamedTuple):
    """The endpoint and the wanted version, read one after the other."""

    endpoint: Endpoint
    version: Version


def read_version(context: Context, endpoint: Endpoint, architecture: str, org: str, ref: str) -> Version:
    """Read a version by alias or integer once; without `org`, that of the endpoint."""
    org = org or endpoint.managing_org_name or ""
    if not NAME_PART.fullmatch(org):
        raise refused(
            f"{context.inputs.endpoint} doesn't say which organization manages it",
            "set `model` to `orgs/<org>/models/<arch>`",
        )
    wanted = ModelName(org, architecture, ref)
    version = _version(context, wanted)
    if version.model[:2] != wanted[:2] or (ref.isdigit() and version.model.version != ref):
        raise refused(f"asked for {wanted}, the API answered for {version.model}", "report this to Cerebras")
    return version


def _version(context: Context, wanted: ModelName) -> Version:
    """Read a version once, by its integer where the API tells that. A version that is not there is refused at once."""
    try:
        version = context.api.version(wanted, context.patience.call_bound)
    except CallError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        raise _not_found(context, wanted, error) from error
    if version.has_integer:
        return version
    try:
        listed = context.api.versions(wanted, context.patience.call_bound).named(wanted.version)
    except CallError as error:
        if error.fate is Fate.THROTTLED:
            raise
        listed = None
    if listed is None:
        compared = "so it can't be compared with the live version"
        text = f"The API doesn't tell the integer ID of version {wanted.version}, {compared}."
        context.journal.warn_once("Version ID unknown", text)
    return listed or version


def _not_found(context: Context, wanted: ModelName, error: CallError) -> CallError | Stop:
    """Return what a 404 means: the version's own call may have slipped, if the list of versions has it."""
    try:
        listed = context.api.versions(wanted, context.patience.call_bound).model_versions
    except CallError:
        return error
    shown = [f"{one.model.version} ({', '.join(one.aliases or ()) or 'no alias'})" for one in listed[:10]]
    hint = f"check the version's name. Versions of {wanted.architecture}: {', '.join(shown) or 'none'}"
    is_there = any(wanted.version in (one.model.version, *(one.aliases or ())) for one in listed)
    return error.with_hint(hint) if is_there else refused(str(error), hint)


def find_version(context: Context, model: ModelName) -> Version | None:
    """Read a version by integer or alias, with patience; None if there is none."""
    return context.patience.read(lambda: context.api.find_version(model, context.patience.call_bound))


def version_to_restore(context: Context, entry: DeployedModel) -> Version | str:
    """Return the version of an entry that is to be deployed again, or why it cannot be. Reads with patience."""
    name = entry.name
    if name is None or not name.has_integer:
        return f"the previous version is {entry.model}, which names no integer version"
    version = context.patience.read(lambda: _by_integer(context, name))
    if version.weights is not Weights.READY:
        return f"the weights of version {name.version} are no longer ready ({version.sync_status})"
    return version


def _by_integer(context: Context, name: ModelName) -> Version:
    """Read a version by its integer once, and return it with that name, however the reply names it.

    Raises a `CallError` also for a reply about another version. An alias or another form of the organization is none.
    """
    version = context.api.version(name, context.patience.call_bound)
    said = version.model
    if said.architecture != name.architecture or (said.has_integer and said.version != name.version):
        reason = f"asked for {name}, the API answered for {said}"
        raise CallError(Fate.UNKNOWN, reason, hint="report this to Cerebras", is_misread=True)
    return version.model_copy(update={"model": name})


def look_at(context: Context) -> Look:
    """Read endpoint and version once. The first look resolves the alias; later ones keep to its integer."""
    endpoint = context.read_endpoint()
    context.patience.heard()
    ref = context.inputs.model
    if ref is None:
        raise ValueError("there is no model to look for")
    pinned = context.facts.model.version if context.facts.model else context.inputs.version_ref
    version = insist(context.patience, lambda: read_version(context, endpoint, ref.architecture, ref.org, pinned))
    context.facts.saw_version(version)
    if version.has_unknown_weights:
        title, state = "Unrecognized state of the weights", f"are in unrecognized state `{version.sync_status}`"
        if not version.sync_status:
            title, state = "State of the weights not reported", "have no state in the API's reply"
        text = f"The weights of {context.facts.what} {state}. The deploy request decides."
        context.journal.warn_once(title, text)
    return Look(endpoint, version)


def plan_for(context: Context, look: Look) -> Plan:
    """Decide what to do."""
    context.facts.saw_before_deploying(look.endpoint.deployed_models)
    plan = make_plan(*look, if_current=context.inputs.if_current, if_busy=context.inputs.if_busy)
    context.facts.saw_plan(plan.name)
    return plan
