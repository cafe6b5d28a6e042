"""The words for a rollout's status: a closed table; anything else is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.api.status import Status, Unknown, parse_status
from helpers.any_json import ANY_JSON


class TestStatusWords:
    @pytest.mark.parametrize(
        ("words", "status"),
        [
            ("done complete completed", Status.DONE),
            ("error failed", Status.ERROR),
            ("cancelled canceled", Status.CANCELLED),
            ("rolled_back", Status.ROLLED_BACK),
            ("rolling_back", Status.ROLLING_BACK),
            ("in_progress updating deploying", Status.IN_PROGRESS),
            ("not_started queued pending", Status.NOT_STARTED),
        ],
    )
    def test_the_closed_table_in_any_case(self, words: str, status: Status) -> None:
        for word in words.split():
            assert {parse_status(form) for form in (word, word.upper(), word.title())} == {status}

    @pytest.mark.parametrize(
        "word",
        [
            "ready",
            "active",
            "succeeded",
            "deployed",
            "success",
            "ok",
            "live",
            "undone",
            "not done",
            "partially_complete",
        ],
    )
    def test_a_word_outside_it_is_unknown_and_kept(self, word: str) -> None:
        assert parse_status(word) == Unknown(word)

    @pytest.mark.parametrize("value", [None, True, 1, 2.5, ["done"], {"state": "done"}], ids=repr)
    def test_what_is_no_word_is_unknown(self, value: object) -> None:
        assert isinstance(parse_status(value), Unknown)

    @pytest.mark.parametrize("status", Status)
    def test_only_three_are_under_way(self, status: Status) -> None:
        assert status.under_way == (status.value in {"not_started", "in_progress", "rolling_back"})


@given(st.text() | ANY_JSON)
def test_any_word_is_a_status_or_unknown_in_one_line(word: object) -> None:
    status = parse_status(word)

    if isinstance(status, Unknown):
        assert status.word.splitlines() in ([status.word], [])
        assert len(status.word) <= 100
