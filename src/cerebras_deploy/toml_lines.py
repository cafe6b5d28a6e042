"""Where the keys of a TOML file stand: its parser does not say."""

import re


class Lines:
    """Where keys stand in a TOML file, whose parser does not say. Lines are numbered from 1; 0 is not known."""

    _TABLE = re.compile(r"\s*\[")
    _CASE = re.compile(r"""\s*\[\[\s*(["']?)case\1\s*\]\]""")

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._tables = [number for number, line in enumerate(self._lines, 1) if self._TABLE.match(line)]
        self._cases = [number for number in self._tables if self._CASE.match(self._lines[number - 1])]

    def of_key(self, key: str) -> int:
        """Return the line of a key of the whole file."""
        return self._find(key, 0, self._tables[0] - 1 if self._tables else len(self._lines))

    def of_case(self, number: int, count: int, key: str) -> int:
        """Return the line of a key of a case (from 0) of so many, or else of the case itself."""
        if len(self._cases) != count:  # a text of many lines has what looks like a case, or they are written otherwise
            return 0
        start = self._cases[number]
        end = self._cases[number + 1] - 1 if number + 1 < count else len(self._lines)
        return self._find(key, start, end) or start

    def _find(self, key: str, start: int, end: int) -> int:
        shape = re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*[=.]""")
        return next((at + 1 for at in range(start, end) if shape.match(self._lines[at])), 0)
