"""Reads of one entry, and how it is judged after the last of them."""

from collections.abc import Mapping

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import StatusWords
from cerebras_deploy.decide.evidence import Evidence
from helpers import make

NOW = 100_000.0  # the server's clock at the first read


def entry(created: object = NOW - 10, **fields: object) -> DeployedModel:
    return DeployedModel.model_validate({"id": "ours", "model": str(make.name()), "created": created} | fields)


def listing(*entries: DeployedModel, at: float = 0.0) -> Endpoint:
    """Return a snapshot of these, read so many seconds after the first one."""
    return Endpoint(model_arch_id="a", deployed_models=entries).model_copy(update={"date": NOW + at})


def seen(
    *reads: tuple[float, Mapping[str, object]], created: float = NOW - 10, followed: str = "ours"
) -> DeployedModel:
    """Return the entry as it is judged after the last of these reads."""
    evidence, judged = Evidence(StatusWords({})), entry()
    for at, fields in reads:
        ((snapshot, _, _),) = evidence.take(listing(entry(created, **fields), at=at), at, frozenset({followed}))
        (judged,) = snapshot.deployed_models
    return judged


STATE, OTHER = "state", "rollout_status"
DONE_BESIDE_COPY = {STATE: "complete", OTHER: "not_started"}
RUNNING_BESIDE_COPY = {STATE: "in_progress", OTHER: "not_started"}
OLD = NOW - 3601
