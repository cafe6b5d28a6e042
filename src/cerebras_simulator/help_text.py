"""What the command's help says."""

from collections.abc import Mapping
from typing import Final

from cerebras_simulator.api import shapes
from cerebras_simulator.faults import rules
from cerebras_simulator.world.inventory import ARCHITECTURE, endpoint_name
from cerebras_simulator.world.scenarios import ALL_SCENARIOS, GATE_SCENARIOS, SCENARIOS, Scenario
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY

#: Options for where a command cannot be given, as in a workflow's service container.
VARIABLE: Final = "SIMULATOR_OPTIONS"

DESCRIPTION = """\
Simulates the Cerebras Management API so that you can rehearse deployments: rollouts that succeed or fail, requests
that fail, and model versions that give good or bad answers.

Prints its address. Open that address in a browser to see what happens. By default it accepts the management key
{key} and the inference key {inference_key}. The default endpoint is {endpoint}.
{architecture} has versions 1 (alias stable, live), 2 (aliases production and v2) and 3 (alias candidate).

You can also set options in the environment variable {variable}. Options on the command line take precedence.
"""

EPILOG = """\
Scenarios: what happens to a rollout
{scenarios}

Scenarios: what a smoke test or a rollback meets
{gate_scenarios}

Each scenario also has its own endpoint: {each}. Scenarios about weights serve an architecture
named after the scenario. All others serve {architecture}. A scenario starts at the first request for its endpoint.

Shapes: how the endpoint's status is written
{shapes}

Faults: what happens to requests
{faults}

Without a key, you can add faults to a running simulator (POST a JSON list of rules to /_simulator/faults), remove them
all (DELETE), and see what happened (GET /_simulator/requests, /_simulator/deployments, /_simulator/aliases).
"""


def scenario_lines(scenarios: Mapping[str, Scenario] = ALL_SCENARIOS) -> str:
    """Describe scenarios, one a line."""
    width = max(map(len, ALL_SCENARIOS))
    return "\n".join(f"  {name:{width}}  {scenario.about}" for name, scenario in scenarios.items())


def description() -> str:
    """Say what the simulator does, and what it starts with."""
    return DESCRIPTION.format(
        key=DEFAULT_KEY,
        inference_key=DEFAULT_INFERENCE_KEY,
        endpoint=endpoint_name(ARCHITECTURE),
        architecture=ARCHITECTURE,
        variable=VARIABLE,
    )


def epilog() -> str:
    """List scenarios, shapes and faults."""
    return EPILOG.format(
        scenarios=scenario_lines(SCENARIOS),
        gate_scenarios=scenario_lines(GATE_SCENARIOS),
        each=endpoint_name("SCENARIO"),
        architecture=ARCHITECTURE,
        shapes=shapes.describe(),
        faults=rules.describe(),
    )
