"""An expression that cannot have been meant is refused, with the likely cause."""

import pytest

from cerebras_deploy.input_expression import read_expression, read_literal


@pytest.mark.parametrize(
    "text",
    [
        *("Paris", r"\bParis\b", "(?i)paris$", "^Paris", "(^|x)Paris($|y)", r"\$5", "a$\nb", "x\n^y", "[$]5", "$|5"),
        *(r"a$\s", r"a$[^x]", r"a$x?", "a$(\n|b)", r"[^a]^b", "(?s)a$.", r"x*^a", "$(?=x)?"),
        *("क्\u200cष", "👩\u200d🚀", "a\tb", "/paris", "a/b/i", "(?:^a)$", "é", "$", "^"),
    ],
)
def test_what_may_have_been_meant_is_taken(text: str) -> None:
    assert read_expression(text) == text


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("\bParis\b", "U+0008"),
        ("Par\u200bis", "U+200B"),
        ("Paris\u2028", "U+2028"),
        ("\ufeffParis", "U+FEFF"),
        ("a\0", "U+0000"),
        ("Par\u00adis", "U+00AD"),
        ("\u3164", "U+3164"),
        ("a\u2800b", "U+2800"),
    ],
)
def test_what_one_cannot_see_is_told(text: str, point: str) -> None:
    with pytest.raises(ValueError, match=rf"an expression .* U[+]{point[2:]} \(use single quotes in YAML"):
        read_expression(text)
    with pytest.raises(ValueError, match=rf"a text .* U[+]{point[2:]} \(use single quotes in YAML"):
        read_literal(text)


@pytest.mark.parametrize(
    "text", ["Paris", "क्\u200cष", "👩\u200d🚀", "a\tb\nc", "/paris/", "(", "a$b", "São\u00a0Paulo", "a\r\nb"]
)
def test_a_text_that_one_can_see_is_taken_as_it_is(text: str) -> None:
    assert read_literal(text) == text


@pytest.mark.parametrize("text", ["\u200c", " \u200d\t"])
def test_a_text_of_which_one_sees_nothing_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a text that is not empty$"):
        read_literal(text)


@pytest.mark.parametrize("text", ["/paris/", "/paris/i", "/a\nb/gi"])
def test_the_form_of_other_languages_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="without slashes around it"):
        read_expression(text)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("$5", "$"),
        ("cost: $5", "$"),
        ("(a|b$c)", "$"),
        ("(?:x$y)+", "$"),
        ("a^b", "^"),
        ("(2^3)", "^"),
        ("(?m)a$b", "$"),
        (r"$\d+", "$"),
        (r"cost $[0-9]", "$"),
        (r"$(5|6)", "$"),
        (r"a$b+", "$"),
        (r"a+^b", "^"),
        (r"\d^2", "^"),
        (r"(x|y)^2", "^"),
    ],
)
def test_what_can_never_match_is_told(text: str, mark: str) -> None:
    with pytest.raises(ValueError, match=rf"this `\{mark}` never does; for the character, write `\\\{mark}`"):
        read_expression(text)


@pytest.mark.parametrize("text", ["(unclosed", "*", "(?P<1>x)", "a{99999999999999999999}", "(" * 5000])
def test_what_python_does_not_take_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a Python regular expression that compiles [(]"):
        read_expression(text)
