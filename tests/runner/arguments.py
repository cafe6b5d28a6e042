"""What becomes of `runs.args`: the runner quotes them into one string, .NET splits it, not quite back."""

import re
from collections import deque
from collections.abc import Iterable

_TOKEN = re.compile(r'\\+|"|[ \t]+|[^"\\ \t]+')


def delivered(args: Iterable[str]) -> list[str]:
    """Give the arguments that reach the container for those in action.yml (handler :139-154)."""
    return resplit("".join(f' "{quoted}"' for quoted in map(_quoted, args)))


def _quoted(arg: str) -> str:
    return arg.replace('"', '\\"')  # and no backslash before a backslash: that is the loss


def resplit(line: str) -> list[str]:
    r"""Split a command line as .NET's Process does on Linux.

    2n backslashes before a `"` are n, and the quote opens or closes; 2n+1 are n and a literal quote;
    `""` inside quotes is a literal quote; backslashes elsewhere are themselves.
    """
    words: list[str] = []
    word: str | None = None
    inside = False
    tokens = deque(_TOKEN.findall(line))
    while tokens:
        token = tokens.popleft()
        before_quote = bool(tokens) and tokens[0] == '"'
        if token[0] in " \t" and not inside:
            words += [] if word is None else [word]
            word = None
            continue
        word = word or ""
        if token[0] == "\\" and before_quote:
            word += "\\" * (len(token) // 2) + (tokens.popleft() if len(token) % 2 else "")
        elif token == '"':
            doubled = inside and before_quote
            word += tokens.popleft() if doubled else ""
            inside = inside is doubled
        else:
            word += token
    return words if word is None else [*words, word]
