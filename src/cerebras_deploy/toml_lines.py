"""Where the keys of a TOML file stand: its parser does not say."""

import re
from functools import cache


class Lines:
    """Where keys stand in a TOML file, whose parser does not say. Lines are numbered from 1; 0 is not known."""

    _TABLE = re.compile(r"\s*\[")
    _CASE = re.compile(r"""\s*\[\[\s*(["']?)case\1\s*\]\]""")
    _KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*[=.]""")

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._tables = [number for number, line in enumerate(self._lines, 1) if self._TABLE.match(line)]
        self._cases = [number for number in self._tables if self._CASE.match(self._lines[number - 1])]
        self._keys_between = cache(self._read_keys)

    def of_key(self, key: str) -> int:
        """Return the line of a key of the whole file."""
        return self._keys_between(0, self._tables[0] - 1 if self._tables else len(self._lines)).get(key, 0)

    def of_case(self, number: int, count: int, key: str) -> int:
        """Return the line of a key of a case (from 0) of so many, or else of the case itself."""
        if len(self._cases) != count:  # a text of many lines has what looks like a case, or they are written otherwise
            return 0
        start = self._cases[number]
        end = self._cases[number + 1] - 1 if number + 1 < count else len(self._lines)
        return self._keys_between(start, end).get(key, 0) or start

    def _read_keys(self, start: int, end: int) -> dict[str, int]:
        """Return the first line of each key between two lines; once for all of them, since each may be a mistake."""
        found: dict[str, int] = {}
        for number in range(start, end):
            if key := self._KEY.match(self._lines[number]):
                found.setdefault(next(name for name in key.groups() if name is not None), number + 1)
        return found
