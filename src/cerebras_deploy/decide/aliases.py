"""Who holds an alias, as one list of versions says, and what is to be written so that another version holds it."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.version import Version, Versions

CODE_SPAN = 300  # characters of a code span that the job summary shows


@dataclass(frozen=True)
class Unclear:
    """The list does not say enough for a write."""

    reason: str


@dataclass(frozen=True)
class Holding:
    """The versions that matter for an alias, at one moment.

    `target` is the version that is to hold it, and `holder` the one that does; None if no version holds it.
    """

    alias: str
    target: Version
    holder: Version | None

    @property
    def held_by(self) -> ModelName | None:
        """The name of the version that holds it."""
        return self.holder.model if self.holder else None


@dataclass(frozen=True)
class There:
    """The target holds the alias."""


@dataclass(frozen=True)
class Write:
    """The list of aliases that a version is to be given next."""

    version: ModelName
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Elsewhere:
    """A version holds the alias that somebody else has given it to, so it must not be taken from there."""

    version: ModelName


Step = There | Write | Elsewhere


def find_holding(versions: Versions, alias: str, target: ModelName) -> Holding | Unclear:
    """Read one list of versions. What is not told of a version may be anything, so it is never taken for no alias."""
    listed = versions.model_versions
    holders = [version for version in listed if alias in (version.aliases or ())]
    wanted = told(listed, target)
    if wanted is None:
        return Unclear(f"the version list does not tell the aliases of version {target.version}")
    if len(holders) > 1:
        names = " and ".join(version.model.version for version in holders)
        return Unclear(f"the version list has alias {alias} at versions {names} at once")
    if holders and not holders[0].has_integer:
        return Unclear(f"the version list does not tell the integer of version {holders[0].model.version}")
    silent = next((version for version in listed if version.aliases is None), None)
    if silent and not holders:
        return Unclear(f"the version list does not tell the aliases of version {silent.model.version}")
    if versions.unreadable and not holders:
        return Unclear(f"the version list has {versions.unreadable} that can't be read")
    return Holding(alias, wanted, holders[0] if holders else None)


def told(listed: Sequence[Version], name: ModelName) -> Version | None:
    """Return the version of that name, if the list has it once and tells its aliases."""
    found = [version for version in listed if version.model == name]
    return found[0] if len(found) == 1 and found[0].aliases is not None else None


def next_step(now: Holding, take_from: ModelName | None) -> Step:
    """Decide what comes next. Of all other versions, the alias is taken from `take_from` only."""
    if now.holder is None:
        return Write(now.target.model, with_alias(now.target.aliases or (), now.alias))
    if now.held_by == now.target.model:
        return There()
    if now.held_by != take_from:
        return Elsewhere(now.holder.model)
    return Write(now.holder.model, tuple(one for one in now.holder.aliases or () if one != now.alias))


def with_alias(aliases: tuple[str, ...], alias: str) -> tuple[str, ...]:
    """Return the list with the alias in it."""
    return aliases if alias in aliases else (*aliases, alias)


def curl(base_url: str, version: ModelName, aliases: tuple[str, ...]) -> str:
    """Return the command line that gives a version these aliases. The API's words are quoted for the shell."""
    body = shlex.quote(json.dumps({"version_aliases": aliases}))
    key, kind = '-H "Authorization: Bearer $KEY"', '-H "Content-Type: application/json"'
    line = f'curl -X PATCH "{base_url}{version.path}" {key} {kind} -d {body}'
    return f"`{line}`" if len(line) <= CODE_SPAN else line
