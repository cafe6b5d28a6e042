"""What `operation: rollback` is to do: put the version before the given one in its place, decided from one look.

Entries are ordered by the server's `created`, and have the status that `evidence.py` has judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import (
    deployment_of,
    doubts,
    in_flight,
    is_harmless,
    is_of_one_version,
    live,
    may_be_live,
    may_hide_newer,
    may_serve,
    newer_than_live,
)
from cerebras_deploy.decide.plan import NotPossible, PlanName, Unchanged, WaitFirst
from cerebras_deploy.decide.target import Target

CHECK = "check the endpoint, then deploy the version that it should serve"
DEPLOY = "deploy the version that the endpoint should serve"


@dataclass(frozen=True)
class Replace:
    """Deploy the version of `target`, since `bad` is to be replaced."""

    target: DeployedModel
    bad: DeployedModel
    name: ClassVar[PlanName] = "deploy"


Replacement = Unchanged | Replace | WaitFirst | NotPossible


@dataclass(frozen=True)
class Unwanted:
    """What is to be replaced: a version, by its integer, or one deployment of it."""

    model: ModelName
    deployment_id: str = ""

    def is_it(self, entry: DeployedModel) -> bool:
        """Whether the entry is to be replaced."""
        return entry.id == self.deployment_id if self.deployment_id else may_serve(entry, self.model)


def replacement(endpoint: Endpoint, bad: Unwanted, if_busy: Literal["wait", "queue", "fail"]) -> Replacement:
    """Decide what to do. What is in flight comes first, then what has failed or is unclear, then what is live."""
    entries, now = endpoint.deployed_models, live(endpoint.deployed_models)
    if flying := in_flight(entries):
        return _in_flight(_newest(flying, bad), entries, bad, if_busy)
    if unclear := [entry for entry in newer_than_live(entries) if not is_harmless(entry)]:
        return _over(_newest(unclear, bad), entries, bad)
    if may_hide_newer(endpoint, now.created if now else None):
        return NotPossible(
            "an unreadable entry may be newer",
            CHECK,
        )
    if now is None:
        return NotPossible("the endpoint serves nothing to replace", "check the endpoint")
    if bad.is_it(now):
        return _before(now, entries, bad)
    if (doubt := doubts(endpoint, now)) or not (now.name and now.name.has_integer):
        why = doubt or f"{deployment_of(now)} is listed as {now.model}, which names no integer version"
        return NotPossible(f"it is unclear what the endpoint serves: {why}", CHECK)
    return Unchanged(now)


def _newest(newer: Sequence[DeployedModel], bad: Unwanted) -> DeployedModel:
    """Return the newest entry, of those that may be it one that must not be deployed over; `newer` is newest first."""
    candidates = (entry for entry in newer if entry.created is None or entry.created == newer[0].created)
    return next((entry for entry in candidates if not bad.is_it(entry)), newer[0])


def _in_flight(
    flying: DeployedModel, entries: Sequence[DeployedModel], bad: Unwanted, if_busy: Literal["wait", "queue", "fail"]
) -> Replacement:
    is_bad = bad.is_it(flying)
    if is_bad and (flying.was_rolling_back or flying.status is Status.ROLLING_BACK):
        return WaitFirst(flying)  # the API does it already
    if if_busy == "wait":
        return WaitFirst(flying)
    now = live(entries)
    if if_busy == "queue" and is_bad and now and not may_serve(now, bad.model):
        return _put_back(flying, entries, bad)
    return NotPossible(
        f"{deployment_of(flying)} is rolling out on the endpoint, and `if-busy` is `{if_busy}`",
        "re-run the step after it has ended, or set `if-busy: wait`",
    )


def _over(unclear: DeployedModel, entries: Sequence[DeployedModel], bad: Unwanted) -> Replacement:
    """Decide about a newer deployment that has failed, or is not known to have left the endpoint as it was."""
    now = live(entries)
    if bad.is_it(unclear) and (now is None or may_serve(now, bad.model)):
        return NotPossible(f"no other version was live before {deployment_of(unclear)}", DEPLOY)
    if bad.is_it(unclear):
        return _put_back(unclear, entries, bad)
    beside = f", and {deployment_of(now)} was live before it" if now else ""
    return NotPossible(f"{deployment_of(unclear)} may be newer, and has failed or is unclear{beside}", CHECK)


def _before(now: DeployedModel, entries: Sequence[DeployedModel], bad: Unwanted) -> Replacement:
    """Decide what to deploy in place of the live deployment."""
    return _put_back(now, Target(now.id, now.created).older_than_it(entries), bad)


def _put_back(bad_entry: DeployedModel, older: Sequence[DeployedModel], bad: Unwanted) -> Replacement:
    """Decide to deploy the newest done entry of another version, if it is clear which one that is."""
    candidates = may_be_live([entry for entry in older if not may_serve(entry, bad.model)])
    if not candidates:
        return NotPossible(f"no other version was live before {deployment_of(bad_entry)}", DEPLOY)
    if not is_of_one_version(candidates):
        return NotPossible(f"it is unclear which version was live before {deployment_of(bad_entry)}", CHECK)
    return _replace(bad_entry, candidates[0])


def _replace(bad: DeployedModel, target: DeployedModel) -> Replacement:
    if target.name and target.name.has_integer:
        return Replace(target, bad)
    reason = f"the previous version is {target.model}, which names no integer version"
    return NotPossible(reason, "deploy the version that the endpoint should serve by its integer ID")


def key_of(found: Replacement) -> tuple[str, ...]:
    """Return what two looks must agree on."""
    match found:
        case Replace(target, bad):
            return (found.name, target.id, bad.id)
        case Unchanged(entry):
            return (found.name, entry.id)
        case WaitFirst(entry):
            return (found.name, entry.id if entry else "")
        case NotPossible(reason, _):
            return (found.name, reason)
