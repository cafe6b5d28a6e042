"""The choke point for text that is not ours: the API's, the inputs', the environment's.

What the runner makes of a line is in actions/runner: a line ends at LF, CR LF or a lone CR (ProcessInvoker.cs),
`::name::` at its start and `##[name]` anywhere in it are commands (ActionCommand.cs). GitHub then renders the job
summary as Markdown with HTML and Mermaid in it.
"""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import category
from urllib.parse import quote, quote_plus

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# Control, format (bidi, zero width), surrogate, private use, line and paragraph separators.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_NOT_SHOWN = _INVISIBLE | {"Cn"}  # unassigned
# Further characters that nobody sees: those of Unicode's Default_Ignorable_Code_Point, and the empty Braille pattern.
_HIDDEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0"
_GAP = r"[\s\0]*"
_SHORTEST_SECRET = 4  # blanking shorter ones, or shorter pieces, would only garble the log
_TOKEN = re.compile(r"`[^`]*`\S*|\S+")
# What renders as itself in a paragraph, and what may stand around anything: GitHub makes nothing of either.
_WORD = re.compile(
    r"[(«\"]?(?:(?:[Rr]e-)?[A-Za-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|(?:\d+(?:ms|[dhms]))+|→)\.?[)»\"]?[,;:.]?", re.ASCII
)
_BEGINS_WITH_A_WORD = re.compile(r"(?:re-)?[a-z]+(?:'[a-z]+)?(?![\w.-]*[\w-])")
_AROUND = re.compile(r"([(«\"]?)(.+?)([)»\"]?[,;:.]?)")


def plain(text: str, limit: int = 1000) -> str:
    """Return `text` as one line of at most `limit` visible characters that the runner takes for no command."""
    head, rest = text[: limit * 8], text[limit * 8 :]  # what is cut anyway need not be looked at
    text = _ANSI.sub("", head)
    visible = text if text.isprintable() else "".join(" " if category(one) in _NOT_SHOWN else one for one in text)
    line = re.sub(r"^::", ": :", " ".join(visible.split()).replace("##[", "# #["))
    return line if len(line) <= limit and not rest.strip() else line[: limit - 1] + "…"


def is_hidden(character: str) -> bool:
    """Whether nobody sees a character, control characters such as line breaks included."""
    return category(character) in _INVISIBLE or character in _HIDDEN


def is_blank(text: str) -> bool:
    """Whether nobody sees anything of a text: it is empty, or has but blanks and hidden characters."""
    return all(character.isspace() or is_hidden(character) for character in text)


def code(text: str, limit: int = 300) -> str:
    """Return `text` as a Markdown code span, also for a table's cell: nothing in it is rendered."""
    line = plain(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{line}`" if line else ""


def prose(text: str, limit: int = 2000) -> str:
    """Return `text` as a Markdown paragraph: words and numbers as they are, all else in code spans."""
    tokens = _TOKEN.findall(plain(text, limit))
    shown = [_shown(token, first=not number) for number, token in enumerate(tokens)]
    return " ".join(shown).replace("` `", " ")  # one span in place of two


def _shown(token: str, *, first: bool) -> str:
    if _WORD.fullmatch(token) and not (first and token[0].isdigit()):  # `1.` would begin a list
        return token
    before, core, after = _AROUND.fullmatch(token).groups()  # type: ignore[union-attr]  # matches whatever is there
    return f"{before}{code(core.strip('` ') or core)}{after}"


def sentence(text: str) -> str:
    """Return a clause as a sentence: with a capital letter, unless it begins with a name, and a full stop."""
    return f"{capitalized(text)}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""


def listed(items: Sequence[str], word: str) -> str:
    """Return items as a sentence lists them: `a or b`, `a, b, or c`."""
    *most, last = items
    comma = "," if len(most) > 1 else ""
    return f"{', '.join(most)}{comma} {word} {last}" if most else last


def capitalized(text: str) -> str:
    """Return a clause with a capital letter, unless it begins with a name."""
    return text[:1].upper() + text[1:] if _BEGINS_WITH_A_WORD.match(text) else text


def cleaned(document: Any) -> Any:
    """Return a JSON document with each of its strings as one visible line: what is invisible may split a key."""
    match document:
        case str():
            return plain(document, len(document) + 1)
        case list():
            return [cleaned(item) for item in document]
        case dict():
            return {cleaned(key): cleaned(value) for key, value in document.items()}
        case _:
            return document


class Redactor:
    """Blanks secrets, also in base64 (which the runner shows in part), escaped, and with blanks between letters.

    In upper and lower case, too: IDs and status words are shown in the case in which they are compared.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        secrets = list(secrets)
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)
        spaced = [_GAP.join(map(_letter, secret)) for secret in secrets if len(secret) >= _SHORTEST_SECRET]
        self._pattern = re.compile("|".join([*map(re.escape, self._forms), *spaced]), re.IGNORECASE) if forms else None
        self._pieces = {
            form[n - _SHORTEST_SECRET : n].lower() for form in forms for n in range(_SHORTEST_SECRET, len(form))
        }

    def __call__(self, text: str) -> str:
        """Return `text` with `***` for each secret in it, and for the head of one that was cut off by `…`."""
        if self._pattern is None:
            return text
        *cut, last = self._pattern.sub("***", text).split("…")
        return "…".join([*map(self._beheaded, cut), last])

    def _beheaded(self, text: str) -> str:
        if text[-_SHORTEST_SECRET:].lower() in self._pieces:  # a look that is cheap: a server may send many a `…`
            for form in self._forms:
                for length in range(min(len(form), len(text)), _SHORTEST_SECRET - 1, -1):
                    if text[-length:].lower() == form[:length].lower():
                        return f"{text[:-length]}***"
        return text


def _letter(character: str) -> str:
    """Return the expression for a character of a secret as it is, or escaped for JSON, a URL or HTML."""
    raw, point = re.escape(character), ord(character)
    escaped = rf"\\{{1,4}}(?:{raw}|u{point:04x}|x{point:02x})|%{point:02x}|&#0{{,4}}(?:{point}|x0{{,4}}{point:x});"
    return rf"(?:{raw}|{escaped})"


def _forms(secret: str) -> Iterable[str]:
    raw = secret.encode("utf-8", "replace")
    yield from (secret, code(secret, len(secret) + 2).strip("`"), repr(secret)[1:-1], json.dumps(secret)[1:-1])
    yield from (quote(raw, safe=""), quote_plus(raw), raw.hex())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # the three ways it may lie in a longer text, less the characters its neighbours share
            whole = encode(b"\0" * shift + raw).decode().rstrip("=")
            yield whole[(0, 2, 3)[shift] : len(whole) - (1 if (len(raw) + shift) % 3 else 0)]
