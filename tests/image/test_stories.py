"""The image, run as the runner runs it: every story that does not need hours, against the goldens of the others.

The simulator is in a container, too. All stories are told at once, since they mostly wait. How often a busy machine
comes to look at a rollout is not asked: counts may be missed, and states that are soon over.
"""

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import runner
from helpers import containers
from helpers.masked import by_the_real_clock
from helpers.repository import GOLDEN, MANIFEST
from helpers.stage import BASE
from helpers.stories import DOCUMENTS, STORIES, Story

pytestmark = pytest.mark.container

AT_ONCE = 8
SPEED = 10
COUNT = re.compile(r"((?:[Ii]n progress|[Rr]olling back), )(\d) of 8 replicas updated(?: [▰▱]+)?")
BY_CHANCE = re.compile(r"  No change for <time>: |  Not started\b|`not started\b|^    not started :|: queued\b")
TOLD = {name: story for name, story in STORIES.items() if not story.timed}


def cancel_for(story: Story) -> runner.Cancel | None:
    """Cancel when the golden run was, counted from the last line before that comes for certain."""
    if story.interrupt is None:
        return None
    lines = (GOLDEN / story.name / "log.txt").read_text().splitlines()
    told = [(line[:5], line[5:]) for line in lines if re.match(r"\d\d:\d\d  ", line) and not COUNT.search(line)]
    (minutes, seconds), line = map(int, told[-1][0].split(":")), told[-1][1]
    line = re.split(r"[0-9a-f-]{36}", line)[0]
    return runner.Cancel(
        when_line_matches=re.escape(line),
        occurrence=sum(other.startswith(line) for _, other in told),
        after_seconds=(story.interrupt - 60 * minutes - seconds) / SPEED,
    )


def tell(story: Story, folder: Path, network: str) -> runner.StepResult:
    with containers.simulator(story.scenario, speed=SPEED, network=network) as simulator:
        inputs = BASE | {"base-url": simulator.by_name, "poll-interval": "200ms"} | dict(story.inputs)
        step = runner.Step(MANIFEST, inputs, {"NO_COLOR": "1"})
        return runner.run_container(
            containers.ACTION,
            runner.JobFolder(folder),
            step,
            network=network,
            cancel=cancel_for(story),
            limit=240,
        )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[runner.StepResult]]]:
    with containers.network() as network, ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(tell, story, tmp_path_factory.mktemp(name), network) for name, story in TOLD.items()}


def certain(text: str) -> list[str]:
    """Leave out what depends on the pace: heartbeats, one in a minute, how far it was, and what is soon over."""
    rules = ((COUNT.pattern, r"\1<n> of 8 replicas updated"), (r"^\| mm:ss \| \S* ?\|", "| mm:ss | <time> |"))
    for pattern, mask in rules:
        text = re.sub(pattern, mask, text, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if not BY_CHANCE.search(line)]
    return [line for line, before in zip(lines, ["", *lines], strict=False) if line != before]


def orderly(text: str) -> bool:
    """Whether each rollout only goes up, and down only where it is rolled back."""
    for what, lines in itertools.groupby(text.splitlines(), key=lambda line: COUNT.sub(r"\1", line)):
        counts = [found[2] for line in lines if (found := COUNT.search(line))]
        if counts != sorted(counts, reverse="rolling back" in what.lower()):
            return False
    return True


@pytest.mark.parametrize("name", TOLD)
def test_the_story_is_the_same_from_the_container(name: str, told: dict[str, Future[runner.StepResult]]) -> None:
    result = told[name].result()
    outputs = "".join(f"{output}: {value}\n" for output, value in result.outputs.items() if output not in DOCUMENTS)
    for file, text in (("log.txt", result.stdout.decode()), ("summary.md", result.summary), ("outputs.txt", outputs)):
        seen, golden = by_the_real_clock(text), by_the_real_clock((GOLDEN / name / file).read_text())

        assert certain(seen) == certain(golden)
        assert orderly(seen)
    assert result.stderr == b""
    assert result.container_gone_after is not None
