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
