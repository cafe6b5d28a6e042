"""How the runner, a .NET program, reads bytes and compares names."""

import codecs
import io
from collections.abc import Iterator
from functools import lru_cache

# Char.IsWhiteSpace, which TrimStart and Trim go by. Python's strip would also take U+001C to U+001F.
WHITESPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> str:
    """Decode a whole stream or file: a byte order mark is obeyed and dropped, bad bytes become U+FFFD.

    `File.ReadAllText` (FileCommandManager.cs:353-496) and the process's `StreamReader` do
    the same.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def lines(text: str) -> list[str]:
    r"""Split as `StreamReader.ReadLine` does, at \n, \r\n and a lone \r (ProcessInvoker.cs:507-528)."""
    *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [*whole, rest] if rest else whole


class LineFeed:
    """The same lines from a stream that is still being written."""

    def __init__(self) -> None:
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._rest = ""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Take what was read, give the lines it completes; an empty chunk is the end."""
        *whole, self._rest = (self._rest + self._decoder.decode(chunk, final=not chunk)).split("\n")
        yield from whole
        if not chunk and self._rest:
            yield self._rest


@lru_cache
def fold(name: str) -> str:
    """Give the form in which `StringComparer.OrdinalIgnoreCase` compares names.

    Character by character, and nothing beyond ASCII folds into ASCII: the Kelvin sign is no K.
    """
    return "".join(_upper(character) for character in name)


def _upper(character: str) -> str:
    upper = character.upper()
    keeps = len(upper) != 1 or (upper.isascii() and not character.isascii())
    return character if keeps else upper


def put(table: dict[str, str], name: str, value: str) -> None:
    """Set a name compared without case: the last value wins, the first spelling stays."""
    table[_spelling(table, name)] = value


def look_up(table: dict[str, str], name: str) -> str | None:
    """Get the value of a name compared without case."""
    return table.get(_spelling(table, name))


def _spelling(table: dict[str, str], name: str) -> str:
    if name in table:
        return name
    return next((known for known in table if fold(known) == fold(name)), name)
