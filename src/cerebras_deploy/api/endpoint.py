"""An endpoint's status as the API replies it, entry by entry, and the list of endpoints.

What it may look like is in `tolerance.py`. Facts: the API's reference, see docs/api.md.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from cerebras_deploy.api.fields import Identifier, Reply, RolloutFigures, Text
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import NO_STATUS, NO_WORD, PUBLISHED, Status, Unknown
from cerebras_deploy.api.tolerance import Word, digits_of, same_form, time_of, words_of


class DeployedModel(RolloutFigures):
    """One entry of an endpoint's `deployed_models`: a deployment. Read by itself, so that none spoils the others.

    `created` is in unix seconds, None if the entry tells no time. `words` are the status words as they came, and `raw`
    is the entry as it came, for `tolerance.raw_text`. `status` is what the words mean; `decide/evidence.py` puts its
    judgment there. `contradicted`: something in the entry speaks against that. `was_rolling_back`: it was seen so in
    this run. `is_young`: it may be rolling out although its word is not known. `unknown_words` are beside one that is.
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
    unknown_words: tuple[Word, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _tolerate(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise ValueError("not an object")  # noqa: TRY004 - pydantic takes a ValueError
        words, identifier = words_of(raw), digits_of(raw.get("id"))
        figures = {name: raw.get(name) for name in RolloutFigures.model_fields}
        return figures | {
            "id": same_form(identifier) if isinstance(identifier, str) else None,
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


def single_status(statuses: Iterable[Status | Unknown]) -> Status | Unknown:
    """Return what several words mean together. One that is known outweighs one that is not.

    Of several, the one furthest from success counts; `decide/judgment.py` says when that is not the last word.
    """
    found = list(statuses)
    known = [status for status in _FURTHEST_FROM_SUCCESS if status in found]
    return known[0] if known else found[0] if found else NO_WORD


_FURTHEST_FROM_SUCCESS = (
    *(Status.ROLLING_BACK, Status.IN_PROGRESS, Status.NOT_STARTED),
    *(Status.ROLLED_BACK, Status.ERROR, Status.CANCELLED, Status.DONE),
)


MOST_ENTRIES = 10_000  # of a status: an interrupt waits until all of them are read, which takes a quarter of a second


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
        if listed and len(listed) > MOST_ENTRIES:
            raise ValueError(f"more than {MOST_ENTRIES} entries in `deployed_models`")
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
