"""How leniently a reply's fields are read: what is not needed may be missing, null or of another type."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator

from cerebras_deploy.api.status import Status, Unknown, parse_status
from cerebras_deploy.api.tolerance import digits_of


def _or_none(value: object, validate: Callable[[object], Any]) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


type_or_none = WrapValidator(_or_none)
Text = Annotated[str | None, type_or_none]
Count = Annotated[Annotated[int, Field(ge=0, le=1_000_000)] | None, type_or_none]
Integer = Annotated[int | None, type_or_none]
Identifier = Annotated[str, BeforeValidator(digits_of), Field(min_length=1)]
AnyStatus = Annotated[Status | Unknown, BeforeValidator(parse_status)]


class Reply(BaseModel):
    """A reply, or a part of one. Fields that this action does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # built when its first reply arrives


class RolloutFigures(Reply):
    """Figures shown wherever a reply carries them; documented for the deploy reply only."""

    rollout_replicas_updated: Count = None
    rollout_total_replicas: Count = None
    rollout_error_message: Text = None
