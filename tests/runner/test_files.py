"""Output and summary files: the cases of the runner's own tests (SetOutputFileCommandL0.cs and others), and more."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import Summary, Values, read_env, read_outputs, read_path, read_state, read_summary


def heredoc(*lines: str) -> bytes:
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "values"),
    [
        pytest.param(b"", {}, id="an empty file"),
        pytest.param(b"A=my value", {"A": "my value"}, id="a simple value, without a line end"),
        pytest.param(b"\n\nA=1\n\nB=2\n\n", {"A": "1", "B": "2"}, id="blank lines are skipped"),
        pytest.param(b"A=", {"A": ""}, id="an empty value"),
        pytest.param(b"A==abc\nB=d=e\nC=f=", {"A": "=abc", "B": "d=e", "C": "f="}, id="the first equal sign counts"),
        pytest.param(b"A=b<<c", {"A": "b<<c"}, id="an equal sign before a heredoc mark"),
        pytest.param(heredoc("A<<E", "one", "two", "E"), {"A": "one\ntwo"}, id="a heredoc, without a last line end"),
        pytest.param(heredoc("A<<E", "E"), {"A": ""}, id="an empty heredoc"),
        pytest.param(heredoc("A<<E", "", "a", "", "", "E"), {"A": "\na\n\n"}, id="blank lines are kept in a heredoc"),
        pytest.param(heredoc("A<<=E", "x", "=E"), {"A": "x"}, id="a delimiter with an equal sign"),
        pytest.param(heredoc("A<<b=c", "x", "b=c"), {"A": "x"}, id="a delimiter that looks like a value"),
        pytest.param(heredoc("A<<<E", "x", "<E"), {"A": "x"}, id="the first heredoc mark counts"),
        pytest.param(heredoc("A<<E", "b=1", " E", "E "), {}, id="only the exact delimiter ends it"),
        pytest.param(heredoc("A<<E", " E", "E"), {"A": " E"}, id="an indented delimiter is part of the value"),
        pytest.param(b"a <<E\nx\nE\n b = 1 ", {"a ": "x", " b ": " 1 "}, id="nothing is trimmed"),
        pytest.param(b"a=1\r\n", {"a": "1\r"}, id="a carriage return is part of the value"),
        pytest.param(b"a<<E\r\nx\r\nE\r\n", {"a": "x\r"}, id="and of the delimiter"),
        pytest.param(b"\xef\xbb\xbfa=1", {"a": "1"}, id="a byte order mark is dropped"),
        pytest.param("\ufeffa=é".encode("utf-16-le"), {"a": "é"}, id="UTF-16 is recognised"),
        pytest.param(b"a=\xff", {"a": "\ufffd"}, id="bad bytes are replaced"),
        pytest.param(b"a=1\na=2", {"a": "2"}, id="the last value wins"),
        pytest.param(b"a=1\nA=2", {"a": "2"}, id="names have no case, and keep their first spelling"),
    ],
)
def test_outputs(data: bytes, values: dict[str, str]) -> None:
    assert read_outputs(data).values == values


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        pytest.param("   ", "Invalid format '   '", id="a line of spaces is not blank"),
        pytest.param("name", "Invalid format 'name'", id="neither mark"),
        pytest.param(
            "<<E", "Invalid format '<<E'. Name must not be empty and delimiter must not be empty", id="no name"
        ),
        pytest.param(
            "a<<", "Invalid format 'a<<'. Name must not be empty and delimiter must not be empty", id="no delimiter"
        ),
        pytest.param("=v", "Value cannot be null. (Parameter 'name')", id="no name for a simple value"),
        pytest.param("a<<E\nx\n", "Invalid value. Matching delimiter not found 'E'", id="the delimiter never comes"),
        pytest.param("a<<E", "Invalid value. Matching delimiter not found 'E'", id="nor anything else"),
        pytest.param(
            "a<<E\nx\nF", "Invalid value. EOF marker missing new line.", id="the value ends without a line end"
        ),
        pytest.param(
            "a<<E one two E", "Invalid value. Matching delimiter not found 'E one two E'", id="all on one line"
        ),
        pytest.param(
            "a<<E\r\nx\r\nE\n", "Invalid value. Matching delimiter not found 'E\r'", id="one end without its CR"
        ),
    ],
)
def test_a_bad_line_ends_the_file_and_what_came_before_counts(line: str, failure: str) -> None:
    assert read_outputs(f"before=1\n{line}".encode()) == Values({"before": "1"}, failure)


def test_what_comes_after_a_bad_line_is_lost() -> None:
    assert read_outputs(b"a=1\nbad\nb=2").values == {"a": "1"}


def test_state_takes_an_empty_name() -> None:
    assert read_state(b"=v\nb=1\nB=2\nbad") == Values({"": "v", "b": "2"}, "Invalid format 'bad'")


def test_variables_have_case_and_one_is_refused() -> None:
    complaint = "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."

    assert read_env(b"a=1\nA=2\nnode_options=x\nb=3") == Values({"a": "1", "A": "2", "b": "3"}, complaints=(complaint,))
    assert read_env(b"NODE_OPTIONS=x\nbad") == Values({}, "Invalid format 'bad'", (complaint,))


def test_path_is_read_line_by_line_as_it_is() -> None:
    assert read_path(b"/a\n\n /b \r\n/c\r") == ("/a", " /b ", "/c")


class TestSummary:
    def test_it_is_masked_and_its_lines_end_alike(self) -> None:
        assert read_summary(b"# One\r\ntwo\rkey", lambda line: line.replace("key", "***")) == Summary(
            "# One\ntwo\n***\n"
        )

    def test_an_empty_one_is_none(self) -> None:
        assert read_summary(b"") == Summary()

    def test_one_mebibyte_of_bytes_is_the_most(self) -> None:
        most = b"x" * 1024 * 1024

        assert read_summary(most) == Summary("x" * 1024 * 1024 + "\n")
        assert read_summary(most + b"\n").text == ""
        assert "supports content up to a size of 1024k, got 2048k." in read_summary(most * 2).complaint


@given(st.binary())
@pytest.mark.parametrize("read", [read_outputs, read_state, read_env, read_path, read_summary])
def test_no_bytes_can_stop_a_reader(read: Callable[[bytes], object], data: bytes) -> None:
    read(data)


@given(st.dictionaries(st.text("abcé-", min_size=1), st.text("E=<\r\n é"), max_size=4))
def test_what_a_toolkit_writes_arrives(outputs: dict[str, str]) -> None:
    mark = f"ghadelimiter_{uuid4()}"
    text = "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in outputs.items())

    assert read_outputs(text.encode()) == Values(outputs)
