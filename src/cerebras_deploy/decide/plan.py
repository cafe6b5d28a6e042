"""What to do, decided from one look at the endpoint and the version.

Entries are ordered by the server's `created`. *Live* is the newest done entry. *In flight* is an entry newer than the
live one in a state known to be under way; for the wanted version, also one in an unknown state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cerebras_deploy.api.names import ModelName
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
    wanted = version.model
    if no := _unfit(endpoint, version):
        return no
    if version.weights is Weights.SYNCING:
        return WaitFirst()
    flying = in_flight(endpoint.deployed_models, wanted)
    if flying and serves(flying[0], wanted) and flying[0].status is not Status.ROLLING_BACK:
        if not (if_current == "deploy" and if_busy == "queue"):
            return Attach(flying[0])
        return Deploy()
    if flying:
        return _busy(flying[0], if_busy)
    now = live(endpoint.deployed_models)
    if now and serves(now, wanted) and if_current == "skip" and not _disturbed(endpoint.deployed_models, now):
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
    return entry.name == wanted


def newest_first(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Order entries by creation; within the same second one that is not done counts as the newer."""
    return sorted(entries, key=lambda entry: (entry.created, entry.status is not Status.DONE), reverse=True)


def live(entries: Sequence[DeployedModel]) -> DeployedModel | None:
    """Return the newest done entry: what the endpoint serves."""
    return next((entry for entry in newest_first(entries) if entry.status is Status.DONE), None)


def newer_than_live(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return the entries newer than the live one, newest first."""
    ordered = newest_first(entries)
    at = next((n for n, entry in enumerate(ordered) if entry.status is Status.DONE), len(ordered))
    return ordered[:at]


def in_flight(entries: Sequence[DeployedModel], wanted: ModelName) -> list[DeployedModel]:
    """Return the entries that are rolling out, newest first."""
    return [
        entry
        for entry in newer_than_live(entries)
        if (serves(entry, wanted) if isinstance(entry.status, Unknown) else entry.status.under_way)
    ]


def unknown_others(entries: Sequence[DeployedModel], wanted: ModelName) -> list[DeployedModel]:
    """Return newer entries of other versions in an unknown state: they block nothing, but the log names them."""
    newer = newer_than_live(entries)
    return [entry for entry in newer if isinstance(entry.status, Unknown) and not serves(entry, wanted)]


def _disturbed(entries: Sequence[DeployedModel], now: DeployedModel) -> bool:
    """Whether something newer than the live entry, or as new, may have changed what the endpoint serves."""
    harmless = {Status.CANCELLED, Status.ROLLED_BACK}
    as_new = [entry for entry in entries if entry.created == now.created and entry.model != now.model]
    return any(entry.status not in harmless for entry in (*newer_than_live(entries), *as_new))


def previous(entries: Sequence[DeployedModel], ours: ModelName) -> DeployedModel | None:
    """Return the newest done entry of another version; `entries` are those that are older than ours."""
    return live([entry for entry in entries if not serves(entry, ours)])


def version_of(entry: DeployedModel) -> str:
    """Name the entry's version for people."""
    return f"version {entry.name.version}" if entry.name else "an unreadable version"


def deployment_of(entry: DeployedModel) -> str:
    """Name the entry's deployment and version for people."""
    return f"deployment {entry.id} ({version_of(entry)})"
