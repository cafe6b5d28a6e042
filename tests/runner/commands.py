"""Which lines of a step's output are workflow commands, and what they say."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.text import WHITESPACE, fold, look_up, put

STOP_COMMANDS = "stop-commands"

# ExtensionManager.cs:43-57, ActionCommandManager.cs:23,34. Not `internal-set-repo-path`: for plugins only.
REGISTERED = (
    *("set-env", "set-output", "save-state", "add-path", "add-mask", "add-matcher", "remove-matcher"),
    *("warning", "error", "notice", "debug", "group", "endgroup", "echo", STOP_COMMANDS),
)

# Undone in this order, `%25` last, so that `%250A` is the text `%0A` (ActionCommand.cs:12-33).
_V1 = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))
_V2_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_V2_PROPERTY = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


@dataclass(frozen=True)
class Command:
    """A workflow command as the runner understood it; property names are compared without case."""

    name: str
    data: str = ""
    properties: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Get a property, `""` if it is missing: the runner makes no difference."""
        return look_up(self.properties, name) or ""


def parse(line: str, registered: Iterable[str] = REGISTERED) -> Command | None:
    """Read a line as a command of the second form, else of the first, else not at all.

    The runner looks for `::` and `##[` by culture, which passes over invisible characters. That finds fewer
    commands than the plain comparison here, but for one: an invisible character inside a closing `::`.
    """
    if "::" not in line and "##[" not in line:
        return None
    names = frozenset(map(fold, registered))
    return parse_v2(line, names) or parse_v1(line, names)


def parse_v2(line: str, names: frozenset[str]) -> Command | None:
    """Read `::name key=value,key=value::data`, with only white space before (ActionCommand.cs:51-119)."""
    head, colons, rest = line.lstrip(WHITESPACE).partition("::")
    info, end, data = rest.partition("::")
    if head or not colons or not end:
        return None
    name, _, properties = info.partition(" ")
    if fold(name) not in names:
        return None
    pairs = _properties(properties.strip(WHITESPACE).split(","), _V2_PROPERTY)
    return Command(name, _unescape(data, _V2_DATA), pairs)


def parse_v1(line: str, names: frozenset[str]) -> Command | None:
    """Read `##[name key=value;key=value]data` at the first `##[` of the line (ActionCommand.cs:121-189)."""
    _, opening, rest = line.partition("##[")
    info, closing, data = rest.partition("]")
    if not opening or not closing:
        return None
    name, _, properties = info.partition(" ")
    if fold(name) not in names:
        return None
    return Command(name, _unescape(data, _V1), _properties(properties.split(";"), _V1))


def _properties(pieces: list[str], escapes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Read `key=value` pieces; a piece without a key or a value is dropped.

    String.Split with RemoveEmptyEntries takes a run of `=` before key or value for one.
    """
    properties: dict[str, str] = {}
    for piece in pieces:
        key, _, value = piece.lstrip("=").partition("=")
        if key and (value := value.lstrip("=")):
            put(properties, key, _unescape(value, escapes))
    return properties


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for escaped, plain in escapes:
        text = text.replace(escaped, plain)
    return text
