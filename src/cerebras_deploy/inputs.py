"""What the workflow asked for: the inputs of action.yml, checked before anything is sent.

The runner hands each declared input over as `INPUT_<NAME>`, upper case, dashes kept, empty when unset
(actions/runner Handler.cs, ActionRunner.cs); `required` is not enforced there.
"""

import ipaddress
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from cerebras_deploy.errors import InvalidInput
from cerebras_deploy.names import ALIAS, INTEGER_VERSION, NAME_PART
from cerebras_deploy.text import plain

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?", re.ASCII)
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_SECONDS = (3600, 60, 1, 0.001)
_DAY = 86400

SECRETS = ("api-key", "inference-api-key")
LEAST_LATENCY, MOST_LATENCY = 0.01, 30.0  # seconds; the most is what one call may take

NAME = "a name of letters, digits, `.`, `_`, `~` and `-`"
VERSION = "a version alias (a-z first, then letters, digits and dashes, 2 to 128 in all) or an integer version id"
MODEL = "`orgs/<org>/models/<arch>/versions/<version>`, `orgs/<org>/models/<arch>` or `<arch>`"
BASE_URL = "an https:// address (http:// only for loopback and private addresses and names without a dot)"


class ModelRef(NamedTuple):
    """The `model` input; what it leaves out comes from `alias` and from the endpoint."""

    architecture: str
    org: str = ""
    version: str = ""

    def __str__(self) -> str:
        """Return it as it was given."""
        org = f"orgs/{self.org}/models/" if self.org else ""
        return f"{org}{self.architecture}" + (f"/versions/{self.version}" if self.version else "")


def parse_inputs(environ: Mapping[str, str]) -> "Inputs":
    """Read the inputs from the container's environment.

    Raises `InvalidInput` with a line for every mistake: the input's name, what came, what is accepted.
    """
    given = {name: _readable(environ.get(f"INPUT_{name.upper()}", "")) for name in READERS}
    read: dict[str, Any] = {}
    problems = []
    for name, text in given.items():
        try:
            if text:
                read[name.replace("-", "_")] = READERS[name](text)
            elif name in _REQUIRED:
                problems.append(f"`{name}` is required, and nothing came")
        except ValueError as error:
            problems.append(_problem(name, text, str(error)))
    problems += _conflicts(given)
    if problems:
        raise InvalidInput("; ".join(problems), "correct the step's `with:`", problems=tuple(problems))
    return Inputs(**read)


