"""Aliases: who holds one, as a list of versions says, and what is written next."""

import shlex

import pytest

from cerebras_deploy.api.version import Version, Versions
from cerebras_deploy.decide.aliases import (
    Elsewhere,
    Holding,
    There,
    Unclear,
    Write,
    curl,
    find_holding,
    next_step,
    told,
    with_alias,
)
from helpers import make

OURS, ORIGIN, THIRD = make.name("2"), make.name("1"), make.name("3")


def listed(**aliases: str | None) -> list[Version]:
    """Read `v1="stable lts"` as one of the listed versions; None: its aliases are not told."""
    return [
        Version.model_validate(
            {
                "name": str(make.name(number.removeprefix("v"))),
                "response": {"version_aliases": None if text is None else text.split()},
            }
        )
        for number, text in aliases.items()
    ]


def holding(**aliases: str | None) -> Holding:
    found = find_holding(Versions(model_versions=tuple(listed(**aliases))), "stable", OURS)
    assert isinstance(found, Holding)
    return found


class TestWhoHoldsIt:
    def test_the_one_version_that_has_it(self) -> None:
        assert holding(v1="stable lts", v2="production").held_by == ORIGIN
        assert holding(v1="lts", v2="production stable").held_by == OURS

    def test_no_version_if_all_tell_their_aliases_and_none_has_it(self) -> None:
        assert holding(v1="lts", v2="", v3="stable-2").held_by is None

    @pytest.mark.parametrize(
        ("aliases", "reason"),
        [
            ({"v1": "stable", "v2": None}, "the aliases of version 2"),
            ({"v1": "stable"}, "the aliases of version 2"),
            ({"v1": None, "v2": "production"}, "the aliases of version 1"),
            ({"v1": "stable", "v2": "", "v3": "stable"}, "alias stable at versions 1 and 3 at once"),
            ({"v1": "", "v2": "stable", "v3": "stable"}, "alias stable at versions 2 and 3 at once"),
            ({"vlatest": "stable", "v2": ""}, "the integer of version latest"),
        ],
        ids=["ours untold", "ours missing", "may be at one untold", "two others", "ours and another", "no integer"],
    )
    def test_a_list_that_does_not_say_enough_is_unclear(self, aliases: dict[str, str | None], reason: str) -> None:
        found = find_holding(Versions(model_versions=tuple(listed(**aliases))), "stable", OURS)

        assert isinstance(found, Unclear)
        assert reason in found.reason

    def test_one_that_cannot_be_read_may_hold_it(self) -> None:
        whole = {"model_versions": [*listed(v2=""), {"name": None, "response": {"version_aliases": ["stable"]}}, 7]}

        found = find_holding(Versions.model_validate(whole), "stable", OURS)

        assert found == Unclear("the version list has 2 that can't be read")
        held = whole | {"model_versions": [*whole["model_versions"], *listed(v1="stable")]}
        assert isinstance(find_holding(Versions.model_validate(held), "stable", OURS), Holding)

    def test_others_that_do_not_tell_do_not_matter_once_the_holder_is_known(self) -> None:
        assert holding(v1="stable", v2="", v3=None).held_by == ORIGIN

    def test_a_version_that_is_listed_twice_is_not_told(self) -> None:
        assert told([*listed(v2="a"), *listed(v2="b")], OURS) is None
        assert told(listed(v2="a"), OURS) is not None
        assert told(listed(v2=""), OURS) is not None


class TestWhatIsNext:
    def test_it_is_taken_from_its_first_holder_and_no_other_alias_with_it(self) -> None:
        step = next_step(holding(v1="blue stable lts", v2="production"), ORIGIN)

        assert step == Write(ORIGIN, ("blue", "lts"))

    def test_unassigned_it_is_given_to_the_target_beside_what_that_has(self) -> None:
        step = next_step(holding(v1="lts", v2="production v2"), ORIGIN)

        assert step == Write(OURS, ("production", "v2", "stable"))

    def test_at_the_target_nothing_is_left_to_do(self) -> None:
        assert next_step(holding(v1="", v2="stable"), ORIGIN) == There()

    def test_it_is_not_taken_from_any_other(self) -> None:
        assert next_step(holding(v1="", v2="", v3="stable"), ORIGIN) == Elsewhere(THIRD)

    def test_it_is_not_taken_a_second_time(self) -> None:
        assert next_step(holding(v1="stable", v2=""), None) == Elsewhere(ORIGIN)

    def test_an_alias_that_is_in_the_list_is_not_added_again(self) -> None:
        assert with_alias(("stable", "lts"), "stable") == ("stable", "lts")


class TestTheCommandThatRepairsIt:
    def test_it_can_be_run_as_it_is(self) -> None:
        line = curl("https://api.cerebras.ai", OURS, ("production", "stable"))

        assert shlex.split(line.strip("`")) == [
            *("curl", "-X", "PATCH", f"https://api.cerebras.ai/management/v1/{OURS}"),
            *("-H", "Authorization: Bearer $KEY", "-H", "Content-Type: application/json"),
            *("-d", '{"version_aliases": ["production", "stable"]}'),
        ]

    def test_no_word_of_the_api_gets_out_of_its_quotes(self) -> None:
        line = curl("https://api.cerebras.ai", OURS, ("'; rm -rf / #", '"$(id)"'))

        assert len(shlex.split(line.strip("`"))) == 10
        assert shlex.split(line.strip("`"))[-1].startswith('{"version_aliases": ["\'; rm -rf / #"')

    def test_it_is_one_code_span_unless_the_summary_would_cut_it(self) -> None:
        room = 300 - len(curl("https://api.cerebras.ai", OURS, ("",)).strip("`"))  # that a code span leaves it
        fits, long = (curl("https://api.cerebras.ai", OURS, ("a" * length,)) for length in (room, room + 1))

        assert fits[0] == fits[-1] == "`"
        assert (len(fits), len(long)) == (302, 301)
