"""What exists before the first request: an organization, its architectures and versions, its endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass

from cerebras_simulator.world.scenarios import ALL_SCENARIOS, SYNCED, Scenario, find
from cerebras_simulator.world.timelines import Timeline

ORG = "my-org"
ARCHITECTURE = "gpt-oss-120b"
OTHER_ARCHITECTURE = "llama-3.3-70b"


@dataclass(frozen=True)
class Version:
    """A model version: its integer id, the aliases that point to it, and how its weights are synced.

    `suffix` marks the version in the fingerprints of its answers.
    """

    number: int
    aliases: tuple[str, ...]
    weights: Timeline
    suffix: str | None

    def answers_to(self, reference: str) -> bool:
        """Tell whether `reference`, an integer id or an alias, means this version."""
        return reference == str(self.number) or reference in self.aliases


@dataclass(frozen=True)
class Endpoint:
    """A dedicated endpoint: it serves versions of one architecture only."""

    name: str
    architecture: str
    scenario: Scenario


@dataclass(frozen=True)
class Inventory:
    """Versions by architecture, endpoints by name; all of them belong to `ORG`."""

    architectures: Mapping[str, tuple[Version, ...]]
    endpoints: Mapping[str, Endpoint]


def endpoint_name(architecture_or_scenario: str) -> str:
    """Name an endpoint the way the published examples do."""
    return f"{ORG}-{architecture_or_scenario}"


def stock(scenario: Scenario, extra: Mapping[str, str]) -> Inventory:
    """Build the default inventory.

    The default endpoint plays `scenario`; there is one more for each scenario by name, and `extra` ones
    (name to scenario). Weights belong to an architecture, not to an endpoint: so an endpoint whose scenario
    is about weights serves the architecture of the scenario's name, and every other one `ARCHITECTURE`.
    """
    names = {endpoint_name(name): name for name in ALL_SCENARIOS} | dict(extra)
    played = [Endpoint(name, _architecture(text), find(text)) for name, text in names.items()]
    default = Endpoint(endpoint_name(ARCHITECTURE), ARCHITECTURE, scenario)
    other = Endpoint(endpoint_name(OTHER_ARCHITECTURE), OTHER_ARCHITECTURE, find("healthy"))
    endpoints = {endpoint.name: endpoint for endpoint in (default, other, *played)}
    weights = {one.architecture: one.scenario.weights for one in endpoints.values()}
    weights[ARCHITECTURE] = scenario.weights
    return Inventory({name: _versions(sync) for name, sync in weights.items()}, endpoints)


def _architecture(scenario: str) -> str:
    return ARCHITECTURE if find(scenario).weights is SYNCED else scenario


def _versions(sync: Timeline) -> tuple[Version, ...]:
    return (
        Version(1, ("stable",), SYNCED, "v1-blue"),
        Version(2, ("production", "v2"), sync, "v2-green"),
        Version(3, ("candidate",), SYNCED, None),
    )
