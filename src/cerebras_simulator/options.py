"""The options of the command."""

import argparse
import os
import shlex
from collections.abc import Callable, Sequence

from cerebras_simulator.api import shapes
from cerebras_simulator.help_text import VARIABLE, description, epilog
from cerebras_simulator.option_values import endpoint, fault, figure, positive, scenario, told
from cerebras_simulator.world.inference import Answer, Choice
from cerebras_simulator.world.recording import Recorded, load
from cerebras_simulator.world.state import DEFAULT_ANSWER, DEFAULT_INFERENCE_KEY, DEFAULT_KEY


class Options(argparse.Namespace):
    """The options, typed."""

    list: bool
    host: str
    port: int
    scenario: str
    endpoint: Sequence[tuple[str, str]]
    fault: Sequence[str]
    shape: str
    replay: tuple[Recorded, ...] | None
    speed: float
    key: str
    inference_key: str
    answer: str
    choices: Sequence[Answer | Choice]
    second_writer: float
    accept_any_user_agent: bool
    seed: int


def read(arguments: Sequence[str]) -> Options:
    """Read the options from the environment, then from the command line; a wrong one ends the process."""
    return parser().parse_args([*shlex.split(os.environ.get(VARIABLE, "")), *arguments], Options())


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    options = argparse.ArgumentParser(
        prog="python -m cerebras_simulator",
        usage="%(prog)s [options]",
        description=description(),
        epilog=epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--list", action="store_true", help="list the scenarios and exit")
    _add_address(options.add_argument_group("Address"))
    _add_play(options.add_argument_group("What happens"))
    _add_answers(options.add_argument_group("How versions answer (each option can be repeated; VERSION is a number)"))
    _add_details(options.add_argument_group("Details"))
    return options


def _add_address(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    group.add_argument("--port", type=int, default=8321, help="port; 0 picks a free one (default: %(default)s)")


def _add_play(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--scenario",
        type=told(scenario),
        default="healthy",
        help="what happens on the default endpoint (default: %(default)s)",
    )
    add(
        "--endpoint",
        type=told(endpoint),
        action="append",
        default=[],
        metavar="NAME=SCENARIO",
        help="add an endpoint; can be repeated",
    )
    add(
        "--fault",
        type=told(fault),
        action="append",
        default=[],
        metavar="RULE",
        help="make requests fail, see below; can be repeated",
    )
    add(
        "--second-writer",
        type=told(positive),
        default=0.0,
        metavar="SECONDS",
        help="let somebody else add, move, or remove an alias at random moments, every SECONDS on average",
    )
    add(
        "--shape", choices=shapes.SHAPES, default="published", metavar="NAME", help="how a status is written, see below"
    )
    add("--replay", type=told(load), metavar="FILE", help="replay a recorded rollout (HAR) instead of all of this")
    add("--speed", type=told(positive), default=1.0, help="run rollouts this many times faster (default: %(default)g)")


def _add_answers(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--answer", default=DEFAULT_ANSWER, metavar="TEXT", help="what good versions say (%(default)s)")
    choices: Sequence[tuple[str, Callable[[str], Answer | Choice], str, str]] = (
        (
            "--answer-to",
            told(Answer.parse),
            "[VERSION:]QUESTION=TEXT",
            "what to say if the question contains QUESTION, in any case; with VERSION, even if it is a bad one",
        ),
        ("--latency", figure("seconds"), "[VERSION=]SECONDS", "seconds until an answer comes (default: 0.25)"),
        (
            "--tokens-per-second",
            figure("tokens_per_second"),
            "[VERSION=]RATE",
            "write so many words a second, after the latency (default: all at once)",
        ),
        (
            "--inference-errors",
            figure("down_for"),
            "[VERSION=]SECONDS",
            "answer 503 until so many seconds after the version's rollout; GET /v1/models still works",
        ),
    )
    for name, kind, form, about in choices:
        group.add_argument(name, type=kind, action="append", dest="choices", default=[], metavar=form, help=about)


def _add_details(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--key", default=DEFAULT_KEY, help="management key to accept (default: %(default)s)")
    add(
        "--inference-key",
        default=DEFAULT_INFERENCE_KEY,
        metavar="KEY",
        help="inference key to accept (default: %(default)s)",
    )
    add(
        "--accept-any-user-agent",
        action="store_true",
        help="accept the default User-Agents of Python's HTTP libraries, which the real API answers with 403",
    )
    add("--seed", type=int, default=0, help="seed of deployment IDs and of the second writer (default: %(default)s)")
