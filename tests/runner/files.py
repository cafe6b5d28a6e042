"""What the runner reads from GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV, GITHUB_PATH and GITHUB_STEP_SUMMARY."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from runner.text import decode, fold, lines, put

LARGEST_SUMMARY = 1024 * 1024

_NAMELESS = "Value cannot be null. (Parameter 'name')"


class FileError(Exception):
    """A file that cannot be processed: the step fails, even with exit 0 (FileCommandManager.cs:75-90)."""


@dataclass(frozen=True)
class Values:
    """What a file set before it ended, or before its first bad line.

    *failure* makes the step fail; *complaints* are error annotations that do not.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """What is uploaded as the step's summary, and the error annotation if nothing is."""

    text: str = ""
    complaint: str = ""


def read_outputs(data: bytes) -> Values:
    """Read outputs: names without case, none empty (ExecutionContext.cs:702)."""
    values: dict[str, str] = {}
    try:
        for name, value in pairs(decode(data)):
            if not name:
                raise FileError(_NAMELESS)  # noqa: TRY301 -- one way out for all that is wrong with a file
            put(values, name, value)
    except FileError as error:
        return Values(values, str(error))
    return Values(values)


def read_state(data: bytes) -> Values:
    """Read what the post step gets as STATE_<name>: names without case."""
    values: dict[str, str] = {}
    try:
        for name, value in pairs(decode(data)):
            put(values, name, value)
    except FileError as error:
        return Values(values, str(error))
    return Values(values)


def read_env(data: bytes) -> Values:
    """Read variables for later steps: names with case, no NODE_OPTIONS (FileCommandManager.cs:167-218)."""
    values: dict[str, str] = {}
    complaints: list[str] = []
    try:
        for name, value in pairs(decode(data)):
            if fold(name) == "NODE_OPTIONS":
                complaints.append("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.")
            else:
                values[name] = value
    except FileError as error:
        return Values(values, str(error), tuple(complaints))
    return Values(values, complaints=tuple(complaints))


def read_path(data: bytes) -> tuple[str, ...]:
    """Read directories for later steps' PATH, as they are (FileCommandManager.cs:134-157)."""
    return tuple(line for line in lines(decode(data)) if line)


def read_summary(data: bytes, mask: Callable[[str], str] = str) -> Summary:
    """Read the summary: masked line by line, or not uploaded at all (FileCommandManager.cs:221-293)."""
    if len(data) > LARGEST_SUMMARY:
        return Summary(
            complaint="$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of "
            f"{LARGEST_SUMMARY // 1024}k, got {len(data) // 1024}k."
        )
    return Summary("".join(f"{mask(line)}\n" for line in lines(decode(data))))


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Give the `name=value` and `name<<delimiter` pairs of a file, up to the first bad line.

    FileCommandManager.cs:353-496. Lines end at LF alone; a CR is data like any other; nothing is trimmed.
    """
    rest = _lines_with_ends(text)
    for line in (raw.removesuffix("\n") for raw in rest):
        equals, heredoc = line.find("="), line.find("<<")
        if not line:
            continue
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            yield line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            yield _heredoc(line, rest)
        else:
            raise FileError(f"Invalid format '{line}'")


def _lines_with_ends(text: str) -> Iterator[str]:
    *whole, last = text.split("\n")
    yield from (f"{line}\n" for line in whole)
    if last:
        yield last


def _heredoc(line: str, rest: Iterator[str]) -> tuple[str, str]:
    name, _, delimiter = line.partition("<<")
    if not name or not delimiter:
        raise FileError(f"Invalid format '{line}'. Name must not be empty and delimiter must not be empty")
    value: list[str] = []
    for raw in rest:
        if raw.removesuffix("\n") == delimiter:
            return name, "".join(value).removesuffix("\n")
        if not raw.endswith("\n"):
            raise FileError("Invalid value. EOF marker missing new line.")
        value.append(raw)
    raise FileError(f"Invalid value. Matching delimiter not found '{delimiter}'")
