"""What an endpoint's entries say together: which is live, which are newer, which are rolling out.

Entries are ordered by the server's `created`, and have the status that `evidence.py` has judged.
"""

import math
from collections.abc import Sequence

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import Status, Unknown


def serves(entry: DeployedModel, wanted: ModelName) -> bool:
    """Whether the entry is of the wanted version, by integer.

    An entry that names an alias proves nothing: the alias may have moved since.
    """
    return entry.name == wanted and wanted.has_integer


def may_serve(entry: DeployedModel, wanted: ModelName) -> bool:
    """Whether the entry may be of the wanted version: the organization may have two names, as in some replies."""
    return wanted.has_integer and entry.name is not None and entry.name[1:] == wanted[1:]


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
    return [entry for entry in newer_than_live(entries) if _is_rolling_out(entry)]


def _is_rolling_out(entry: DeployedModel) -> bool:
    return entry.status.under_way if isinstance(entry.status, Status) else entry.is_young


def is_unknown(entry: DeployedModel) -> bool:
    """Whether the entry's word is not known, so that it may be rolling out or not."""
    return isinstance(entry.status, Unknown)


def unknown_and_old(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return newer entries in an unknown word that are not young: they block nothing, but the log names them."""
    return [entry for entry in newer_than_live(entries) if is_unknown(entry) and not entry.is_young]


def doubts(endpoint: Endpoint, now: DeployedModel) -> str:
    """Say what speaks against the live entry being what the endpoint serves; empty if nothing does."""
    if now.contradicted:
        return f"{deployment_of(now)} has contradictory statuses"
    if now.created is None:
        return f"the API gives no time for {deployment_of(now)}"
    entries = endpoint.deployed_models
    others = (*newer_than_live(entries), *made_with(now, entries))
    newer = next((entry for entry in others if not is_harmless(entry)), None)
    if newer:
        return f"{deployment_of(newer)} may be newer, and may have changed the endpoint"
    if may_hide_newer(endpoint, now.created):
        return "an unreadable entry may be newer"
    return ""


def made_with(one: DeployedModel, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return the entries of other versions that were made in the same second, so that nobody knows which is newer."""
    return [entry for entry in entries if entry.created == one.created and entry.model != one.model]


def may_hide_newer(endpoint: Endpoint, created: float | None) -> bool:
    """Whether an unreadable entry may be newer than one of that time."""
    return any(time is None or created is None or time >= created for time in endpoint.unreadable)


def is_harmless(entry: DeployedModel) -> bool:
    """Whether the entry has left the endpoint as it was. One that was canceled after its first replica has not."""
    has_begun = bool(entry.rollout_replicas_updated)
    return entry.status is Status.ROLLED_BACK or (entry.status is Status.CANCELLED and not has_begun)


def may_be_live(entries: Sequence[DeployedModel]) -> list[DeployedModel]:
    """Return the done entries of which each may be what the endpoint serves.

    They are the newest one, those of the same time, and those without a time: nobody knows when they were made.
    """
    done = [entry for entry in newest_first(entries) if entry.status is Status.DONE]
    return [entry for entry in done if entry.created is None or entry.created == done[0].created]


def is_of_one_version(entries: Sequence[DeployedModel]) -> bool:
    """Whether all entries are of the same version."""
    return len({entry.name[1:] if entry.name else entry.model for entry in entries}) == 1


def previous(entries: Sequence[DeployedModel], ours: ModelName) -> DeployedModel | None:
    """Return the newest done entry of another version; None if its version is not clear.

    `entries` are those that are older than ours.
    """
    others = may_be_live([entry for entry in entries if not may_serve(entry, ours)])
    return others[0] if is_of_one_version(others) else None


def version_of(entry: DeployedModel) -> str:
    """Name the entry's version for people."""
    return f"version {entry.name.version}" if entry.name else "an unreadable version"


def deployment_of(entry: DeployedModel) -> str:
    """Name the entry's deployment and version for people."""
    return f"deployment {entry.id} ({version_of(entry)})"
