"""An endpoint's status, entry by entry: none that cannot be read spoils the others."""

from typing import Any

import pytest
from pydantic import ValidationError

from cerebras_deploy.api.endpoint import Endpoint
from helpers import make

ENTRY: dict[str, Any] = {"id": "ours", "model": str(make.name()), "created": 20, "state": "done"}


class TestEntriesAreReadByThemselves:
    @pytest.mark.parametrize("junk", ["absent", None, [], {}], ids=repr)
    def test_one_without_an_id_is_counted_with_its_time(self, junk: object) -> None:
        entry = ENTRY | {"id": junk}
        if junk == "absent":
            del entry["id"]

        endpoint = Endpoint.model_validate({"model_arch_id": "a", "deployed_models": [entry, ENTRY]})

        assert ([one.id for one in endpoint.deployed_models], endpoint.unreadable) == (["ours"], (20,))

    @pytest.mark.parametrize("field", ["model", "created"])
    @pytest.mark.parametrize("junk", [None, [], {}], ids=repr)
    def test_one_without_a_model_or_time_has_none(self, field: str, junk: object) -> None:
        entry = ENTRY | {field: junk}

        (read,) = Endpoint.model_validate({"model_arch_id": "a", "deployed_models": [entry]}).deployed_models

        assert (read.name, read.created)[field == "created"] is None

    def test_no_list_is_told_apart_from_an_empty_one(self) -> None:
        bodies: list[dict[str, object]] = [{}, {"deployed_models": None}, {"deployed_models": []}]
        read = [Endpoint.model_validate({"model_arch_id": "a"} | body) for body in bodies]

        assert [one.lists_models for one in read] == [False, True, True]
        assert [one.deployed_models for one in read] == [()] * 3


def test_of_very_many_entries_none_is_read() -> None:
    whole = {"model_arch_id": "gpt-oss-120b", "deployed_models": [{}] * 10_000}
    assert len(Endpoint.model_validate(whole).unreadable) == 10_000

    with pytest.raises(ValidationError, match="more than 10000 entries in `deployed_models`"):
        Endpoint.model_validate(whole | {"deployed_models": [{}] * 10_001})
