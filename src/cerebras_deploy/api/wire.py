"""What the Management API says: its JSON, read leniently, since it is in private preview.

What an endpoint's status may look like is in `tolerance.py`. Facts: the API's reference and OpenAPI, see docs/api.md.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from cerebras_deploy.api.fields import Count, Integer, Reply, Text, type_or_none
from cerebras_deploy.api.names import INTEGER_VERSION, ModelName
from cerebras_deploy.api.status import NO_STATUS, NO_WORD, PUBLISHED, Status, Unknown, parse_status
from cerebras_deploy.api.tolerance import Word, same_form, time_of, words_of
from cerebras_deploy.text import plain

AnyStatus = Annotated[Status | Unknown, BeforeValidator(parse_status)]
Identifier = Annotated[str, Field(min_length=1)]
ID_LENGTH = 200  # characters; an ID that is longer names no deployment of ours


class _Rollout(Reply):
    """Figures shown wherever a reply carries them; documented for the deploy reply only."""

    rollout_replicas_updated: Count = None
    rollout_total_replicas: Count = None
    rollout_error_message: Text = None


class DeployedModel(_Rollout):
    """One entry of an endpoint's `deployed_models`: a deployment. Read by itself, so that none spoils the others.

    `created` is in unix seconds, None if the entry tells no time. `words` are the status words as they came, and `raw`
    is the entry as it came, for `tolerance.raw_text`. `status` is what the words mean; `decide/evidence.py` puts its
    judgment there. `contradicted`: something in the entry speaks against that. `was_rolling_back`: it was seen so in
    this run. `is_young`: it may be rolling out although its word is not known.
    """

    id: Identifier
    model: str = ""
    created: float | None = None
    words: tuple[Word, ...] = ()
    raw: Any = Field(default=None, repr=False)
    status: Status | Unknown = NO_STATUS
    contradicted: bool = False
    was_rolling_back: bool = False
    is_young: bool = True

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise ValueError("not an object")  # noqa: TRY004 - pydantic takes a ValueError
        words, identifier = words_of(raw), raw.get("id")
        figures = {name: raw.get(name) for name in _Rollout.model_fields}
        return figures | {
            "id": same_form(str(identifier)) if _is_identifier(identifier) else None,
            "model": raw.get("model") if isinstance(raw.get("model"), str) else "",
            "created": time_of(raw.get("created")),
            "words": words,
            "raw": raw,
            "status": single_status(PUBLISHED.parse(word.text) for word in words),
        }

    @property
    def name(self) -> ModelName | None:
        """The model's name, if it reads as one."""
        return ModelName.parse(self.model)


def _is_identifier(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def single_status(statuses: Iterable[Status | Unknown]) -> Status | Unknown:
    """Return what several words mean together. One that is known outweighs one that is not.

    Of several, the one furthest from success counts; `decide/evidence.py` says when that is not the last word.
    """
    found = list(statuses)
    known = [status for status in _FURTHEST_FROM_SUCCESS if status in found]
    return known[0] if known else found[0] if found else NO_WORD


_FURTHEST_FROM_SUCCESS = (
    *(Status.ROLLING_BACK, Status.IN_PROGRESS, Status.NOT_STARTED),
    *(Status.ROLLED_BACK, Status.ERROR, Status.CANCELLED, Status.DONE),
)


class Endpoint(Reply):
    """`GET /management/v1/endpoints/{endpoint_id}`: a snapshot. `updated` is in unix seconds.

    `unreadable` has an item for each entry that cannot be read: its time, if that can be. `lists_models`: the reply had
    a list of entries, be it empty. `date` is the server's clock in unix seconds, and `age` for how many seconds the
    reply had been in a cache; both are from its headers.
    """

    model_arch_id: str
    deployed_models: tuple[DeployedModel, ...] = ()
    unreadable: tuple[float | None, ...] = ()
    lists_models: bool = True
    name: Text = None
    managing_org_name: Text = None
    updated: Annotated[float | None, BeforeValidator(time_of)] = None
    date: float | None = None
    age: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, raw: Any) -> Any:
        listed = raw.get("deployed_models", ()) if isinstance(raw, Mapping) else ()
        if not isinstance(raw, Mapping) or not isinstance(listed, list | tuple | None):
            return raw
        read = [_entry(item) for item in listed or ()]
        fields = {name: raw.get(name) for name in ("model_arch_id", "name", "managing_org_name", "updated")}
        return fields | {
            "deployed_models": [entry for entry in read if isinstance(entry, DeployedModel)],
            "unreadable": [entry for entry in read if not isinstance(entry, DeployedModel)],
            "lists_models": "deployed_models" in raw,
        }


