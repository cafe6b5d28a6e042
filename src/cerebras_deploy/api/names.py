"""How the API names things: models, their versions and aliases, and the paths of its calls."""

import re
from typing import NamedTuple
from urllib.parse import quote

INTEGER_VERSION = re.compile(r"0|[1-9][0-9]{0,17}")
ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")  # PATCH …/versions/{version_id}: version_aliases
NAME_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,255}")  # what needs no escaping in a path (RFC 3986)
ROOT = "/management/v1"


class ModelName(NamedTuple):
    """`orgs/<org>/models/<architecture>/versions/<version>`; the version is an integer or an alias."""

    org: str
    architecture: str
    version: str

    def __str__(self) -> str:
        """Return the name as the API writes it."""
        return f"orgs/{self.org}/models/{self.architecture}/versions/{self.version}"

    @property
    def has_integer(self) -> bool:
        """Whether it names the version by its integer: an alias may move."""
        return INTEGER_VERSION.fullmatch(self.version) is not None

    @property
    def path(self) -> str:
        """The path of its calls."""
        return f"{ROOT}/{ModelName(*(quote(part, safe='') for part in self))}"

    @classmethod
    def parse(cls, text: str) -> "ModelName | None":
        """Read a name as the API writes it; None if it is not one."""
        match text.split("/"):
            case ["orgs", org, "models", architecture, "versions", version] if all(
                NAME_PART.fullmatch(part) for part in (org, architecture, version)
            ):
                return cls(org, architecture, version)
            case _:
                return None


def endpoint_path(endpoint_id: str) -> str:
    """Return the path of `GET /management/v1/endpoints/{endpoint_id}`, the read that every run begins with."""
    return f"{ROOT}/endpoints/{quote(endpoint_id, safe='')}"
