"""`operation: rollback`: replaces a version, or one deployment of it, with the version before it."""

from functools import partial
from typing import NamedTuple, assert_never

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.entries import deployment_of
from cerebras_deploy.decide.plan import NotPossible, Unchanged, WaitFirst
from cerebras_deploy.decide.replacement import DEPLOY, Replace, Replacement, Unwanted, key_of, replacement
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.errors import refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import check_given, find_given, follow
from cerebras_deploy.steps.inference import try_key
from cerebras_deploy.steps.look import Look, look_at, version_to_restore
from cerebras_deploy.steps.submit import Submission
from cerebras_deploy.steps.waiting import Agreement, Waiting


class Found(NamedTuple):
    """What a look has found: the endpoint, what is to be replaced there (None: it is not known), and what to do."""

    endpoint: Endpoint
    bad: Unwanted | None
    todo: Replacement


def replace(context: Context) -> End:
    """Replace the version, and follow what replaces it. Raises a `Stop`: refused if there is nothing to go back to."""
    replacing = _Replacing(context)
    found = context.patience.read(lambda: find(context, None))
    try_key(context)
    while not replacing.carried_out(found):
        found = context.patience.read_next(partial(find, context, found.bad), replacing.rhythm)
    if context.facts.found_live_already:
        return End(Result.UNCHANGED)
    return follow(context) if context.inputs.wait else End(Result.TRIGGERED)


def find(context: Context, bad: Unwanted | None) -> Found:
    """Look once, and decide what to do. The first look resolves what is to be replaced."""
    named: Unwanted | NotPossible
    if bad is not None:
        endpoint, named = context.read_endpoint(), bad
    elif context.inputs.deployment_id:
        endpoint = context.read_endpoint()
        named = _deployment(context, endpoint)
    else:
        endpoint, version = look_at(context)
        named = Unwanted(version.model)
    if isinstance(named, NotPossible):
        found = Found(endpoint, None, named)
    else:
        found = Found(endpoint, named, replacement(endpoint, named, context.inputs.if_busy))
    context.facts.saw_plan(found.todo.name)
    return found


def _deployment(context: Context, endpoint: Endpoint) -> Unwanted | NotPossible:
    """Return the deployment that the workflow named, if it is listed."""
    entry = find_given(context, endpoint)
    if isinstance(entry, NotPossible):
        return entry
    check_given(context, endpoint, entry)
    if entry.name is None:
        raise refused(
            f"deployment {entry.id} names model {entry.model}, which is not a model name",
            DEPLOY,
        )
    context.facts.learn_model(entry)
    return Unwanted(entry.name, entry.id)


class _Replacing:
    """What successive looks have shown, as far as the next one depends on it. Times are in seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._submission, self._waiting = Submission(context), Waiting(context)
        self._agreement = Agreement()
        self._versions: dict[str, Version | str] = {}  # those to be restored, by deployment
        self.rhythm = Rhythm.BASE  # of the next look

    def carried_out(self, found: Found) -> bool:
        """Carry out what two looks agree on, and return whether that is done."""
        self._waiting.looked()
        _tell(self._context, found)
        self.rhythm = Rhythm.BASE if isinstance(found.todo, WaitFirst) else Rhythm.CONFIRM
        stands = self._agreement.stands(key_of(found.todo), self._context.facts.seen_at)
        match found.todo:
            case WaitFirst(entry):
                if entry:
                    self._waiting.for_rollout(entry)
                return False
            case Unchanged(entry):
                if stands:
                    self._context.facts.left_as_it_is(entry)
                return stands
            case NotPossible(reason, hint):
                if stands:
                    raise refused(reason, hint)
                return False
            case Replace(target, bad):
                version = self._version_of(target)
                return stands and not self._waiting.is_too_early() and self._sent(found.endpoint, version, bad)
            case never:
                assert_never(never)

    def _version_of(self, target: DeployedModel) -> Version | str:
        """Read the target's version, or why it cannot be deployed again, once.

        That may take minutes. So it is read at the first look: the one that decides is fresh.
        """
        if target.id not in self._versions:
            self._versions[target.id] = version_to_restore(self._context, target)
        return self._versions[target.id]

    def _sent(self, endpoint: Endpoint, version: Version | str, bad: DeployedModel) -> bool:
        """Deploy the version. Return whether the call arrived; if not, look again."""
        context = self._context
        if isinstance(version, str):
            raise refused(version, DEPLOY)
        context.facts.replaces(bad, version)
        text = f"Replacing {deployment_of(bad)} with version {version.model.version}."
        if context.journal.first(text):
            context.journal.say(text)
        return self._submission.send(Look(endpoint, version))


def _tell(context: Context, found: Found) -> None:
    """Say once what is to be done."""
    if found.bad:
        id_, model = found.bad.deployment_id, found.bad.model
        what = f"deployment {id_} ({model.architecture} version {model.version})" if id_ else context.facts.what
        context.journal.heading(f"Roll back {what}. Serving now: {context.facts.serving.text}.")
