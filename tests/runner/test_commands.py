"""Workflow commands: the cases of the runner's own tests (ActionCommandL0.cs, ActionCommandManagerL0.cs), and more."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import Annotation, Command, encodings, interpret, mask, parse
from runner.commands import REGISTERED
from runner.log import INVALID_STOP_TOKEN, Recorder
from runner.text import LineFeed, decode, fold, lines

DO = ("do-something",)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        pytest.param("::do-something k1=v1,::msg", Command("do-something", "msg", {"k1": "v1"}), id="a trailing comma"),
        pytest.param("::do-something::", Command("do-something"), id="neither properties nor data"),
        pytest.param(
            "::do-something k1=;=%2C=%0D=%0A=]=%3A,::;-%0D-%0A-]-:-,",
            Command("do-something", ";-\r-\n-]-:-,", {"k1": ";=,=\r=\n=]=:"}),
            id="escapes are undone",
        ),
        pytest.param(
            "::do-something k1=;=%252C=%250D=%250A=]=%253A,::;-%250D-%250A-]-:-,",
            Command("do-something", ";-%0D-%0A-]-:-,", {"k1": ";=%2C=%0D=%0A=]=%3A"}),
            id="escaped escapes stay",
        ),
        pytest.param("::do-something k1=,k2=,::", Command("do-something"), id="properties without values are dropped"),
        pytest.param("::do-something k1=v1::", Command("do-something", "", {"k1": "v1"}), id="no data"),
        pytest.param(
            "   ::do-something k1=v1,::msg", Command("do-something", "msg", {"k1": "v1"}), id="leading spaces"
        ),
        pytest.param("   >>>   ::do-something k1=v1,::msg", None, id="other text before it"),
        pytest.param(
            "::do-something k1==v1::", Command("do-something", "", {"k1": "v1"}), id="two equal signs are one"
        ),
        pytest.param(
            "\x0b\x85\u2028::do-something::x", Command("do-something", "x"), id="exotic white space before it"
        ),
        pytest.param("\x1c::do-something::x", None, id="a separator that is no white space to .NET"),
        pytest.param("::DO-something::x", Command("DO-something", "x"), id="names have no case"),
        pytest.param("::do-something::a::b", Command("do-something", "a::b"), id="data may hold colons"),
        pytest.param("::std::vector", None, id="an unknown name"),
        pytest.param(":: do-something::x", None, id="a space before the name"),
        pytest.param("::do-something", None, id="no closing colons"),
    ],
)
def test_second_form(line: str, command: Command | None) -> None:
    assert parse(line, DO) == command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        pytest.param(
            "##[do-something k1=v1;]msg", Command("do-something", "msg", {"k1": "v1"}), id="a property and data"
        ),
        pytest.param("##[do-something]", Command("do-something"), id="nothing but a name"),
        pytest.param(
            "##[do-something k1=%3B=%0D=%0A=%5D;]%3B-%0D-%0A-%5D",
            Command("do-something", ";-\r-\n-]", {"k1": ";=\r=\n=]"}),
            id="escapes are undone",
        ),
        pytest.param(
            "##[do-something k1=%253B=%250D=%250A=%255D;]%253B-%250D-%250A-%255D",
            Command("do-something", "%3B-%0D-%0A-%5D", {"k1": "%3B=%0D=%0A=%5D"}),
            id="escaped escapes stay",
        ),
        pytest.param("##[do-something k1=;k2=;]", Command("do-something"), id="properties without values are dropped"),
        pytest.param(
            ">>>   ##[do-something k1=v1;]msg", Command("do-something", "msg", {"k1": "v1"}), id="any text before it"
        ),
        pytest.param("##[other] ##[do-something]x", None, id="only the first bracket counts"),
        pytest.param("##[do-something", None, id="no closing bracket"),
        pytest.param("::other::##[do-something]x", Command("do-something", "x"), id="inside a command that is none"),
    ],
)
def test_first_form(line: str, command: Command | None) -> None:
    assert parse(line, DO) == command


@given(st.text(), st.text().filter(lambda title: title == title.strip() and not title.startswith("=")))
def test_what_a_toolkit_escapes_arrives(data: str, title: str) -> None:
    command = parse(f"::error title={escaped(title, ':', ',')}::{escaped(data)}")

    assert command is not None
    assert (command.get("title"), command.data) == (title, data)


def escaped(text: str, *others: str) -> str:
    for character in ("%", "\r", "\n", *others):
        text = text.replace(character, f"%{ord(character):02X}")
    return text


@given(st.binary(), st.binary(), st.booleans())
def test_no_bytes_can_stop_the_reader(stdout: bytes, stderr: bytes, debug: bool) -> None:  # noqa: FBT001 -- hypothesis
    log = interpret(stdout, stderr, debug=debug)

    assert len(log.lines) >= len(log.failures)


@given(
    st.lists(
        st.sampled_from([*(f"::{name}" for name in REGISTERED), *(f"##[{name}" for name in REGISTERED)])
        | st.sampled_from([" name=a", " title=b", "::", "]", "x", "\n", "\r", "%0A", "on", "tok", "::tok::"]),
    ).map("".join)
)
def test_no_run_of_commands_can_stop_the_reader(text: str) -> None:
    first, second = (interpret(text.encode(), order=order) for order in ("stderr first", "stdout first"))

    assert first == second


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a\nb\r\nc\rd", ["a", "b", "c", "d"], id="three line ends, and a last line without one"),
        pytest.param(b"a\n\n\rb\n", ["a", "", "", "b"], id="empty lines count"),
        pytest.param(b"\xef\xbb\xbfa", ["a"], id="a byte order mark is dropped"),
        pytest.param(b"\xff\xfea\x00", ["a"], id="UTF-16 is recognised by its mark"),
        pytest.param(b"\xff\xfe\x00\x00a\x00\x00\x00", ["a"], id="so is UTF-32, whose mark begins the same"),
        pytest.param(b"a\xff\xc3(b", ["a\ufffd\ufffd(b"], id="bad bytes are replaced"),
        pytest.param("a\u2028b\x0bc\x85d".encode(), ["a\u2028b\x0bc\x85d"], id="nothing else ends a line"),
        pytest.param(b"", [], id="no line at all"),
    ],
)
def test_lines(data: bytes, expected: list[str]) -> None:
    assert lines(decode(data)) == expected


@given(st.text(alphabet="a\r\né"), st.integers(1, 5))
def test_lines_of_a_live_stream_are_the_same(text: str, size: int) -> None:
    data, feed = text.encode(), LineFeed()
    chunks = [*(data[start : start + size] for start in range(0, len(data), size)), b""]

    assert [line for chunk in chunks for line in feed.feed(chunk)] == lines(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Error", "eRROR", True),
        ("é", "É", True),
        ("K", "\u212a", False),  # the Kelvin sign
        ("s", "\u017f", False),  # the long s
        ("ß", "SS", False),
    ],
)
def test_names_without_case(one: str, other: str, same: bool) -> None:  # noqa: FBT001 -- a table
    assert (fold(one) == fold(other)) is same


def test_both_streams_are_read_and_stderr_may_come_first() -> None:
    stdout, stderr = b"::notice::from stdout\nplain", b"::error::from stderr\r::warning::after a lone CR"

    log = interpret(stdout, stderr)

    assert log.lines == (
        "##[error]from stderr",
        "##[warning]after a lone CR",
        "##[notice]from stdout",
        "plain",
    )
    assert interpret(stdout, stderr, order="stdout first").lines == (*log.lines[2:], *log.lines[:2])
    assert [command.name for command in log.commands] == ["error", "warning", "notice"]
    assert log.failures == ()


class TestFailures:
    @pytest.mark.parametrize(
        "line",
        [
            "::set-env name=A::b",
            "::add-path::x",
            "::set-output::x",
            "::set-output name=::x",
            "::save-state::x",
            "::echo::foo",
            "::echo::",
            "::add-matcher::nope.json",
            "::remove-matcher::nope.json",
            "the server said ##[set-env name=A]b",
        ],
    )
    def test_a_command_that_cannot_be_processed_fails_the_step(self, line: str) -> None:
        log = interpret(line.encode())

        [failure] = log.failures
        assert failure.startswith(f"Unable to process command '{line}' successfully. ")
        assert [annotation.level for annotation in log.annotations] == ["error", "error"]

    @pytest.mark.parametrize(
        "line", ["::add-matcher::", "::remove-matcher::", "::add-mask::", "::remove-matcher owner=a::b"]
    )
    def test_some_mistakes_are_only_warned_of(self, line: str) -> None:
        log = interpret(line.encode())

        assert [annotation.level for annotation in log.annotations] == ["warning"]
        assert not log.failures

    def test_an_error_annotation_alone_is_no_failure(self) -> None:
        assert not interpret(b"::error::bad").failures


class TestStopCommands:
    @pytest.mark.parametrize("token", ["", "pause-logging", "Pause-Logging", "debug", "STOP-COMMANDS"])
    def test_a_weak_token_ends_the_step(self, token: str) -> None:
        log = interpret(f"::stop-commands::{token}\n::error::never seen\nnor this".encode())

        assert log.failures == (INVALID_STOP_TOKEN,)
        assert log.lines == (f"##[error]{INVALID_STOP_TOKEN}",)

    @pytest.mark.parametrize("resume", ["::tok::", "##[tok]", "::TOK::", "said ##[Tok]"])
    def test_commands_rest_until_the_token_comes(self, resume: str) -> None:
        log = interpret(f"##[stop-commands]tok\n::set-env name=a::b\n{resume}\n::notice::back".encode())

        assert log.lines == ("##[stop-commands]tok", "::set-env name=a::b", resume, "##[notice]back")
        assert not log.failures
        assert not log.stopped

    def test_a_token_with_a_space_never_resumes(self) -> None:
        log = interpret(b"::stop-commands::a b\n::a b::\n::error::silenced")

        assert log.stopped
        assert not log.annotations

    def test_a_token_of_more_than_six_characters_is_masked(self) -> None:
        assert interpret(b"::stop-commands::token12\nsee token12").lines == ("::stop-commands::***", "see ***")
        assert interpret(b"::stop-commands::token1\nsee token1").lines[-1] == "see token1"


class TestAnnotations:
    def test_ten_of_each_level_are_kept_and_all_are_shown(self) -> None:
        text = "".join(f"::{level}::{number}\n" for number in range(12) for level in ("error", "warning", "notice"))

        log = interpret(text.encode())

        assert [annotation.message for annotation in log.annotations if annotation.level == "notice"] == [
            str(number) for number in range(10)
        ]
        assert len(log.annotations) == 30
        assert len(log.lines) == 36

    def test_a_message_is_cut_in_the_log_too(self) -> None:
        log = interpret(f"::error::{'x' * 4095}yz".encode())

        assert log.annotations[0].message == "x" * 4095 + "y"
        assert log.lines == ("##[error]" + "x" * 4095 + "y",)

    def test_the_cut_counts_as_dotnet_does(self) -> None:
        assert len(interpret(f"::error::{'😀' * 3000}".encode()).annotations[0].message) == 2048

    def test_a_secret_is_masked_before_the_cut(self) -> None:
        log = interpret(f"::error::{'x' * 4094}secret".encode(), secrets=["secret"])

        assert log.annotations[0].message == "x" * 4094 + "**"

    def test_title_and_other_properties(self) -> None:
        [annotation] = interpret(
            b"::error Title=a%3Ab,file=/github/workspace/src/a.py,line=1,x=y::two%0Alines"
        ).annotations

        assert annotation == Annotation("error", "two\nlines", "a:b", {"x": "y", "file": "src/a.py", "line": "1"})

    def test_a_message_of_two_lines_is_two_lines_of_the_log(self) -> None:
        assert interpret(b"::error::two%0Alines").lines == ("##[error]two", "lines")

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            pytest.param("endLine=2", {"line": "2", "endLine": "2"}, id="an end line alone is the line, too"),
            pytest.param("col=2", {}, id="a column needs a line"),
            pytest.param("line=1,endColumn=2", {"line": "1", "col": "2", "endColumn": "2"}, id="an end column alone"),
            pytest.param("line=1,endLine=2,col=3", {"line": "1", "endLine": "2"}, id="no columns over several lines"),
            pytest.param("line=3,endLine=2", {}, id="lines the wrong way round"),
            pytest.param("line=1,col=3,endColumn=2", {"line": "1"}, id="columns the wrong way round"),
            pytest.param("line=x", {"line": "x"}, id="a line that is no number"),
        ],
    )
    def test_lines_and_columns(self, given: str, kept: dict[str, str]) -> None:
        [annotation] = interpret(f"::warning {given}::x".encode()).annotations

        assert annotation.properties == kept

    def test_an_empty_message_annotates_and_shows_nothing(self) -> None:
        log = interpret(b"::error::")

        assert log.lines == ()
        assert log.annotations == (Annotation("error", ""),)


class TestOtherCommands:
    def test_groups_become_decoration(self) -> None:
        log = interpret(b"::group::One\ninside\n::endgroup::ignored")

        assert log.lines == ("##[group]One", "inside", "##[endgroup]")
        assert log.groups_balanced

    @pytest.mark.parametrize(
        "text", ["::group::a", "::endgroup::", "::group::a\n::group::b\n::endgroup::\n::endgroup::"]
    )
    def test_groups_out_of_balance(self, text: str) -> None:
        assert not interpret(text.encode()).groups_balanced

    def test_debug_lines_are_for_debugging(self) -> None:
        assert interpret(b"::debug::x").lines == ()
        assert interpret(b"::debug::x", debug=True).lines == ("##[debug]x",)

    def test_commands_are_echoed_when_asked_for(self) -> None:
        text = b"::echo::ON\n::group::a\n::error::b\n::add-mask::cc\n::echo::Off   \n::endgroup::"

        assert interpret(text).lines == (
            *("::group::a", "##[group]a", "##[error]b", "::add-mask::***"),
            *("::echo::Off   ", "##[endgroup]"),
        )

    def test_outputs_and_state_can_still_be_set_by_lines(self) -> None:
        log = interpret(b"::set-output name=a::1\n::set-output name=A::2\n##[save-state name=b]%25")

        assert log.outputs == {"a": "2"}
        assert log.state == {"b": "%"}

    def test_every_registered_command_is_known(self) -> None:
        recorder = Recorder()
        for name in REGISTERED:
            recorder.read(f"##[{name} name=x]token")

        assert [command.name for command in recorder.log().commands] == list(REGISTERED)


class TestMasks:
    @pytest.mark.parametrize(
        "shown",
        [
            pytest.param("p\"a'ss&<wörd>", id="itself"),
            pytest.param(base64.b64encode("p\"a'ss&<wörd>".encode()).decode(), id="base64"),
            pytest.param(
                base64.b64encode("x:p\"a'ss&<wörd>".encode()).decode()[4:], id="the end of base64, shifted by one"
            ),
            pytest.param(
                base64.b64encode("xp\"a'ss&<wörd>".encode()).decode()[4:], id="the end of base64, shifted by two"
            ),
            pytest.param("p\\\"a'ss&<wörd>", id="quoted for a command line"),
            pytest.param("p\"a''ss&<wörd>", id="quoted for an expression"),
            pytest.param(quote("p\"a'ss&<wörd>", safe=""), id="in a URL"),
            pytest.param("p&quot;a&apos;ss&amp;&lt;wörd&gt;", id="in XML"),
        ],
    )
    def test_encodings(self, shown: str) -> None:
        assert interpret(shown.encode(), secrets=["p\"a'ss&<wörd>"]).lines == ("***",)

    def test_json_with_its_line_ends(self) -> None:
        assert "a\\t\\u0001\\u2028\\\\é" in encodings("a\t\x01\u2028\\é")

    @pytest.mark.parametrize(
        ("secret", "part"),
        [
            ('"in quotes"', "in quotes"),
            ("first&+Xsecond", "first&+"),
            ("first&+Xsecond", "second"),
            ("one&two&second", "one&two&"),
            ("one&two&second", "second"),
        ],
    )
    def test_parts_of_a_secret(self, secret: str, part: str) -> None:
        assert part in encodings(secret)

    @pytest.mark.parametrize(
        "shown",
        [
            pytest.param("SECRET VALUE", id="other case"),
            pytest.param("secret+value", id="a plus in a URL"),
            pytest.param(b"secret value".hex(), id="hex"),
            pytest.param("secret valu", id="a part"),
        ],
    )
    def test_what_is_not_masked(self, shown: str) -> None:
        assert mask(shown, encodings("secret value")) == shown

    def test_stretches_that_touch_or_overlap_are_one(self) -> None:
        assert mask("-aabab-ab-", {"ab", "aba"}) == "-a***-***-"

    def test_a_mask_holds_from_its_line_on_and_has_no_least_length(self) -> None:
        log = interpret(b"see e\n::add-mask::e\nsee e")

        assert log.lines == ("see e", "s*** ***")
        assert log.masks == ("e",)

    def test_a_secret_of_several_lines_is_masked_whole_and_by_line(self) -> None:
        log = interpret(b"::add-mask::one%0D%0A  two \none\n::error::one%0D%0A  two %0Atwo")

        assert log.masks == ("one\r\n  two ", "one", "two")
        assert log.lines == ("***", "##[error]***", "***")
