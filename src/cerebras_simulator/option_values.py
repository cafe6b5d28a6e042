"""How the values of options are read: a ValueError says what is wrong."""

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

from cerebras_simulator.faults import rules
from cerebras_simulator.world.inference import Choice, Figure
from cerebras_simulator.world.scenarios import find

Value = TypeVar("Value")


def told(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Have a ValueError's own sentence shown."""

    def parsed(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise ValueError(f"not a positive number: {text!r}")
    return number


def scenario(text: str) -> str:
    """Read the name of a scenario."""
    find(text)
    return text


def endpoint(text: str) -> tuple[str, str]:
    """Read an endpoint's name, and its scenario's."""
    name, found, played = text.partition("=")
    if not (name and found):
        raise ValueError(f"not of the form NAME=SCENARIO: {text!r}")
    return name, scenario(played)


def fault(text: str) -> str:
    """Read a rule by which requests go wrong."""
    rules.parse(text)
    return text


def figure(figure: Figure) -> Callable[[str], Choice]:
    """Read a figure for all versions or for one."""
    return told(lambda text: Choice.parse(figure, text))
