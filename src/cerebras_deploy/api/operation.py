"""The deploy call's reply. Facts: the API's OpenAPI, see docs/api.md."""

from typing import Annotated

from pydantic import BeforeValidator, model_validator

from cerebras_deploy.api.fields import AnyStatus, Count, Identifier, Integer, Reply, RolloutFigures, Text, type_or_none
from cerebras_deploy.api.tolerance import same_form, time_of

ID_LENGTH = 200  # characters; an ID that is longer names no deployment of ours


class Deployment(RolloutFigures):
    """The deploy reply's metadata, "captured at submission time", so all of it is optional here."""

    deployment_id: Annotated[Identifier | None, type_or_none] = None
    endpoint_id: Text = None
    model_arch_id: Text = None
    version_id: Integer = None
    created: Annotated[float | None, BeforeValidator(time_of)] = None
    rollout_status: AnyStatus | None = None
    max_unavailable_replicas: Count = None


class Operation(Reply):
    """The deploy call's reply. Its `done` proves nothing and is not read.

    The deployment's ID is `deployment_id`, or else the last part of `name`; entries may have either. A reply with
    neither is none: the deployment is looked for on the endpoint, as after a reply that was lost.
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
