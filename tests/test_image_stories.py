"""The image, run as the runner runs it: every story that does not need hours, against the goldens of the others.

The simulator is in a container, too. All stories are told at once, since they mostly wait.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import containers
import pytest
import runner
from masked import masked
from stage import BASE
from stories import STORIES, Story

pytestmark = pytest.mark.container

MANIFEST = runner.load_manifest(Path(__file__).parent.parent / "action.yml")
GOLDEN = Path(__file__).parent / "golden"
AT_ONCE = 8
SPEED = 10
TOLD = {name: story for name, story in STORIES.items() if not story.timed}


def cancel_for(story: Story) -> runner.Cancel | None:
    """Cancel where the golden log was: at its last line with a time."""
    if story.interrupt is None:
        return None
    lines = (GOLDEN / story.name / "log.txt").read_text().splitlines()
    told = [line.removeprefix("mm:ss") for line in lines if line.startswith("mm:ss  ")]
    return runner.Cancel(when_line_matches=re.escape(told[-1]), occurrence=told.count(told[-1]))


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


def certain(text: str) -> str:
    """Leave out what depends on the pace: heartbeats, one in a minute, and the three seconds before the end."""
    chance = re.compile(r" for <time>, <time> left$|in progress, 8 of 8 replicas updated")
    return "".join(line for line in text.splitlines(keepends=True) if not chance.search(line))


@pytest.mark.parametrize("name", TOLD)
def test_the_story_is_the_same_from_the_container(name: str, told: dict[str, Future[runner.StepResult]]) -> None:
    result = told[name].result()
    log, summary, outputs = ((GOLDEN / name / file).read_text() for file in ("log.txt", "summary.md", "outputs.txt"))

    assert certain(masked(result.stdout.decode())) == certain(log)
    assert certain(masked(result.summary)) == certain(summary)
    assert masked("".join(f"{output}: {value}\n" for output, value in result.outputs.items())) == outputs
    assert result.stderr == b""
    assert result.container_gone_after is not None
