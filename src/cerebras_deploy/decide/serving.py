"""What an endpoint serves, by its last read: a version, several at once, or it is not clear."""

from dataclasses import dataclass

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import live, made_with, may_hide_newer, newer_than_live, version_of


@dataclass(frozen=True)
class Serving:
    """What an endpoint serves: `entry`, if that is clear. `text` says it for people, be it clear, mixed or unclear."""

    text: str
    entry: DeployedModel | None = None


NOTHING = Serving("no version")
UNCLEAR = Serving("unclear")


def serving(endpoint: Endpoint) -> Serving:
    """Judge what an endpoint serves. A newer deployment that has changed a replica, or may have, leaves it unclear."""
    entries = endpoint.deployed_models
    for entry in newer_than_live(entries):
        updated, total = entry.rollout_replicas_updated, entry.rollout_total_replicas
        if entry.status in {Status.ROLLED_BACK, Status.NOT_STARTED} or (updated == 0 and entry.created is not None):
            continue
        if updated is None or total is None or updated >= total or entry.created is None:
            return UNCLEAR
        return Serving(f"mixed. {updated} of {total} replicas run {version_of(entry)}")
    now = live(entries)
    if now is None:
        return NOTHING
    as_new = any(entry.status is Status.DONE for entry in made_with(now, entries))
    is_unclear = now.contradicted or as_new or may_hide_newer(endpoint, now.created)
    return UNCLEAR if is_unclear else Serving(version_of(now), now)
