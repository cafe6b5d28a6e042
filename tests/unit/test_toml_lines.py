"""Where the keys of a TOML file stand."""

import time

from cerebras_deploy.toml_lines import Lines
from helpers.virtual import AT_ONCE

TEXT = """\
# a comment
pass-rate = 1
"repeat" = 3

[[case]]
prompt = "a"
  expect = "b"

[[ 'case' ]]  # another
prompt = "c"
"""


def test_a_key_of_the_whole_file() -> None:
    lines = Lines(TEXT)

    assert [lines.of_key(key) for key in ("pass-rate", "repeat", "prompt", "rate")] == [2, 3, 0, 0]


def test_a_key_of_a_case_or_else_the_case_itself() -> None:
    lines = Lines(TEXT)

    assert [lines.of_case(0, 2, key) for key in ("prompt", "expect", "reject", "")] == [6, 7, 5, 5]
    assert [lines.of_case(1, 2, key) for key in ("prompt", "expect")] == [10, 9]


def test_nothing_if_there_are_not_as_many_as_it_seems() -> None:
    assert Lines(TEXT).of_case(0, 1, "prompt") == 0
    assert Lines('case = [{prompt = "a"}]').of_case(0, 1, "prompt") == 0


def test_a_file_without_tables() -> None:
    assert Lines("a = 1\nb = 2").of_key("b") == 2


def test_very_many_keys_are_found_at_once() -> None:
    keys = [f"key-{number}" for number in range(50_000)]
    text = "".join(f"{key} = 1\n" for key in keys)
    whole, case = Lines(text), Lines(f"[[case]]\n{text}")
    began = time.monotonic()

    assert [whole.of_key(key) for key in keys] == list(range(1, 50_001))
    assert [case.of_case(0, 1, key) for key in keys] == list(range(2, 50_002))
    assert time.monotonic() - began < AT_ONCE
