"""What to do, decided from one look at the endpoint and the version.

Entries are ordered by the server's `created`, and have the status that `evidence.py` has judged. *Live* is the newest
done entry. *In flight* is an entry newer than the live one that is under way; a young one in an unknown word counts as
such.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cerebras_deploy.api.names import INTEGER_VERSION, ModelName
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.api.wire import DeployedModel, Endpoint, Version, Weights


@dataclass(frozen=True)
class Unchanged:
    """The version is live: no deploy call."""

    live: DeployedModel


@dataclass(frozen=True)
class Attach:
    """The version is already rolling out: follow that deployment."""

    entry: DeployedModel


@dataclass(frozen=True)
class Deploy:
    """Send the deploy call."""


@dataclass(frozen=True)
class WaitFirst:
    """Look again later: the version's weights are syncing, or `entry` holds the endpoint."""

    entry: DeployedModel | None = None


@dataclass(frozen=True)
class NotPossible:
    """Nothing can be done: why, and what the user can do about it."""

    reason: str
    hint: str


Plan = Unchanged | Attach | Deploy | WaitFirst | NotPossible


def make_plan(
    endpoint: Endpoint,
    version: Version,
    *,
    if_current: Literal["skip", "deploy"] = "skip",
    if_busy: Literal["wait", "queue", "fail"] = "wait",
) -> Plan:
    """Decide what to do. The order of the questions matters: it keeps false successes and second deployments out."""
    wanted, entries = version.model, endpoint.deployed_models
    if no := _unfit(endpoint, version):
        return no
    if version.weights is Weights.SYNCING:
        return WaitFirst()
    if flying := next(iter(in_flight(entries)), None):
        is_ours = serves(flying, wanted) and not flying.was_rolling_back and flying.status is not Status.ROLLING_BACK
        if is_ours and not (if_current == "deploy" and if_busy == "queue"):
            return Attach(flying)
        return Deploy() if is_ours else _busy(flying, if_busy)
    now = live(entries)
    if now and if_current == "skip" and serves(now, wanted) and not doubts(endpoint, now):
        return Unchanged(now)
    return Deploy()


def _unfit(endpoint: Endpoint, version: Version) -> NotPossible | None:
    wanted = version.model
    if endpoint.model_arch_id != wanted.architecture:
        return NotPossible(
            f"the endpoint runs architecture {endpoint.model_arch_id}, the model is {wanted.architecture}",
            "choose a version of the endpoint's architecture, or another endpoint",
        )
    if version.weights is Weights.FAILED:
        return NotPossible(
            f"the weights of {wanted.architecture} version {wanted.version} did not sync ({version.sync_status})",
            "check the bucket and its policy, and upload the version again",
        )
    return None


def _busy(entry: DeployedModel, if_busy: Literal["wait", "queue", "fail"]) -> Plan:
    match if_busy:
        case "wait":
            return WaitFirst(entry)
        case "queue":
            return Deploy()
        case "fail":
            return NotPossible(
                f"{deployment_of(entry)} is rolling out on the endpoint, and `if-busy` is `fail`",
                "run again when it has ended, or set `if-busy` to `wait` or `queue`",
            )


def serves(entry: DeployedModel, wanted: ModelName) -> bool:
    """Whether the entry is of the wanted version, by integer.

    An entry that names an alias proves nothing: the alias may have moved since.
    """
    return entry.name == wanted and INTEGER_VERSION.fullmatch(wanted.version) is not None


def newest_first(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Order entries by creation; within the same second one that is not done counts as the newer.

    An entry without a time comes last: it is never evidence that something is newer.
    """
    return sorted(entries, key=lambda entry: (_when(entry), entry.status is not Status.DONE), reverse=True)


def _when(entry: DeployedModel) -> float:
    return -math.inf if entry.created is None else entry.created


def live(entries: Sequence[DeployedModel]) -> DeployedModel | None:
    """Return the newest done entry: what the endpoint serves. Of several without a time nobody knows which it is."""
    done = [entry for entry in newest_first(entries) if entry.status is Status.DONE]
    is_clear = bool(done) and (done[0].created is not None or len(done) == 1)
    return done[0] if is_clear else None


def newer_than_live(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return the entries that may be newer than the live one, newest first; those without a time come last."""
    ordered = newest_first(entries)
    at = next((n for n, entry in enumerate(ordered) if entry.status is Status.DONE), len(ordered))
    untimed = [entry for entry in ordered[at + 1 :] if entry.created is None]
    return ordered[:at] + untimed


def in_flight(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return the entries that are rolling out, newest first. A young one in an unknown word counts as one."""
    newer = newer_than_live(entries)
    return [entry for entry in newer if (entry.is_young if is_unknown(entry) else _is_under_way(entry))]


def _is_under_way(entry: DeployedModel) -> bool:
    return isinstance(entry.status, Status) and entry.status.under_way


def is_unknown(entry: DeployedModel) -> bool:
    """Whether the entry's word is not known, so that it may be rolling out or not."""
    return isinstance(entry.status, Unknown)


def unknown_and_old(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return newer entries in an unknown word that are not young: they block nothing, but the log names them."""
    return [entry for entry in newer_than_live(entries) if is_unknown(entry) and not entry.is_young]


def doubts(endpoint: Endpoint, now: DeployedModel) -> str:
    """Say what speaks against the live entry being what the endpoint serves; empty if nothing does."""
    if now.contradicted:
        return f"{deployment_of(now)} is reported in words that contradict each other"
    if now.created is None:
        return f"the API tells no time for {deployment_of(now)}"
    entries = endpoint.deployed_models
    as_new = [entry for entry in entries if entry.created == now.created and entry.model != now.model]
    newer = next((entry for entry in (*newer_than_live(entries), *as_new) if not _is_harmless(entry)), None)
    if newer:
        return f"{deployment_of(newer)}, which may be newer, is not known to have left the endpoint as it was"
    if any(time is None or time >= now.created for time in endpoint.unreadable):
        return "an entry that cannot be read may be newer"
    return ""


def _is_harmless(entry: DeployedModel) -> bool:
    """Whether the entry has left the endpoint as it was. One that was canceled after its first replica has not."""
    has_begun = bool(entry.rollout_replicas_updated)
    return entry.status is Status.ROLLED_BACK or (entry.status is Status.CANCELLED and not has_begun)


def previous(entries: Sequence[DeployedModel], ours: ModelName) -> DeployedModel | None:
    """Return the newest done entry of another version; `entries` are those that are older than ours."""
    return live([entry for entry in entries if not serves(entry, ours)])


def version_of(entry: DeployedModel) -> str:
    """Name the entry's version for people."""
    return f"version {entry.name.version}" if entry.name else "an unreadable version"


def deployment_of(entry: DeployedModel) -> str:
    """Name the entry's deployment and version for people."""
    return f"deployment {entry.id} ({version_of(entry)})"
