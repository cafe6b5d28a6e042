"""Text from the server is hostile: none of it may become a command, break a file or be rendered, nor show a key."""

import base64
import json
import time
import tracemalloc
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import runner
from cerebras_deploy.text import Redactor, code, is_blank, listed, plain, prose
from helpers.hostile import share
from helpers.virtual import AT_ONCE
from runner.text import WHITESPACE, lines

FEW = settings(max_examples=share(0.2, least=100))
COMMAND = "::set-output name=result::succeeded"
FRAGMENTS = st.sampled_from(
    [
        *("::", "##[", "#", "[", "]", ":", "error", "add-mask", "stop-commands", "::error::", "##[error]"),
        *("\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\u200b", "\ufeff", "\u202e", "\0", "\xa0", " "),
        *("\x1b[31m", "\x1b]0;", "\x07", "\x1b", "`", "|", "<script>", "\\", "%0A", "$", "\ud800"),
    ]
)
HOSTILE = st.one_of(st.text(), st.lists(FRAGMENTS | st.text(max_size=3), max_size=30).map("".join))


@FEW
@given(HOSTILE)
@example(f"  {COMMAND}")
@example(f"\x1b[0m{COMMAND}")
@example(f"\x1b\u200b\x85{COMMAND}")
@example("x ##[error]y")
@example("#\x1b[0m#[error]y")
@example("x\r::stop-commands::debug")
def test_plain_text_is_one_line_that_the_runner_takes_for_no_command(text: str) -> None:
    said = plain(text)

    assert lines(said) in ([said], [])
    assert said.splitlines() in ([said], [])
    assert said == said.strip(WHITESPACE)
    for line in (said, f"00:15  {said}", f"{said} {said}"):
        assert runner.parse(line) is None
    said.encode()


@FEW
@given(HOSTILE)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    "text",
    ["replica 4 of 8 was not ready within 30 s", "Größe: 3 µs, ünïcödé ✓", "a::b [c] #d {e}", "日本語", ":"],
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("out\nof\r\nmemory\t!", "out of memory !"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("a\0b", "a b"),
        ("abc\u202etxt", "abc txt"),
        ("\x1b]0; the reason", "0; the reason"),
        ("", ""),
        (" \u200b\n", ""),
    ],
)
def test_what_one_cannot_see_is_left_out(text: str, said: str) -> None:
    assert plain(text) == said


@FEW
@given(st.text(st.characters(codec="ascii", exclude_characters="#")), st.integers(2, 100))
def test_plain_text_is_cut_to_the_limit(text: str, limit: int) -> None:
    assert len(plain(text, limit).removeprefix(": ")) <= limit


def test_a_cut_shows() -> None:
    assert plain("0123456789", 5) == "0123…"


def test_what_is_made_harmless_grows_past_no_limit() -> None:
    assert len(plain("##[" * 1000, 1000)) == 1000
    assert len(plain("::" * 1000, 1000)) == 1000


def test_a_body_of_megabytes_is_cut_at_once() -> None:
    """Nothing is made of all of it but one copy: whatever the machine's speed, that shows in the memory it takes."""
    body = "\x1b[" * 2_000_000
    tracemalloc.start()
    try:
        assert len(plain(body)) <= 1000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2 * len(body)


@FEW
@given(HOSTILE)
def test_a_code_span_holds_all_of_the_text_and_is_one_table_cell(text: str) -> None:
    cell = code(text)

    assert cell == "" or (cell[0] == cell[-1] == "`" and len(cell) > 2)
    assert "`" not in cell[1:-1]
    assert "|" not in cell
    assert cell.splitlines() in ([cell], [])
    assert runner.parse(cell) is None


@given(st.text(max_size=80))
def test_a_paragraph_holds_all_of_the_text_but_for_backticks_and_pipes(text: str) -> None:
    shown = prose(text)

    whole = "".join(plain(text).replace("|", "¦").replace("'", "").replace("`", "").split())
    assert "".join(shown.replace("'", "").replace("`", "").split()) == whole
    assert prose("x " + text).count("`") % 2 == 0


def test_words_and_numbers_of_a_paragraph_are_no_code() -> None:
    words = ': HTTP 503 (a proxy\'s); version 1 → version 2 after 3m and 500ms; Re-run «Say» "hello." '

    shown = prose(f"orgs/x{words}'x' www.x.example, @a :b: 1.")

    assert shown == f"`orgs/x`{words}`'x' www.x.example`, `@a :b`: 1."


def test_a_number_in_another_script_is_code() -> None:
    assert prose("HTTP 199: \u07c0 \u0663") == "HTTP 199: `\u07c0 \u0663`"


@pytest.mark.parametrize("piece", ["1", "1h", "a", "re-", "(", "`", "».", ".,", "1.", "` "])
def test_a_paragraph_takes_no_longer_for_text_that_is_hard_to_match(piece: str) -> None:
    began = time.process_time()

    prose(piece * 2000 + "!")

    assert time.process_time() - began < AT_ONCE


@pytest.mark.parametrize("text", ["1. zqx", "1) zqx", "- zqx", "+ zqx", "# zqx", "> zqx", "=== zqx", "    zqx"])
def test_a_paragraph_is_no_other_block(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(prose(text))

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]


def test_no_text_is_no_code_span() -> None:
    assert code(" \n") == ""


KEYS = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="*\x7f"), min_size=8, max_size=60)
AROUND = st.text(st.characters(codec="ascii", min_codepoint=32, exclude_characters="\x7f"), max_size=9)


@FEW
@given(KEYS, AROUND, AROUND)
def test_a_key_is_blanked_wherever_it_stands(key: str, before: str, after: str) -> None:
    said = Redactor([key])(f"{before}{key}{after}")

    assert key not in said
    assert "***" in said


