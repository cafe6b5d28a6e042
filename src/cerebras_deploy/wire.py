"""What the API says: its JSON, read leniently, since it is in private preview.

Only what the gate decides by is required: an entry's id, model and time. Anything else may be missing, null or of
another type without harm. Facts: the Management API's reference and OpenAPI, see docs/api.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
)

from cerebras_deploy.names import INTEGER_VERSION, ModelName
from cerebras_deploy.text import plain


class Status(StrEnum):
    """Rollout status in the words of the deploy call (DeploymentRolloutStatus)."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"

    @property
    def under_way(self) -> bool:
        """Whether the rollout will go on by itself."""
        return self in {Status.NOT_STARTED, Status.IN_PROGRESS, Status.ROLLING_BACK}


@dataclass(frozen=True)
class Unknown:
    """A status word outside the table: not an end, nor known to be under way."""

    word: str


_WORDS = {
    **{status.value: status for status in Status},
    "complete": Status.DONE,
    "completed": Status.DONE,
    "failed": Status.ERROR,
    "canceled": Status.CANCELLED,
    "updating": Status.IN_PROGRESS,
    "deploying": Status.IN_PROGRESS,
    "queued": Status.NOT_STARTED,
    "pending": Status.NOT_STARTED,
}


def parse_status(word: object) -> Status | Unknown:
    """Read a status word of either vocabulary: the deploy reply's or the endpoint status'."""
    if isinstance(word, Status | Unknown):
        return word
    text = plain(word if isinstance(word, str) else repr(word), 60)
    return _WORDS.get(text.lower(), Unknown(text or "empty"))


NO_STATUS = Unknown("")  # nothing was said, or seen


def _or_none(value: object, validate: Callable[[object], Any]) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


type_or_none = WrapValidator(_or_none)
Text = Annotated[str | None, type_or_none]
Count = Annotated[Annotated[int, Field(ge=0, le=1_000_000)] | None, type_or_none]
Integer = Annotated[int | None, type_or_none]
AnyStatus = Annotated[Status | Unknown, BeforeValidator(parse_status)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # when its first reply has come


class _Rollout(_Reply):
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


class Endpoint(_Reply):
    """`GET /management/v1/endpoints/{endpoint_id}`: a snapshot. `updated` is in unix seconds."""

    model_arch_id: str
    deployed_models: tuple[DeployedModel, ...]
    managing_org_name: Text = None
    updated: Integer = None


class Endpoints(_Reply):
    """`GET /management/v1/orgs/{org_name}/endpoints`, as far as a hint needs it."""

    class Item(_Reply):
        """One endpoint."""

        endpoint_id: str

    endpoints: tuple[Item, ...]


class Deployment(_Rollout):
    """The deploy reply's metadata, «captured at submission time»: all of it optional here."""

    endpoint_id: Text = None
    model_arch_id: Text = None
    version_id: Integer = None
    created: Integer = None
    rollout_status: AnyStatus | None = None
    max_unavailable_replicas: Count = None


class Operation(_Reply):
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


class Version(_Reply):
    """`GET …/versions/{version_id}`, by integer or alias; the reply's name holds the integer."""

    class Details(_Reply):
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


class Aliases(_Reply):
    """`PATCH …/versions/{version_id}`: the reply."""

    version_aliases: tuple[str, ...]


class Completion(_Reply):
    """`POST /v1/chat/completions`: an answer, as far as a smoke test looks at it."""

    class Choice(_Reply):
        """One of the answers."""

        class Message(_Reply):
            """What was said; a reasoning model may have got no further than reasoning."""

            content: Text = None
            reasoning: Text = None

        message: Message

    class Usage(_Reply):
        """Tokens."""

        total_tokens: Count = None
        completion_tokens: Count = None

    class Times(_Reply):
        """Seconds, by the API's own count."""

        completion_time: Annotated[float | None, type_or_none] = None

    choices: tuple[Choice, ...] = Field(min_length=1)
    system_fingerprint: Text = None
    usage: Annotated[Usage | None, type_or_none] = None
    time_info: Annotated[Times | None, type_or_none] = None

    @property
    def text(self) -> str:
        """What was answered; the reasoning, if there is nothing else."""
        message = self.choices[0].message
        return message.content or message.reasoning or ""
