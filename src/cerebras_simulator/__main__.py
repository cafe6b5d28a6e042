"""The simulator as a command: `python -m cerebras_simulator`."""

import argparse
import math
import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from cerebras_simulator.api import shapes
from cerebras_simulator.api.playback import create_playback
from cerebras_simulator.faults import rules
from cerebras_simulator.server import listen, serve, server
from cerebras_simulator.world.inventory import ARCHITECTURE, endpoint_name
from cerebras_simulator.world.recording import Playback, Recorded, load
from cerebras_simulator.world.scenarios import ALL_SCENARIOS, GATE_SCENARIOS, SCENARIOS, Scenario, find
from cerebras_simulator.world.state import DEFAULT_ANSWER, DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World

#: Options for where a command cannot be given, as in a workflow's service container.
VARIABLE = "SIMULATOR_OPTIONS"

DESCRIPTION = """\
A simulator of the Cerebras Management API, to rehearse deployments against: rollouts that go well or wrong, requests
that fail, and endpoints that answer what they should or should not.

It says where it listens. Open that address in a browser to see what goes on. By default it accepts the management key
{key} and the inference key {inference_key}. The default endpoint is {endpoint};
{architecture} has versions 1 (alias stable, which is served), 2 (production, v2) and 3 (candidate).

Options may come in the environment variable {variable}, too; those of the command line win.
"""

EPILOG = """\
scenarios: what happens to a rollout
{scenarios}

scenarios: what a smoke test or a rollback meets
{gate_scenarios}

Each scenario has an endpoint of its own, too: {each}. Those about weights serve an architecture of
the scenario's name, the others {architecture}. A scenario begins when its endpoint is first asked for.

shapes: in which form the endpoint's status is told, whatever happens
{shapes}

faults: what happens to requests
{faults}

A running simulator takes more faults: POST /_simulator/faults, a JSON list of them; DELETE forgets all. What happened:
GET /_simulator/requests, /_simulator/deployments and /_simulator/aliases. None of this needs a key.
"""


def scenario_lines(scenarios: Mapping[str, Scenario] = ALL_SCENARIOS) -> str:
    """Describe scenarios, one a line."""
    width = max(map(len, ALL_SCENARIOS))
    return "\n".join(f"  {name:{width}}  {scenario.about}" for name, scenario in scenarios.items())


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise argparse.ArgumentTypeError(f"not a positive number: {text!r}")
    return speed


def _scenario(text: str) -> str:
    try:
        find(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _endpoint(text: str) -> tuple[str, str]:
    name, found, scenario = text.partition("=")
    if not (name and found):
        raise argparse.ArgumentTypeError(f"not of the form NAME=SCENARIO: {text!r}")
    return name, _scenario(scenario)


def _fault(text: str) -> str:
    try:
        rules.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _recording(text: str) -> tuple[Recorded, ...]:
    try:
        return load(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    facts = {
        "endpoint": endpoint_name(ARCHITECTURE),
        "architecture": ARCHITECTURE,
        "each": endpoint_name("SCENARIO"),
        "variable": VARIABLE,
    }
    options = argparse.ArgumentParser(
        prog="python -m cerebras_simulator",
        usage="%(prog)s [options]",
        description=DESCRIPTION.format(key=DEFAULT_KEY, inference_key=DEFAULT_INFERENCE_KEY, **facts),
        epilog=EPILOG.format(
            scenarios=scenario_lines(SCENARIOS),
            gate_scenarios=scenario_lines(GATE_SCENARIOS),
            faults=rules.describe(),
            shapes=shapes.describe(),
            **facts,
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--list", action="store_true", help="list the scenarios and end")
    _add_address(options.add_argument_group("where it listens"))
    _add_play(options.add_argument_group("what happens"))
    _add_details(options.add_argument_group("details"))
    return options


def _add_address(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address (%(default)s)")
    group.add_argument("--port", type=int, default=8321, help="port, 0 for any free one (%(default)s)")


def _add_play(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--scenario", type=_scenario, default="healthy", help="what the default endpoint plays (%(default)s)")
    add(
        "--endpoint",
        type=_endpoint,
        action="append",
        default=[],
        metavar="NAME=SCENARIO",
        help="add an endpoint; may be repeated",
    )
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="RULE",
        help="make requests go wrong, see below; may be repeated",
    )
    add("--shape", choices=shapes.SHAPES, default="published", metavar="NAME", help="how a status is told, see below")
    add("--replay", type=_recording, metavar="FILE", help="play a recorded rollout (HAR) instead of all of this")
    add("--speed", type=_speed, default=1.0, help="let rollouts go that many times faster (%(default)g)")


def _add_details(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--key", default=DEFAULT_KEY, help="management key to accept (%(default)s)")
    add("--inference-key", default=DEFAULT_INFERENCE_KEY, metavar="KEY", help="inference key to accept (%(default)s)")
    add("--answer", default=DEFAULT_ANSWER, metavar="TEXT", help="what good versions answer (%(default)s)")
    add("--seed", type=int, default=0, help="seed of the deployment ids (%(default)s)")


def _leave(*_: object) -> None:
    # As PID 1 there is no default action to end the process; and ending as asked is no failure.
    sys.exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command until it is told to end."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args([*shlex.split(os.environ.get(VARIABLE, "")), *given])
    if options.list:
        sys.stdout.write(scenario_lines() + "\n")
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    world = World(
        now=time.time,
        scenario=options.scenario,
        endpoints=dict(options.endpoint),
        speed=options.speed,
        seed=options.seed,
        key=options.key,
        inference_key=options.inference_key,
        answer=options.answer,
        shape=options.shape,
    )
    world.faults.add(*options.fault)
    try:
        listener, url = listen(options.host, options.port)
    except OSError as error:
        sys.exit(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()
    if options.replay:
        serve(create_playback(Playback(options.replay, options.speed), time.time)).run(sockets=[listener])
    else:
        server(world).run(sockets=[listener])


if __name__ == "__main__":
    main()
