"""Markdown that the parts of the job summary share."""

import pytest

from cerebras_deploy.tell.markdown import details, table, version


def test_a_table_has_a_line_for_each_row_and_none_without_rows() -> None:
    assert table(("A", "B"), [("1", "2"), ("3", "")]) == ["| A | B |", "| --- | --- |", "| 1 | 2 |", "| 3 |  |"]
    assert table(("A",), []) == []


def test_what_is_folded_stands_between_empty_lines_so_that_it_is_rendered() -> None:
    folded = details("More", [["a", "b"], [], ["c"]])

    assert folded == ["<details><summary>More</summary>", "", "a", "b", "", "c", "", "</details>"]


@pytest.mark.parametrize(("name", "shown"), [("12", "12"), ("v2", "`v2`"), ("\u0663", "`\u0663`"), ("", "")])
def test_a_version_is_code_unless_it_is_an_integer(name: str, shown: str) -> None:
    assert version(name) == shown
