"""The API's JSON: what is published of the requests and replies, and the error bodies seen live.

Sources: the published OpenAPI of the deploy call, the public reference of the other calls, and error bodies
that third parties report. The names of these classes are the published component names, where there are any.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cerebras_simulator.world.rollouts import VersionName

UnixSeconds = Annotated[int, Field(description="Unix time in seconds.")]
ArchitectureId = Annotated[str, Field(description="Model architecture, as in `gpt-oss-120b`.")]
Alias = Annotated[str, Field(pattern="^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$")]
OrgName = Annotated[str, Field(description="Organization, by the name shown beside its management keys.")]


class Schema(BaseModel):
    """Nothing but the documented fields, in either direction."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointDeployModelRequest(Schema):
    """What to deploy."""

    model: str = Field(
        description="A model version: `orgs/<org>/models/<architecture>/versions/<version>`, "
        "the version by its integer id or by an alias.",
        examples=["orgs/my-org/models/gpt-oss-120b/versions/1"],
    )

    @field_validator("model")
    @classmethod
    def _names_a_version(cls, text: str) -> str:
        # A validator, and not a pattern: the published schema has none.
        return str(VersionName.parse(text))


class DeploymentRolloutStatus(StrEnum):
    """Where a rollout stands; the list is closed."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"


class EndpointDeploymentOperation(Schema):
    """A deployment as it stood when it was accepted."""

    deployment_id: str = Field(description="The deployment's UUID.")
    endpoint_id: str = Field(description="The endpoint, as inference requests name it in `model`.")
    org_name: OrgName
    model_arch_id: ArchitectureId
    version_id: int = Field(description="Integer id of the version, also where an alias was asked for.")
    version_alias: str | None = Field(None, description="The version as it was asked for, integer or alias.")
    created: UnixSeconds
    updated: UnixSeconds
    rollout_status: DeploymentRolloutStatus | None = None
    max_unavailable_replicas: int | None = Field(None, description="Replicas that may be down at a time.")
    rollout_replicas_updated: int | None = Field(None, description="Replicas that run the new version.")
    rollout_total_replicas: int | None = Field(None, description="Replicas of the endpoint.")
    rollout_error_message: str | None = Field(None, description="Why the rollout stopped.")


class EndpointDeployResponse(Schema):
    """The deployment that was queued."""

    name: str = Field(description="The deployment's UUID, to be found again in the endpoint's status.")
    done: bool = Field(description="Whether there is nothing left to do.")
    response: EndpointDeploymentOperation | None = None


class DeployedModel(Schema):
    """A deployment in the endpoint's status. Replica counts and error message are not published here."""

    id: str = Field(description="The deployment's UUID.")
    model: str = Field(description="The model version's full name.")
    created: UnixSeconds
    state: str = Field(description="Where the rollout stands; `complete` is the one word published.")
    version_alias: str | None = Field(None, description="The version as it was asked for.")
    rollout_replicas_updated: int | None = Field(None, description="Not published: replicas updated.")
    rollout_total_replicas: int | None = Field(None, description="Not published: replicas in all.")
    rollout_error_message: str | None = Field(None, description="Not published: why the rollout stopped.")


class EndpointStatus(Schema):
    """An endpoint and what was deployed to it."""

    name: str = Field(description="The endpoint's id.")
    model_arch_id: ArchitectureId
    deployed_models: list[DeployedModel]
    created: UnixSeconds
    updated: UnixSeconds
    managing_org_name: OrgName | None = None


class EndpointSummary(Schema):
    """An endpoint in the list of an organization's endpoints."""

    endpoint_id: str
    model_arch_id: ArchitectureId
    created: UnixSeconds
    updated: UnixSeconds
    org_name: OrgName


class EndpointList(Schema):
    """The endpoints that an organization manages."""

    endpoints: list[EndpointSummary]


class ModelVersionStatus(Schema):
    """A model version's weights and aliases."""

    customer_s3_uri: str = Field(description="Where the weights were uploaded from.")
    version_aliases: list[str]
    sync_status: str = Field(description="How far the copy of the weights is: queued, in_progress, done, failed.")
    system_fingerprint_suffix: str | None = Field(None, description="A mark of this version in inference replies.")


class ModelVersion(Schema):
    """A model version; `done` when the copy of its weights has ended."""

    name: str = Field(description="`orgs/<org>/models/<architecture>/versions/<integer id>`")
    done: bool
    response: ModelVersionStatus | None = None


class ModelVersionList(Schema):
    """All versions of an architecture."""

    model_versions: list[ModelVersion]


class ModelVersionAliasesRequest(Schema):
    """The aliases that are to point to a version, all of them."""

    version_aliases: list[Alias] = Field(examples=[["production", "v1-stable"]])


class ModelVersionAliases(Schema):
    """The aliases that point to a version."""

    name: str = Field(description="`orgs/<org>/models/<architecture>/versions/<integer id>`")
    version_aliases: list[str]


class ModelArchitectureList(Schema):
    """The architectures that an organization may use."""

    model_architectures: list[str]


class Detail(Schema):
    """An error as the web framework says it."""

    detail: str


class FieldError(Schema):
    """One mistake in a request: where, what, and the framework's name for it."""

    loc: list[str | int]
    msg: str
    type: str


class FieldErrors(Schema):
    """All mistakes in a request."""

    detail: list[FieldError]
