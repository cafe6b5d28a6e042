"""What the Management API says: its JSON, read leniently, since it is in private preview.

Required is only what decides: an entry's ID, model and time. Facts: the API's reference and OpenAPI, see docs/api.md.
"""

from enum import Enum, auto
from typing import Annotated

from pydantic import BeforeValidator, Field

from cerebras_deploy.api.fields import Count, Integer, Reply, Text, type_or_none
from cerebras_deploy.api.names import INTEGER_VERSION, ModelName
from cerebras_deploy.api.status import Status, Unknown, parse_status
from cerebras_deploy.text import plain

AnyStatus = Annotated[Status | Unknown, BeforeValidator(parse_status)]


class _Rollout(Reply):
    """Figures shown wherever a reply carries them; documented for the deploy reply only."""

    rollout_replicas_updated: Count = None
    rollout_total_replicas: Count = None
    rollout_error_message: Text = None


class DeployedModel(_Rollout):
    """One entry of an endpoint's `deployed_models`: a deployment. `created` is in unix seconds."""

    id: str = Field(min_length=1, max_length=200)
    model: str
    created: int
    state: object = None
    rollout_status: object = None  # the deploy reply's name for it

    @property
    def status(self) -> Status | Unknown:
        """The rollout status, in whichever field it came."""
        return parse_status(self.rollout_status if self.state is None else self.state)

    @property
    def name(self) -> ModelName | None:
        """The model's name, if it reads as one."""
        return ModelName.parse(self.model)


class Endpoint(Reply):
    """`GET /management/v1/endpoints/{endpoint_id}`: a snapshot. `updated` is in unix seconds."""

    model_arch_id: str
    deployed_models: tuple[DeployedModel, ...]
    managing_org_name: Text = None
    updated: Integer = None


class Endpoints(Reply):
    """`GET /management/v1/orgs/{org_name}/endpoints`, as far as a hint needs it."""

    class Item(Reply):
        """One endpoint."""

        endpoint_id: str

    endpoints: tuple[Item, ...]


class Deployment(_Rollout):
    """The deploy reply's metadata, "captured at submission time", so all of it is optional here."""

    endpoint_id: Text = None
    model_arch_id: Text = None
    version_id: Integer = None
    created: Integer = None
    rollout_status: AnyStatus | None = None
    max_unavailable_replicas: Count = None


class Operation(Reply):
    """The deploy call's reply: `name` is the deployment's id; its `done` proves nothing and is not read."""

    name: str = Field(min_length=1, max_length=200)
    response: Annotated[Deployment | None, type_or_none] = None


class Weights(Enum):
    """Whether a version's weights have arrived."""

    READY = auto()
    SYNCING = auto()
    FAILED = auto()


def _integer_name(text: object) -> ModelName:
    name = ModelName.parse(text) if isinstance(text, str) else None
    if name is None or not INTEGER_VERSION.fullmatch(name.version):
        raise ValueError("not a model name with an integer version")
    return name


class Version(Reply):
    """`GET …/versions/{version_id}`, by integer or alias; the reply's name holds the integer."""

    class Details(Reply):
        """The version's metadata."""

        sync_status: Text = None
        system_fingerprint_suffix: Text = None
        version_aliases: Annotated[tuple[str, ...] | None, type_or_none] = None

    model: Annotated[ModelName, BeforeValidator(_integer_name)] = Field(alias="name")
    done: Annotated[bool | None, type_or_none] = None
    response: Annotated[Details | None, type_or_none] = None

    @property
    def sync_status(self) -> str:
        """The word for the weights, as the API gave it; empty if it gave none."""
        return plain((self.response and self.response.sync_status) or "", 60)

    @property
    def weights(self) -> Weights:
        """Whether it can be deployed. A word nobody knows is waited for: the timeout bounds it."""
        match parse_status(self.sync_status):
            case Status.DONE:
                return Weights.READY
            case Status.ERROR | Status.CANCELLED | Status.ROLLED_BACK:
                return Weights.FAILED
            case Unknown() if self.done:
                return Weights.READY
            case _:
                return Weights.SYNCING

    @property
    def aliases(self) -> tuple[str, ...] | None:
        """All of its aliases; None if the reply does not tell, so that none must be set."""
        return self.response.version_aliases if self.response else None


class Aliases(Reply):
    """`PATCH …/versions/{version_id}`: the reply."""

    version_aliases: tuple[str, ...]
