"""The handbook of the simulator, against the simulator."""

import re
import shlex
from typing import Any, Final

import yaml

from cerebras_simulator.api.shapes import SHAPES
from cerebras_simulator.faults.kinds import KINDS, STATUS, Kind
from cerebras_simulator.faults.rules import CALLS, parse
from cerebras_simulator.options import parser
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.scenarios import ALL_SCENARIOS
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World
from helpers.repository import ROOT

HANDBOOK: Final = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """Give the lines of the table under a heading, without its own head."""
    section = HANDBOOK.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][2:]


def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", HANDBOOK, re.DOTALL)


def default(kind: Kind) -> str:
    parameters = [f"`{name.replace('_', '-')}={value}`" for name, value in kind.defaults.items()]
    return ", ".join(["after" if kind.processed else "before", *parameters])


def test_the_handbook_is_one_to_read() -> None:
    assert len(HANDBOOK.splitlines()) < 220


def test_its_scenarios_are_those_that_there_are() -> None:
    assert rows("Scenarios") == [f"| `{name}` | {scenario.about} |" for name, scenario in ALL_SCENARIOS.items()]


def test_its_shapes_are_those_that_there_are() -> None:
    assert rows("Shapes") == [f"| `{name}` | {about} |" for name, (about, _) in SHAPES.items()]


def test_its_faults_are_those_that_there_are() -> None:
    first = f"| 300 to 599 | {STATUS.about} | {default(STATUS)} |"

    assert rows("Faults") == [
        first,
        *(f"| `{name}` | {kind.about} | {default(kind)} |" for name, kind in KINDS.items()),
    ]


def test_its_calls_are_those_that_there_are() -> None:
    listed = HANDBOOK.partition("\n- CALL: ")[2].partition(", or `*`")[0]

    assert re.findall("`(.*?)`", listed) == list(CALLS)


def test_its_sample_rules_can_be_read() -> None:
    samples = re.findall(r"`'?((?:deploy|aliases|chat|models|away):[a-z\d*][^`']*)'?`", HANDBOOK)

    assert len(samples) == 6
    assert [parse(rule) for rule in samples]


def test_its_command_lines_can_be_read() -> None:
    commands = [shlex.split(line) for each in samples("sh") for line in each.splitlines() if "simulator" in line]

    assert [command[:3] for command in commands] == [[".venv/bin/python", "-m", "cerebras_simulator"]] * 2
    first, second = (parser().parse_args(command[3:]) for command in commands)
    assert (first.scenario, len(second.choices)) == ("rolls-back", 3)


def test_its_options_are_those_that_there_are() -> None:
    named = {option for action in parser()._actions for option in action.option_strings}  # noqa: SLF001

    assert set(re.findall(r"`(--[a-z-]+)", HANDBOOK)) - {"--target"} <= named


def test_its_workflow_fits_the_simulator() -> None:
    job: dict[str, Any] = yaml.safe_load(samples("yaml")[0])
    options = parser().parse_args(shlex.split(job["services"]["simulator"]["env"]["SIMULATOR_OPTIONS"]))
    fault, deploy = job["steps"]
    world = World(lambda: 0, scenario=options.scenario)
    world.faults.add(*yaml.safe_load(shlex.split(fault["run"])[3]))
    given = deploy["with"]

    assert (given["api-key"], given["inference-api-key"]) == (DEFAULT_KEY, DEFAULT_INFERENCE_KEY)
    assert given["base-url"] == f"http://simulator:{options.port}"
    assert world.deploy(given["endpoint"], VersionName.parse(given["model"])).deployment.version == 2


def test_its_code_runs() -> None:
    # What it does with the world is up to the reader; that its names and arguments exist is shown by running it.
    exec(compile(samples("python")[0], "docs/simulator.md", "exec"), {})
