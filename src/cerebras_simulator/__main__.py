"""The simulator as a command: `python -m cerebras_simulator`."""

import argparse
import math
import signal
import sys
import time
from collections.abc import Sequence

from . import schedule
from .inventory import ARCHITECTURE, endpoint_name
from .scenarios import ALL_SCENARIOS, find
from .server import listen, server
from .world import DEFAULT_ANSWER, DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World

EPILOG = """\
scenarios:
{scenarios}

The default endpoint is {endpoint}, with versions 1 (alias stable), 2 (production, v2) and
3 (candidate) of {architecture}. Each scenario has an endpoint of its own besides, {each}; those about
weights serve an architecture of the scenario's name, the others {architecture} as well. A scenario begins
when its endpoint is first asked for.

faults:
{faults}

A running simulator takes more faults: POST /_simulator/faults, a JSON list of them; DELETE forgets all. What
happened: GET /_simulator/requests, GET /_simulator/deployments and GET /_simulator/aliases.
"""


def scenario_lines() -> str:
    """Describe the scenarios, one a line."""
    width = max(map(len, ALL_SCENARIOS))
    return "\n".join(f"  {name:{width}}  {scenario.about}" for name, scenario in ALL_SCENARIOS.items())


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
        schedule.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    options = argparse.ArgumentParser(
        prog="python -m cerebras_simulator",
        description="A simulator of the Cerebras Management API, to rehearse deployments against.",
        epilog=EPILOG.format(
            scenarios=scenario_lines(),
            faults=schedule.describe(),
            endpoint=endpoint_name(ARCHITECTURE),
            architecture=ARCHITECTURE,
            each=endpoint_name("SCENARIO"),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=8321, help="port to listen on, 0 for any free one (%(default)s)")
    add("--speed", type=_speed, default=1.0, help="run scenarios that many times faster (%(default)g)")
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
    add("--key", default=DEFAULT_KEY, help="management key to accept (%(default)s)")
    add("--inference-key", default=DEFAULT_INFERENCE_KEY, help="inference key to accept (%(default)s)")
    add("--answer", default=DEFAULT_ANSWER, metavar="TEXT", help="what good versions answer (%(default)r)")
    add("--seed", type=int, default=0, help="seed of the deployment ids (%(default)s)")
    add("--list", action="store_true", help="list the scenarios and end")
    return options


def _leave(*_: object) -> None:
    # As PID 1 there is no default action to end the process; and ending as asked is no failure.
    sys.exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command until it is told to end."""
    options = parser().parse_args(arguments)
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
    )
    world.faults.add(*options.fault)
    try:
        listener, url = listen(options.host, options.port)
    except OSError as error:
        sys.exit(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()
    server(world).run(sockets=[listener])


if __name__ == "__main__":
    main()
