"""Values for tests: good ones, but for what a test is about."""

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.version import Version

ARCHITECTURE = "gpt-oss-120b"
ENDPOINT = "my-org-gpt-oss-120b"


def name(version: str = "2") -> ModelName:
    return ModelName("my-org", ARCHITECTURE, version)


def entry(line: str, *, is_young: bool = True, **more: object) -> DeployedModel:
    """Read `<id> <version> <state> <created>`, such as `ours 2 in_progress 20`, as one of the endpoint's entries."""
    deployment_id, version, state, created = line.split()
    fields = {"id": deployment_id, "model": str(name(version)), "state": state, "created": int(created)}
    read = DeployedModel.model_validate(fields | more)
    return read.model_copy(update={"is_young": is_young})


def endpoint(*entries: str | DeployedModel, architecture: str = ARCHITECTURE, updated: int = 0) -> Endpoint:
    """Return a snapshot that lists these."""
    listed = tuple(entry(one) if isinstance(one, str) else one for one in entries)
    return Endpoint(model_arch_id=architecture, deployed_models=listed, managing_org_name="my-org", updated=updated)


def version(number: str = "2", sync: str | None = "done", *, done: bool = True) -> Version:
    """Return a version whose weights are there."""
    return Version.model_validate({"name": str(name(number)), "done": done, "response": {"sync_status": sync}})