@FEW
@given(KEYS)
def test_a_key_is_blanked_in_the_forms_it_is_echoed_in(key: str) -> None:
    redact, raw = Redactor([key]), key.encode()

    for form in (quote(key, safe=""), quote_plus(key), raw.hex(), raw.hex().upper(), repr(key)[1:-1]):
        assert redact(f"<{form}>") == "<***>"


@pytest.mark.parametrize(
    "escaped",
    [
        r"csk-ab\/cd\u002bef\u003dgh0123",
        r"csk-ab\\/cd\\u002Bef=gh0123",
        "csk&#45;ab&#47;cd&#x2b;ef&#61;gh0123",
        "csk&#0045;ab&#X2F;cd+ef=gh0123",
        "%63sk-ab%2fcd%2Bef=gh0123",
        "".join(rf"\u{ord(letter):04x}" for letter in "csk-ab/cd+ef=gh0123"),
        "".join(rf"\x{ord(letter):02x}" for letter in "csk-ab/cd+ef=gh0123"),
        "".join(f"%{ord(letter):02X}" for letter in "csk-ab/cd+ef=gh0123"),
    ],
)
def test_a_key_is_blanked_whichever_of_its_letters_are_escaped(escaped: str) -> None:
    assert Redactor(["csk-ab/cd+ef=gh0123"])(f"<{escaped}>") == "<***>"


@pytest.mark.parametrize("gap", [" ", "\0", "  \0"])
def test_a_key_is_blanked_although_blanks_stand_between_its_letters(gap: str) -> None:
    redact = Redactor(["csk-0123456789"])

    for said in (gap.join("csk-0123456789"), plain(gap.join("csk-0123456789"))):
        assert redact(said) == "***"


def test_texts_that_are_hard_to_search_for_escapes_take_no_longer() -> None:
    redact, began = Redactor(["csk-" + "ab/cd+ef=gh" * 9]), time.process_time()

    for piece in ("\\", "&#0", "%63", "csk-", "\\u0063"):
        assert redact(piece * 20_000) == piece * 20_000

    assert time.process_time() - began < 5


@pytest.mark.parametrize("key", ['csk"\\0123456789', "csk-\udcff0123456789", "csk-`0123`|456789", "csk-##[0123456789]"])
def test_an_odd_key_is_blanked_where_it_is_quoted(key: str) -> None:
    redact = Redactor([key])

    for said in (key, json.dumps({"detail": key}), repr([key]), code(f"{key}")):
        assert "0123" not in redact(said)


def test_an_odd_key_is_blanked_in_the_middle_of_a_text_that_python_quotes() -> None:
    key = "csk-\\0123456789"

    said = Redactor([key])(repr(f"before {key} after"))

    assert said == "'before *** after'"


@FEW
@given(KEYS, st.binary(max_size=9), st.binary(max_size=9))
def test_a_key_is_blanked_inside_base64(key: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(before + key.encode() + after).decode()

        said = Redactor([key])(whole)

        assert "***" in said
        assert len(said.replace("***", "")) <= len(whole) - len(key)


@FEW
@given(KEYS, KEYS)
def test_several_keys_are_blanked_though_one_holds_the_other(first: str, second: str) -> None:
    redact = Redactor([first, first + second])

    assert redact(first + second) == "***"
    assert redact(f"{first} ") == "*** "


@pytest.mark.parametrize("secrets", [[], [""], ["abc"]], ids=["none", "an empty one", "one too short to matter"])
def test_without_a_secret_text_stays_as_it_is(secrets: list[str]) -> None:
    assert Redactor(secrets)("abc and ***") == "abc and ***"


@FEW
@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="-_"), min_size=8, max_size=60),
    st.integers(0, 50),
    st.integers(10, 60),
)
def test_the_head_of_a_key_that_a_cut_leaves_is_blanked(key: str, before: int, limit: int) -> None:
    redact = Redactor([key])

    for form in (key, base64.b64encode(key.encode()).decode(), key.encode().hex()):
        said = redact(plain(f"{'. ' * before}{form} after", limit))

        assert form[:4] not in said


def test_a_cut_of_what_one_cannot_see_shows_too() -> None:
    assert plain("\x1b[0m" * 100 + "after", 10) == "…"
    assert plain("before" + " " * 100, 10) == "before"


@pytest.mark.parametrize("text", ["…", "a key…", "csk-…", f"{'…' * 1000}", "csk-012…0123456789"])
def test_other_text_that_was_cut_stays_as_it_is(text: str) -> None:
    assert Redactor(["zsk-0123456789-management"])(text) == text


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase])
def test_a_key_in_another_case_is_blanked_whole_and_cut_off(change: Callable[[str], str]) -> None:
    redact = Redactor(["csk-aBcDeFgHiJ"])

    assert redact(f"before {change('csk-aBcDeFgHiJ')} after") == "before *** after"
    assert redact(f"before {change('csk-aBcDe')}…") == "before ***…"


@pytest.mark.parametrize(("items", "shown"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b, or c")])
def test_items_are_listed_as_in_a_sentence(items: list[str], shown: str) -> None:
    assert listed(items, "or") == shown


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        (" \n\t\u00a0", True),
        ("\u200b\ufeff\u2060", True),
        ("\u200c\u200d", True),
        ("\u2800 \u3164", True),
        ("\u200b.", False),
        ("\U0010ffff", False),
        ("0", False),
    ],
    ids=ascii,
)
def test_a_text_is_blank_if_nobody_sees_any_of_it(text: str, *, blank: bool) -> None:
    assert is_blank(text) == blank
