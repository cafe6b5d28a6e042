"""Model versions and their aliases, as the API replies them. Facts: the API's reference, see docs/api.md."""

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from cerebras_deploy.api.fields import Reply, Text, type_or_none
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import Status, Unknown, parse_sync
from cerebras_deploy.text import plain


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
        return self.model.has_integer

    @property
    def sync_status(self) -> str:
        """The word for the weights, as the API gave it; empty if it gave none."""
        return plain((self.response and self.response.sync_status) or "", 60)

    @property
    def weights(self) -> Weights:
        """Whether it can be deployed, as far as it is known: see `has_unknown_weights`."""
        match parse_sync(self.sync_status):
            case Status.DONE:
                return Weights.READY
            case Status.ERROR | Status.CANCELLED | Status.ROLLED_BACK:
                return Weights.FAILED
            case Unknown() if self.done or self.has_unknown_weights:
                return Weights.READY
            case _:
                return Weights.SYNCING

    @property
    def has_unknown_weights(self) -> bool:
        """Whether the reply does not tell, so that the deploy request has to decide.

        Its word is not known, or there is neither a word nor `done`. Without a word, `done: false` says that they sync.
        """
        is_told = self.done or (self.done is not None and not self.sync_status)
        return not is_told and isinstance(parse_sync(self.sync_status), Unknown)

    @property
    def aliases(self) -> tuple[str, ...] | None:
        """All of its aliases; None if the reply does not tell, so that none must be set."""
        return self.response.version_aliases if self.response else None


class Versions(Reply):
    """`GET /management/v1/orgs/{org_name}/models/{model_arch_id}/versions`, as far as it can be read.

    `unreadable` counts the versions that cannot.
    """

    model_versions: tuple[Version, ...]
    unreadable: int = 0

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, raw: Any) -> Any:
        listed = raw.get("model_versions") if isinstance(raw, Mapping) else None
        if not isinstance(listed, list):
            return raw
        found = []
        for item in listed:
            with suppress(ValidationError):
                found.append(Version.model_validate(item))
        return {"model_versions": found, "unreadable": len(listed) - len(found)}

    def named(self, ref: str) -> Version | None:
        """Return the version with that alias."""
        holders = [one for one in self.model_versions if one.has_integer and ref in (one.aliases or ())]
        return holders[0] if len(holders) == 1 else None


class Aliases(Reply):
    """`PATCH …/versions/{version_id}`: the reply."""

    version_aliases: tuple[str, ...]