def _entry(item: object) -> DeployedModel | float | None:
    """Return an entry, or the time of one that cannot be read."""
    if isinstance(item, DeployedModel):
        return item
    try:
        return DeployedModel.model_validate(item)
    except ValidationError:
        return time_of(item.get("created")) if isinstance(item, Mapping) else None


class Endpoints(Reply):
    """`GET /management/v1/orgs/{org_name}/endpoints`, as far as a hint needs it."""

    class Item(Reply):
        """One endpoint."""

        endpoint_id: str
        model_arch_id: Text = None

    endpoints: tuple[Item, ...]


class Deployment(_Rollout):
    """The deploy reply's metadata, "captured at submission time", so all of it is optional here."""

    deployment_id: Text = None
    endpoint_id: Text = None
    model_arch_id: Text = None
    version_id: Integer = None
    created: Annotated[float | None, BeforeValidator(time_of)] = None
    rollout_status: AnyStatus | None = None
    max_unavailable_replicas: Count = None


class Operation(Reply):
    """The deploy call's reply. Its `done` proves nothing and is not read.

    The deployment's ID is `deployment_id`, or else the last part of `name`; entries may have either. A number is none:
    the deployment is then looked for on the endpoint, as after a reply that was lost.
    """

    name: Annotated[Identifier | None, type_or_none] = None
    response: Annotated[Deployment | None, type_or_none] = None

    @model_validator(mode="after")
    def _has_an_id(self) -> "Operation":
        if not self.ids:
            raise ValueError("neither `name` nor `response.deployment_id`")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """All forms of the deployment's ID; the first one is for people."""
        given = (self.response.deployment_id if self.response else None, self.name)
        forms = (same_form(one) for one in given if one)
        return tuple(dict.fromkeys(form for form in forms if 0 < len(form) <= ID_LENGTH))


class Weights(Enum):
    """Whether a version's weights have arrived."""

    READY = auto()
    SYNCING = auto()
    FAILED = auto()


def _name(text: object) -> ModelName:
    name = ModelName.parse(text) if isinstance(text, str) else None
    if name is None:
        raise ValueError("not a model name")
    return name


def _readable_versions(listed: object) -> object:
    """Leave out what cannot be read of a list of versions."""
    if not isinstance(listed, list):
        return listed
    found = []
    for item in listed:
        with suppress(ValidationError):
            found.append(Version.model_validate(item))
    return found


class Version(Reply):
    """`GET …/versions/{version_id}`, by integer or alias. The reply's name holds the integer, or repeats the alias."""

    class Details(Reply):
        """The version's metadata."""

        sync_status: Text = None
        system_fingerprint_suffix: Text = None
        version_aliases: Annotated[tuple[str, ...] | None, type_or_none] = None

    model: Annotated[ModelName, BeforeValidator(_name)] = Field(alias="name")
    done: Annotated[bool | None, type_or_none] = None
    response: Annotated[Details | None, type_or_none] = None

    @property
    def has_integer(self) -> bool:
        """Whether the reply names the version by its integer: an alias may move."""
        return INTEGER_VERSION.fullmatch(self.model.version) is not None

    @property
    def sync_status(self) -> str:
        """The word for the weights, as the API gave it; empty if it gave none."""
        return plain((self.response and self.response.sync_status) or "", 60)

    @property
    def weights(self) -> Weights:
        """Whether it can be deployed. With a word that nobody knows the deploy call decides."""
        match parse_status(self.sync_status):
            case Status.DONE:
                return Weights.READY
            case Status.ERROR | Status.CANCELLED | Status.ROLLED_BACK:
                return Weights.FAILED
            case Unknown() if self.sync_status or self.done:
                return Weights.READY
            case _:
                return Weights.SYNCING

    @property
    def has_unknown_weights(self) -> bool:
        """Whether the word for the weights is not known, so that the deploy call has to decide."""
        return bool(self.sync_status) and not self.done and isinstance(parse_status(self.sync_status), Unknown)

    @property
    def aliases(self) -> tuple[str, ...] | None:
        """All of its aliases; None if the reply does not tell, so that none must be set."""
        return self.response.version_aliases if self.response else None


class Versions(Reply):
    """`GET /management/v1/orgs/{org_name}/models/{model_arch_id}/versions`, as far as it can be read."""

    model_versions: Annotated[tuple[Version, ...], BeforeValidator(_readable_versions)]

    def named(self, ref: str) -> Version | None:
        """Return the version with that alias."""
        holders = [one for one in self.model_versions if one.has_integer and ref in (one.aliases or ())]
        return holders[0] if len(holders) == 1 else None


class Aliases(Reply):
    """`PATCH …/versions/{version_id}`: the reply."""

    version_aliases: tuple[str, ...]
