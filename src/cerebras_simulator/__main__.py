"""The simulator as a command: `python -m cerebras_simulator`."""

import signal
import sys
import time
from collections.abc import Sequence

from cerebras_simulator.api.playback import create_playback
from cerebras_simulator.help_text import scenario_lines
from cerebras_simulator.options import Options, read
from cerebras_simulator.server import listen, serve, server
from cerebras_simulator.world.recording import Playback
from cerebras_simulator.world.state import World


def _leave(*_: object) -> None:
    # As PID 1 there is no default action to end the process; and ending as asked is no failure.
    sys.exit(0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command until it is told to end."""
    options = read(sys.argv[1:] if arguments is None else arguments)
    if options.list:
        sys.stdout.write(scenario_lines() + "\n")
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    world = world_of(options)
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


def world_of(options: Options) -> World:
    """Build the world that the options ask for."""
    world = World(
        now=time.time,
        scenario=options.scenario,
        endpoints=dict(options.endpoint),
        speed=options.speed,
        seed=options.seed,
        key=options.key,
        inference_key=options.inference_key,
        answer=options.answer,
        choices=options.choices,
        second_writer=options.second_writer,
        shape=options.shape,
        refuses_library_agents=not options.accept_any_user_agent,
    )
    world.faults.add(*options.fault)
    return world


if __name__ == "__main__":
    main()