def _readable(value: str) -> str:
    """Return a variable's value, trimmed; bytes that are no UTF-8 arrive as surrogates, and become U+FFFD."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()


def _problem(name: str, text: str, accepted: str) -> str:
    if name in SECRETS:
        return f"`{name}`: {accepted}"  # what came is a secret, however malformed
    came = re.sub(r"//[^/]*@", "//***@", text)  # a password has no place in the log
    return f"`{name}` is `{plain(came, 80)}`; accepted: {accepted}"


def _conflicts(given: Mapping[str, str]) -> Iterator[str]:
    """Find what single inputs cannot tell: combinations that contradict each other."""
    model, alias, deployment_id = given["model"], given["alias"], given["deployment-id"]
    version = model.split("/")[5] if model.count("/") == 5 else ""  # noqa: PLR2004 - orgs/o/models/a/versions/v
    if not model and not deployment_id:
        yield "`model` is required unless `deployment-id` is given, and nothing came"
    if model and not version and not alias and not deployment_id:
        yield f"`model` is `{plain(model, 80)}` and `alias` is empty; accepted: a version in one of them"
    if version and alias and version != alias:
        yield (
            f"`alias` is `{plain(alias, 80)}`, but `model` says version `{plain(version, 80)}`; accepted: one of them, "
            "or both alike"
        )
    after = [name for name in ("deployment-id", "smoke-test-prompt", "promote-aliases") if given[name]]
    after += ["on-failure: rollback"] if given["on-failure"] == "rollback" else []
    if given["wait"] in _FALSE and after:
        yield f"`wait` is `false` together with {_listed(after)}; accepted: one or the other"
    yield from _smoke_test_conflicts(given)


def _smoke_test_conflicts(given: Mapping[str, str]) -> Iterator[str]:
    for name in ("smoke-test-expect", "smoke-test-max-latency"):
        if given[name] and not given["smoke-test-prompt"]:
            yield f"`{name}` is given, and `smoke-test-prompt` is empty; accepted: both, or neither"
    if given["smoke-test-prompt"] and not given["inference-api-key"]:
        yield "`smoke-test-prompt` is given, and `inference-api-key` is empty; accepted: both, or neither"


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _boolean(text: str) -> bool:
    if text not in _TRUE + _FALSE:
        raise ValueError("true True TRUE false False FALSE")
    return text in _TRUE


def _one_of(*words: str) -> Callable[[str], str]:
    def word(text: str) -> str:
        if text not in words:
            raise ValueError(" or ".join([", ".join(map(repr, words[:-1])), repr(words[-1])]))
        return text

    return word


def _between(low: float, high: float, words: str) -> Callable[[str], float]:
    def duration(text: str) -> float:
        if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004 - as many digits as in _DURATION
            seconds = float(text)
        else:
            match = _DURATION.fullmatch(text)
            parts = match.groups() if match else ()
            seconds = sum(int(n) * unit for n, unit in zip(parts, _SECONDS, strict=False) if n)
        if not low <= seconds <= high:
            raise ValueError(f"a duration from {words}, like 90 (seconds), 500ms, 90s, 5m or 1h30m")
        return seconds

    return duration


def _name(text: str) -> str:
    if not NAME_PART.fullmatch(text):
        raise ValueError(NAME)
    return text


def _version(text: str) -> str:
    if not (INTEGER_VERSION.fullmatch(text) or ALIAS.fullmatch(text)):
        raise ValueError(VERSION)
    return text


def _model(text: str) -> ModelRef:
    match text.split("/"):
        case ["orgs", org, "models", architecture, "versions", version] if org and version:
            ref = ModelRef(architecture, org, version)
        case ["orgs", org, "models", architecture] if org:
            ref = ModelRef(architecture, org)
        case [architecture]:
            ref = ModelRef(architecture)
        case _:
            raise ValueError(MODEL)
    if not all(NAME_PART.fullmatch(part) for part in (ref.architecture, ref.org or "-")):
        raise ValueError(f"{MODEL}, each part {NAME}")
    if ref.version:
        try:
            _version(ref.version)
        except ValueError as error:
            raise ValueError(f"{MODEL}, <version> being {VERSION}") from error
    return ref


def _expression(text: str) -> str:
    try:
        with warnings.catch_warnings(action="ignore"):  # of expressions that Python will read otherwise some day
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression of Python's `re`; this one fails: {plain(str(error), 80)}") from error
    return text


def _aliases(text: str) -> tuple[str, ...]:
    aliases = tuple(dict.fromkeys(alias.strip() for alias in re.split(r"[,\n]", text) if alias.strip()))
    if not aliases or not all(ALIAS.fullmatch(alias) for alias in aliases):
        raise ValueError("aliases, one a line or with commas between them: a-z first, letters, digits and dashes")
    return aliases


def _key(text: str) -> str:
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError(
            "what came has a blank, a line break or a character outside ASCII in it; accepted: the bare key"
        )
    return text


def _base_url(text: str) -> str:
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port
    except ValueError as error:
        raise ValueError(BASE_URL) from error
    clean = text.isascii() and text.isprintable() and not re.search(r"[\s\\?#]", text)
    bare = "@" not in url.netloc
    named = re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f:.]+", host)  # what httpx, too, takes for a host
    if not (clean and bare and named and (url.scheme == "https" or (url.scheme == "http" and _is_private(host)))):
        raise ValueError(BASE_URL)
    return text.rstrip("/")


def _is_private(host: str) -> bool:
    """Whether plain http to it stays inside: a key must not cross the internet in the clear."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(re.fullmatch(r"[a-z_][a-z0-9_-]*", host))
    address = getattr(address, "ipv4_mapped", None) or address
    return (address.is_loopback or address.is_private) and not address.is_unspecified


READERS: dict[str, Callable[[str], object]] = {
    "api-key": _key,
    "endpoint": _name,
    "model": _model,
    "alias": _version,
    "deployment-id": _name,
    "wait": _boolean,
    "timeout": _between(1, 7 * _DAY, "1s to 168h (7 days)"),
    "poll-interval": _between(0.1, 600, "100ms to 10m"),
    "if-current": _one_of("skip", "deploy"),
    "if-busy": _one_of("wait", "queue", "fail"),
    "dry-run": _boolean,
    "smoke-test-prompt": str,
    "smoke-test-expect": _expression,
    "smoke-test-max-latency": _between(LEAST_LATENCY, MOST_LATENCY, "10ms to 30s"),
    "inference-api-key": _key,
    "on-failure": _one_of("keep", "rollback"),
    "promote-aliases": _aliases,
    "base-url": _base_url,
    "summary": _boolean,
}
_REQUIRED = ("api-key", "endpoint")


@dataclass(frozen=True)
class Inputs:
    """The inputs, typed; durations in seconds. An input that was left empty has its default."""

    api_key: str = field(repr=False)
    endpoint: str
    model: ModelRef | None = None
    alias: str = ""
    deployment_id: str = ""
    wait: bool = True
    timeout: float = 3600.0
    poll_interval: float = 5.0
    if_current: Literal["skip", "deploy"] = "skip"
    if_busy: Literal["wait", "queue", "fail"] = "wait"
    dry_run: bool = False
    smoke_test_prompt: str = ""
    smoke_test_expect: str = ""
    smoke_test_max_latency: float | None = None
    inference_api_key: str = field(default="", repr=False)
    on_failure: Literal["keep", "rollback"] = "keep"
    promote_aliases: tuple[str, ...] = ()
    base_url: str = "https://api.cerebras.ai"
    summary: bool = True

    @property
    def version_ref(self) -> str:
        """The version asked for, as text: an alias or an integer; empty when following without one."""
        return (self.model.version if self.model else "") or self.alias
