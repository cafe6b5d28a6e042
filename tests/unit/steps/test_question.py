"""What an answer is asked to have, in whole runs."""

import pytest

from helpers.chat import Chat


class TestWhatIsExpected:
    @pytest.mark.parametrize(
        ("given", "verdict"),
        [
            ({"contains": "PONG"}, "passed"),
            ({"contains": "on"}, "passed"),
            ({"contains": "p.ng"}, "failed"),
            ({"expect": "p.ng"}, "passed"),
            ({"expect": "PONG"}, "failed"),
            ({}, "passed"),
        ],
        ids=repr,
    )
    def test_literal_text_in_any_case_or_an_expression_or_anything(self, given: dict[str, str], verdict: str) -> None:
        inputs = {f"smoke_test_{name}": given.get(name, "") for name in ("contains", "expect")}

        assert Chat().play(**inputs).outputs["smoke-test"] == verdict

    def test_what_is_not_in_the_answer_is_said(self) -> None:
        message = Chat().play(smoke_test_expect="", smoke_test_contains="ping").outputs["message"]

        assert "«ping» is not in the answer; to «Say hello.» came «pong»" in message
