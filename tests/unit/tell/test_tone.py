"""Colors of the log: each tone has one of its own, and plain has none."""

from typing import get_args

from cerebras_deploy.tell.tone import COLORS, Tone


def test_each_tone_has_a_color_of_its_own_and_plain_has_none() -> None:
    assert set(COLORS) == set(get_args(Tone))
    assert len(set(COLORS.values())) == len(COLORS)
    assert COLORS["plain"] == ""
    assert (COLORS["good"], COLORS["bad"], COLORS["warning"]) == ("32", "31", "33")  # green, red, yellow in ANSI
