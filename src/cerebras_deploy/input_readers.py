"""How each input is read: from its text to its value. A `ValueError` says what is accepted."""

import re
from collections.abc import Callable
from typing import NamedTuple

from cerebras_deploy.api.names import ALIAS, INTEGER_VERSION, NAME_PART
from cerebras_deploy.input_base_url import read_base_url
from cerebras_deploy.input_duration import DAY, read_duration
from cerebras_deploy.input_expression import read_expression, read_literal
from cerebras_deploy.input_key import read_key
from cerebras_deploy.text import code, listed

TRUE, FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")

MOST_ALIASES = 20  # to move: each takes several calls, within the timeout
LEAST_LATENCY, MOST_LATENCY = 0.01, 30.0  # seconds; the most is what one call may take

NAME = "a name of letters, digits, `.`, `_`, `~`, and `-`"
VERSION = "a version alias (a-z first, then letters, digits, and dashes, 2 to 128 in all) or an integer version ID"
MODEL = "`orgs/<org>/models/<arch>/versions/<version>`, `orgs/<org>/models/<arch>` or `<arch>`"


class ModelRef(NamedTuple):
    """The `model` input; what it leaves out comes from `alias` and from the endpoint."""

    architecture: str
    org: str = ""
    version: str = ""

    def __str__(self) -> str:
        """Return it as it was given."""
        org = f"orgs/{self.org}/models/" if self.org else ""
        return f"{org}{self.architecture}" + (f"/versions/{self.version}" if self.version else "")


def _boolean(text: str) -> bool:
    if text not in TRUE + FALSE:
        raise ValueError("`true` or `false`")
    return text in TRUE


def _one_of(*words: str) -> Callable[[str], str]:
    def word(text: str) -> str:
        if text not in words:
            raise ValueError(listed([code(word) for word in words], "or"))
        return text

    return word


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
        raise ValueError(f"{MODEL}, where each part is {NAME}")
    if ref.version:
        try:
            _version(ref.version)
        except ValueError as error:
            raise ValueError(f"{MODEL}, where <version> is {VERSION}") from error
    return ref


def _aliases(text: str) -> tuple[str, ...]:
    aliases = tuple(dict.fromkeys(alias.strip() for alias in re.split(r"[,\n]", text) if alias.strip()))
    if not 0 < len(aliases) <= MOST_ALIASES or not all(ALIAS.fullmatch(alias) for alias in aliases):
        accepted = f"up to {MOST_ALIASES} aliases, one per line or separated by commas"
        raise ValueError(f"{accepted}, each a-z first, then letters, digits, and dashes")
    return aliases


def _status_words(text: str) -> object:
    from cerebras_deploy.input_status_words import read_status_words  # noqa: PLC0415 - few runs have them

    return read_status_words(text)


READERS: dict[str, Callable[[str], object]] = {
    "api-key": read_key,
    "endpoint": _name,
    "model": _model,
    "alias": _version,
    "operation": _one_of("deploy", "rollback"),
    "deployment-id": _name,
    "wait": _boolean,
    "timeout": read_duration(10, 7 * DAY, "10s to 168h (7 days)"),
    "poll-interval": read_duration(0.1, 600, "100ms to 10m"),
    "if-current": _one_of("skip", "deploy"),
    "if-busy": _one_of("wait", "queue", "fail"),
    "dry-run": _boolean,
    "smoke-test-prompt": str,
    "smoke-test-contains": read_literal,
    "smoke-test-expect": read_expression,
    "smoke-test-max-latency": read_duration(LEAST_LATENCY, MOST_LATENCY, "10ms to 30s"),
    "smoke-test-file": str,
    "smoke-test-warm-up": read_duration(0, 1800, "0s to 30m"),
    "inference-api-key": read_key,
    "on-failure": _one_of("keep", "rollback"),
    "promote-aliases": _aliases,
    "status-words": _status_words,
    "trace": str,
    "base-url": read_base_url,
    "summary": _boolean,
}
