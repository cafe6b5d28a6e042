"""What the runner makes of a step's output, line by line: the log it shows, annotations, masks, failures."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from runner.annotations import Annotation, annotation, cut
from runner.commands import REGISTERED, STOP_COMMANDS, Command, parse
from runner.masking import encodings, mask
from runner.text import WHITESPACE, decode, fold, lines, put

PER_LEVEL = 10  # ExecutionContext.cs:144,838-842
SHORTEST_MASKED_TOKEN = 7  # ActionCommandManager.cs:116-119
QUIET = frozenset({"add-mask", "debug", "error", "warning", "notice"})  # never echoed

INVALID_STOP_TOKEN = (
    "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow command."
)
_DISABLED = (
    "The `{}` command is disabled. Please upgrade to using Environment Files or opt into unsecure command"
    " execution by setting the `ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable to `true`."
)

Order = Literal["stderr first", "stdout first"]


@dataclass(frozen=True)
class Log:
    """All that the lines of a step did."""

    lines: tuple[str, ...]
    annotations: tuple[Annotation, ...]
    masks: tuple[str, ...]
    commands: tuple[Command, ...]
    outputs: Mapping[str, str]
    state: Mapping[str, str]
    failures: tuple[str, ...]
    groups_balanced: bool
    stopped: bool  # commands were stopped and not resumed

    @property
    def last_annotation(self) -> str:
        """The title and the message of the last annotation."""
        last = self.annotations[-1]
        return f"{last.title}\n{last.message}"


class CommandError(Exception):
    """A command that the runner cannot process: the step fails (ActionCommandManager.cs:133-143)."""


def interpret(
    stdout: bytes,
    stderr: bytes = b"",
    *,
    order: Order = "stderr first",
    secrets: Iterable[str] = (),
    debug: bool = False,
) -> Log:
    """Read both streams; their order among each other is not kept (ProcessInvoker.cs:398-441)."""
    recorder = Recorder(secrets=secrets, debug=debug)
    recorder.read_streams(stdout, stderr, order)
    return recorder.log()


class Recorder:
    """The runner's view of one step while it grows.

    *show* is called with every line that a viewer of the log sees. *workspace* is what paths in annotations
    are relative to. No file is at hand, so every `add-matcher` fails. The opt-in to `set-env` is left out.
    """

    def __init__(
        self,
        *,
        secrets: Iterable[str] = (),
        debug: bool = False,
        workspace: str = "/github/workspace",
        show: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._debug, self._echo, self._workspace, self._show = debug, debug, workspace, show
        self._lines: list[str] = []
        self._annotations: list[Annotation] = []
        self._masks: list[str] = []
        self._forms: set[str] = set()
        self._commands: list[Command] = []
        self._outputs: dict[str, str] = {}
        self._state: dict[str, str] = {}
        self._failures: list[str] = []
        self._group_open, self._groups_balanced = False, True
        self._stop_token: str | None = None
        self._dead = False
        for secret in secrets:
            self.add_mask(secret)

    def log(self) -> Log:
        """Give what is known so far."""
        return Log(
            lines=tuple(self._lines),
            annotations=tuple(self._annotations),
            masks=tuple(self._masks),
            commands=tuple(self._commands),
            outputs=dict(self._outputs),
            state=dict(self._state),
            failures=tuple(self._failures),
            groups_balanced=self._groups_balanced and not self._group_open,
            stopped=self._stop_token is not None,
        )

    def read_streams(self, stdout: bytes, stderr: bytes, order: Order = "stderr first") -> None:
        """Take both streams, one after the other: each order is one that the runner's batches allow."""
        streams = (stderr, stdout) if order == "stderr first" else (stdout, stderr)
        for line in chain.from_iterable(lines(decode(stream)) for stream in streams):
            self.read(line)

    def read(self, line: str) -> None:
        """Take one line of output, a command or not (ActionCommandManager.cs:62-150)."""
        if self._dead:
            return
        token = self._stop_token
        command = parse(line, REGISTERED if token is None else (*REGISTERED, token))
        if command is None or (token is not None and fold(command.name) != fold(token)):
            self.write(line)
            return
        self._commands.append(command)
        if token is not None:
            self._stop_token = None
            self.write(line)
        elif fold(command.name) == fold(STOP_COMMANDS):
            self._stop(line, command.data)
        else:
            self._process(line, command)

    def write(self, message: str) -> None:
        """Show a message, masked; one message can be several lines."""
        for line in self.mask(message).split("\n"):
            self._lines.append(line)
            self._show(line)

    def issue(self, level: str, message: str, properties: Mapping[str, str] | None = None) -> None:
        """Annotate, and show the message: masked, then cut, in the log too (ExecutionContext.cs:801-856)."""
        message = cut(self.mask(message))
        if message:
            self.write(f"##[{level}]{message}")
        if sum(known.level == level for known in self._annotations) < PER_LEVEL:
            self._annotations.append(annotation(level, message, properties or {}, self._workspace))

    def fail(self, *messages: str) -> None:
        """Make the step fail, with an error annotation for each message."""
        for message in messages:
            self.issue("error", message)
        self._failures.append(" ".join(messages))

    def mask(self, text: str) -> str:
        """Hide what is known to be secret."""
        return mask(text, self._forms)

    def add_mask(self, value: str) -> None:
        """Hide a value from now on, in all its encodings, whatever its length."""
        if value and value not in self._masks:
            self._masks.append(value)
            self._forms |= encodings(value)

    def _stop(self, line: str, token: str) -> None:
        """Stop commands until `::token::`; a bad token ends the step (ActionCommandManager.cs:109-119).

        The real runner then leaves the container running behind its back.
        """
        if fold(token) in {"", "PAUSE-LOGGING", *map(fold, REGISTERED)}:
            self.fail(INVALID_STOP_TOKEN)
            self._dead = True
            return
        self._stop_token = token
        if len(token) >= SHORTEST_MASKED_TOKEN:
            self.add_mask(token)
        self.write(line)

    def _process(self, line: str, command: Command) -> None:
        name = command.name.lower()
        quiet = name in QUIET
        if self._echo and not quiet:
            self.write(line)
        try:
            self._handlers[name](command)
        except CommandError as error:
            self.fail(f"Unable to process command '{name if quiet else line}' successfully.", str(error))

    @property
    def _handlers(self) -> Mapping[str, Callable[[Command], None]]:
        return {
            **dict.fromkeys(("error", "warning", "notice"), self._annotate),
            **dict.fromkeys(("group", "endgroup"), self._group),
            **dict.fromkeys(("set-env", "add-path"), _refuse),
            **dict.fromkeys(("add-matcher", "remove-matcher"), self._matcher),
            "set-output": lambda command: put(self._outputs, _required_name(command), command.data),
            "save-state": lambda command: put(self._state, _required_name(command), command.data),
            "add-mask": self._add_mask,
            "debug": self._say_if_debugging,
            "echo": self._switch_echo,
        }

    def _annotate(self, command: Command) -> None:
        self.issue(command.name.lower(), command.data, command.properties)

    def _say_if_debugging(self, command: Command) -> None:
        if self._debug:
            self.write(f"##[debug]{command.data}")

    def _switch_echo(self, command: Command) -> None:
        self._echo = _on_or_off(command.data)

    def _group(self, command: Command) -> None:
        """Open or close a group (ActionCommandManager.cs:795-807); the viewer does not nest them."""
        opens = command.name.lower() == "group"
        self._groups_balanced &= opens != self._group_open
        self._group_open = opens
        self.write(f"##[group]{command.data}" if opens else "##[endgroup]")

    def _add_mask(self, command: Command) -> None:
        """Mask the whole, and each of its lines (ActionCommandManager.cs:420-451)."""
        data = command.data
        if not data.strip(WHITESPACE):
            self.issue("warning", "Can't add secret mask for empty string in ##[add-mask] command.")
            return
        if self._echo:
            self.write("::add-mask::***")
        for value in (data, *(line.strip(WHITESPACE) for line in re.split(r"[\r\n]", data))):
            self.add_mask(value)

    def _matcher(self, command: Command) -> None:
        removes = command.name.lower() == "remove-matcher"
        owner, file = command.get("owner") if removes else "", command.data
        if owner and file:
            self.issue("warning", "Either specify an owner name or a file path in ##[remove-matcher] command.")
        elif file:
            raise CommandError(f"Could not find file '{file}'.")
        elif not owner:
            self.issue("warning", "File path must be specified.")


def _refuse(command: Command) -> None:
    raise CommandError(_DISABLED.format(command.name.lower()))


def _required_name(command: Command) -> str:
    if name := command.get("name"):
        return name
    raise CommandError(f"Required field 'name' is missing in ##[{command.name}] command.")


def _on_or_off(data: str) -> bool:
    if not data:
        raise CommandError("Value cannot be null. (Parameter 'value')")
    match data.strip(WHITESPACE).upper():
        case "ON":
            return True
        case "OFF":
            return False
        case _:
            raise CommandError(
                f"Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '{data}'."
            )
