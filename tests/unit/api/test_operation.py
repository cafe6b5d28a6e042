"""The deploy call's reply."""

import json
from typing import Any

import pytest

from cerebras_deploy.api.operation import Operation
from helpers.repository import WIRE


def document(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text())


class TestDeployReply:
    @pytest.mark.parametrize("response", [None, [], "x", 7], ids=repr)
    def test_a_deploy_reply_needs_nothing_but_the_id(self, response: object) -> None:
        assert Operation.model_validate({"name": "ours", "response": response}).response is None
        assert Operation.model_validate({"name": "ours"}).response is None

    def test_nulls_in_a_deploy_reply_say_nothing(self) -> None:
        nulls = dict.fromkeys(document("deploy-reply-full")["response"])

        reply = Operation.model_validate_json(json.dumps({"name": "ours", "response": nulls})).response

        assert reply is not None
        assert set(reply.model_dump().values()) == {None}


class TestTheDeploymentsId:
    @pytest.mark.parametrize("name", ["operations/op-7", 7], ids=repr)
    def test_a_whole_number_is_its_digits(self, name: object) -> None:
        read = Operation.model_validate_json(json.dumps({"name": name, "response": {"deployment_id": 987654}}))

        assert read.ids[0] == "987654"
        assert read.ids[1] in {"op-7", "7"}

    @pytest.mark.parametrize("other", [True, 7.0, [7], "", 10**5000], ids=["bool", "float", "list", "empty", "huge"])
    def test_anything_else_that_is_no_text_is_none(self, other: object) -> None:
        for reply in (
            {"name": "ours", "response": {"deployment_id": other}},
            {"name": other, "response": {"deployment_id": "ours"}},
        ):
            assert Operation.model_validate(reply).ids == ("ours",)
