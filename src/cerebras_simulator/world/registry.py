"""The organization's model versions: how their weights are synced, and which aliases point to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cerebras_simulator.world.inventory import ORG, Version
from cerebras_simulator.world.refusals import Refusal
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.second_writer import SecondWriter, Turn

#: Who changes aliases.
Writer = Literal["caller", "second writer"]


@dataclass(frozen=True)
class AliasChange:
    """A change of a version's aliases: `time` in unix seconds, all of its aliases before and after."""

    time: float
    architecture: str
    version: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    by: Writer = "caller"


class Registry:
    """Versions by architecture; the first look at an architecture begins the sync of its weights.

    The second writer, if there is one, changes aliases of the first architecture.
    """

    def __init__(
        self,
        architectures: Mapping[str, tuple[Version, ...]],
        now: Callable[[], float],
        speed: float,
        second_writer: SecondWriter | None = None,
    ) -> None:
        self._versions = dict(architectures)
        self._now = now
        self._speed = speed
        self._begun: dict[str, float] = {}
        self._second_writer = second_writer
        self._changes: list[AliasChange] = []

    @property
    def alias_changes(self) -> list[AliasChange]:
        """Every change of aliases by now, oldest first."""
        self._catch_up()
        return self._changes

    @property
    def architectures(self) -> list[str]:
        """The architectures that there are."""
        return list(self._versions)

    def known(self, architecture: str) -> tuple[Version, ...]:
        """Give an architecture's versions without a look at them that would begin anything."""
        self._catch_up()
        return self._versions[architecture]

    def versions(self, org: str, architecture: str) -> tuple[Version, ...]:
        """Find an architecture's versions."""
        if org != ORG or architecture not in self._versions:
            raise Refusal(404, f"Model 'orgs/{org}/models/{architecture}' not found")
        self._begun.setdefault(architecture, self._now())
        self._catch_up()
        return self._versions[architecture]

    def version(self, name: VersionName) -> Version:
        """Find a version by its integer id or an alias."""
        for version in self.versions(name.org, name.architecture):
            if version.answers_to(name.reference):
                return version
        raise Refusal(404, f"Model version {str(name)!r} not found")

    def sync_status(self, architecture: str, version: Version) -> str:
        """Say where the sync of a version's weights stands, in the API's words."""
        begun = self._begun.get(architecture, self._now())
        return version.weights.at((self._now() - begun) * self._speed).status

    def set_aliases(self, name: VersionName, aliases: Iterable[str]) -> AliasChange:
        """Have these aliases, and no others, point to a version; none of them may point to another one.

        That an alias must be removed from its version first is published; with which status it is refused is not.
        """
        version = self.version(name)
        wanted = tuple(dict.fromkeys(aliases))
        for other in self._versions[name.architecture]:
            if other.number != version.number and (taken := set(wanted) & set(other.aliases)):
                named = VersionName(name.org, name.architecture, str(other.number))
                raise Refusal(409, f"Alias {min(taken)!r} is assigned to {str(named)!r}: remove it there first")
        change = AliasChange(self._now(), name.architecture, version.number, version.aliases, wanted)
        self._put(change)
        return change

    def _catch_up(self) -> None:
        """Let the second writer do what it has done by now."""
        first = next(iter(self._versions))
        while self._second_writer and (turn := self._second_writer.turn(self._now(), self._versions[first])):
            self._carry_out(first, turn)

    def _carry_out(self, architecture: str, turn: Turn) -> None:
        versions = self._versions[architecture]
        holder = next((one for one in versions if turn.alias in one.aliases), None)
        if turn.add_to is None and holder:
            kept = tuple(alias for alias in holder.aliases if alias != turn.alias)
            self._put(AliasChange(turn.time, architecture, holder.number, holder.aliases, kept, "second writer"))
        elif turn.add_to is not None and not holder:
            held = next(one.aliases for one in versions if one.number == turn.add_to)
            after = (*held, turn.alias)
            self._put(AliasChange(turn.time, architecture, turn.add_to, held, after, "second writer"))

    def _put(self, change: AliasChange) -> None:
        """Have a version's aliases changed, unless they are what they are to be."""
        if change.before != change.after:
            versions = self._versions[change.architecture]
            self._versions[change.architecture] = tuple(
                replace(one, aliases=change.after) if one.number == change.version else one for one in versions
            )
            self._changes.append(change)
