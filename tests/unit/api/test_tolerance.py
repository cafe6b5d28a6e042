"""What is tolerated in an endpoint's status: where a word may stand, how a time may be written, which IDs are alike."""

import math
import time

import pytest

from cerebras_deploy.api.tolerance import Word, digits_of, raw_text, same_form, time_of, words_of


class TestWords:
    def test_they_are_found_in_each_place_and_told_with_it(self) -> None:
        entry = {
            "status": {"state": "b", "status": "c"},
            "rollout_status": "a",
            "rollout": {"rollout_status": "e"},
            "state": {"state": "x"},
            "deployment": {"status": "f"},
        }

        assert words_of(entry) == (
            Word("rollout_status", "a"),
            Word("state.state", "x"),
            Word("status.state", "b"),
            Word("status.status", "c"),
            Word("rollout.rollout_status", "e"),
            Word("deployment.status", "f"),
        )

    def test_two_levels_down_and_in_other_fields_there_is_none(self) -> None:
        assert (
            words_of({"rollout": {"deployment": {"state": "done"}}, "phase": "done", "result": {"state": "done"}}) == ()
        )

    @pytest.mark.parametrize("nothing", [None, "", " \n", {}], ids=repr)
    def test_empty_text_and_null_are_none(self, nothing: object) -> None:
        assert words_of({"state": nothing, "rollout": {"state": nothing}}) == ()

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0, "0"), (False, "false"), (["done", 1j], '["done", "1j"]'), (" done\n", "done"), ("x" * 61, "x" * 59 + "…")],
        ids=repr,
    )
    def test_a_word_is_one_short_line_whatever_came(self, value: object, text: str) -> None:
        assert words_of({"state": value}) == (Word("state", text),)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0.0),
        (1_790_000_000, 1_790_000_000.0),
        (1_790_000_000_500, 1_790_000_000.5),
        (1e11, 1e8),
        (1e11 - 1, 1e11 - 1),
        (1e14 - 1000, 1e11 - 1),
        (1e14, None),
        (-1, None),
        (math.nan, None),
        (math.inf, None),
        (10**400, None),
        (True, None),
        (None, None),
        ([1], None),
        (" 1790000000.5 ", 1_790_000_000.5),
        ("1790000000500", 1_790_000_000.5),
        ("-1", None),
        ("1e999", None),
        ("١٧٩", None),  # digits, and none that an API writes
        ("1970-01-02", 86_400.0),
        ("1970-01-01T00:01:00", 60.0),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00.25+00:00", 60.25),
        ("1970-01-01T02:00:00+01:00", 3600.0),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("soon", None),
        ("", None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_time_is_read_from_seconds_milliseconds_their_digits_or_iso_8601(
    value: object, seconds: float | None
) -> None:
    assert time_of(value) == seconds


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as place:
        place.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        read = time_of("1970-01-02T00:00:00")
    time.tzset()  # as it was

    assert read == 86_400.0


@pytest.mark.parametrize(
    "identifier",
    ["550e8400-ab", "550E8400-AB", " 550e8400-ab\n", "deployments/550e8400-ab", "orgs/o/deployments/550e8400-AB//"],
)
def test_ids_are_alike_by_their_last_segment_in_any_case(identifier: str) -> None:
    assert same_form(identifier) == "550e8400-ab"


@pytest.mark.parametrize(
    ("value", "read"), [(7, "7"), (-1, "-1"), ("7", "7"), (True, True), (7.0, 7.0), (None, None)], ids=repr
)
def test_a_whole_number_is_its_digits_and_anything_else_is_as_it_came(value: object, read: object) -> None:
    assert (digits_of(value), type(digits_of(value))) == (read, type(read))


class TestAsItCame:
    def test_an_entry_is_shown_as_json_in_one_visible_line(self) -> None:
        assert raw_text({"id": "a\nb\u200bc", "org": "Zürich"}) == '{"id": "a b c", "org": "Zürich"}'

    def test_a_very_long_one_is_cut(self) -> None:
        whole = raw_text("x" * (9_998))

        assert whole == f'"{"x" * (9_998)}"'
        assert raw_text("x" * (9_999)) == whole[:-1] + "…"

    def test_what_is_no_json_is_shown_by_its_name_and_what_has_no_end_is_not_shown(self) -> None:
        endless: list[object] = []
        endless.append(endless)

        assert raw_text({"at": 1j}) == '{"at": "1j"}'
        assert raw_text(endless) == "an entry that cannot be shown"
