"""The organization's model versions: how their weights are synced, and which aliases point to them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cerebras_simulator.world.inventory import ORG, Version
from cerebras_simulator.world.refusals import Refusal
from cerebras_simulator.world.rollouts import VersionName


@dataclass(frozen=True)
class AliasChange:
    """A change of a version's aliases: `time` in unix seconds, all of its aliases before and after."""

    time: float
    architecture: str
    version: int
    before: tuple[str, ...]
    after: tuple[str, ...]


class Registry:
    """Versions by architecture; the first look at an architecture begins the sync of its weights."""

    def __init__(
        self, architectures: Mapping[str, tuple[Version, ...]], now: Callable[[], float], speed: float
    ) -> None:
        self._versions = dict(architectures)
        self._now = now
        self._speed = speed
        self._begun: dict[str, float] = {}
        #: Every change of aliases, oldest first.
        self.alias_changes: list[AliasChange] = []

    @property
    def architectures(self) -> list[str]:
        """The architectures that there are."""
        return list(self._versions)

    def known(self, architecture: str) -> tuple[Version, ...]:
        """Give an architecture's versions without a look at them that would begin anything."""
        return self._versions[architecture]

    def versions(self, org: str, architecture: str) -> tuple[Version, ...]:
        """Find an architecture's versions."""
        if org != ORG or architecture not in self._versions:
            raise Refusal(404, f"Model 'orgs/{org}/models/{architecture}' not found")
        self._begun.setdefault(architecture, self._now())
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
        if change.before != change.after:
            self._put(name.architecture, replace(version, aliases=wanted))
            self.alias_changes.append(change)
        return change

    def _put(self, architecture: str, changed: Version) -> None:
        versions = self._versions[architecture]
        self._versions[architecture] = tuple(changed if one.number == changed.number else one for one in versions)
