"""The state of the world in the API's words: pure functions from values to reply bodies."""

from cerebras_simulator.api.schemas import (
    DeployedModel,
    DeploymentRolloutStatus,
    EndpointDeploymentOperation,
    EndpointDeployResponse,
    EndpointList,
    EndpointStatus,
    EndpointSummary,
    ModelVersion,
    ModelVersionAliases,
    ModelVersionStatus,
)
from cerebras_simulator.world.inventory import ORG, Endpoint, Version
from cerebras_simulator.world.registry import AliasChange
from cerebras_simulator.world.rollouts import Standing, VersionName
from cerebras_simulator.world.state import DAY, World
from cerebras_simulator.world.timelines import REPLICAS, TERMINAL


def deploy_response(endpoint: Endpoint, standing: Standing) -> EndpointDeployResponse:
    """Say that a deployment was accepted; unset fields are absent, as in the published example."""
    deployment, moment = standing.deployment, standing.moment
    finished = moment.status in TERMINAL
    if not endpoint.scenario.response:
        return EndpointDeployResponse(name=deployment.id, done=finished, response=None)
    counts = {
        "max_unavailable_replicas": 1,
        "rollout_replicas_updated": moment.replicas,
        "rollout_total_replicas": REPLICAS,
    }
    operation = EndpointDeploymentOperation(
        deployment_id=deployment.id,
        endpoint_id=endpoint.name,
        org_name=deployment.org,
        model_arch_id=deployment.architecture,
        version_id=deployment.version,
        version_alias=deployment.reference,
        created=_stamp(standing, deployment.created),
        updated=_stamp(standing, standing.updated),
        rollout_status=DeploymentRolloutStatus(moment.status),
        **(counts if endpoint.scenario.counts else {}),
    )
    return EndpointDeployResponse(name=deployment.id, done=finished, response=operation)


def deployed_model(world: World, endpoint: Endpoint, standing: Standing) -> DeployedModel:
    """Say where a deployment stands, with counts and error message only if the scenario shows them."""
    deployment, moment = standing.deployment, standing.moment
    named = VersionName(deployment.org, deployment.architecture, deployment.reference)
    counts = {"rollout_replicas_updated": moment.replicas, "rollout_total_replicas": REPLICAS}
    error = {"rollout_error_message": deployment.timeline.error} if moment.status == "error" else {}
    return DeployedModel(
        id=deployment.id,
        model=str(named) if world.lists_alias else deployment.model,
        created=_stamp(standing, deployment.created),
        state=world.state_words.get(moment.status, moment.status),
        version_alias=deployment.reference,
        **(counts | error if endpoint.scenario.counts else {}),
    )


def endpoint_status(world: World, endpoint: Endpoint) -> EndpointStatus:
    """Describe an endpoint; `updated` is the last change of a deployment that is listed."""
    listed = world.listed(endpoint)
    created = _endpoint_created(world)
    return EndpointStatus(
        name=endpoint.name,
        model_arch_id=endpoint.architecture,
        deployed_models=[deployed_model(world, endpoint, one) for one in listed],
        created=created,
        updated=max((_stamp(one, one.updated) for one in listed), default=created),
        managing_org_name=ORG,
    )


def endpoint_list(world: World) -> EndpointList:
    """List the endpoints of the organization, without beginning their scenarios."""
    created = _endpoint_created(world)
    summaries = [
        EndpointSummary(
            endpoint_id=endpoint.name,
            model_arch_id=endpoint.architecture,
            created=created,
            updated=max((_stamp(one, one.updated) for one in world.listed(endpoint)), default=created),
            org_name=ORG,
        )
        for endpoint in world.inventory.endpoints.values()
    ]
    return EndpointList(endpoints=summaries)


def model_version(world: World, architecture: str, version: Version) -> ModelVersion:
    """Describe a version, always by its integer id."""
    sync = world.registry.sync_status(architecture, version)
    status = ModelVersionStatus(
        customer_s3_uri=f"s3://{ORG}-weights/{architecture}/{version.number}",
        version_aliases=list(version.aliases),
        sync_status=sync,
        system_fingerprint_suffix=version.suffix,
    )
    name = VersionName(ORG, architecture, str(version.number))
    return ModelVersion(name=str(name), done=sync in {"done", "failed"}, response=status)


def version_aliases(change: AliasChange) -> ModelVersionAliases:
    """Say which aliases point to a version since a change."""
    name = VersionName(ORG, change.architecture, str(change.version))
    return ModelVersionAliases(name=str(name), version_aliases=list(change.after))


def _stamp(standing: Standing, time: float) -> int:
    """Say a time as the API's clock had it when the deployment was accepted."""
    return int(time + standing.deployment.skew)


def _endpoint_created(world: World) -> int:
    return int(world.started) - 90 * DAY
