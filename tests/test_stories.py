"""Whole runs, as a user sees them: the log, the summary and the outputs of every story, against golden files."""

from collections.abc import Callable

import httpx
import pytest
from stage import EPOCH, Stage, VirtualClock
from stories import STORIES, Story

from cerebras_deploy.client import USER_AGENT
from cerebras_simulator.server import running

Golden = Callable[[str, str], None]
GREEN = {"succeeded", "unchanged", "triggered"}


def clock_for(story: Story) -> VirtualClock:
    return VirtualClock(interrupt_at=None if story.interrupt is None else EPOCH + story.interrupt)


def listing(outputs: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in outputs.items())


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_log_summary_and_outputs_are_the_golden_ones(story: Story, golden: Golden) -> None:
    played = Stage(story.scenario, clock=clock_for(story)).play(story.inputs)

    golden(f"{story.name}/log.txt", played.text)
    golden(f"{story.name}/summary.md", played.summary)
    golden(f"{story.name}/outputs.txt", listing(dict(played.outputs)))
    assert played.exit_code == (0 if played.result in GREEN else 1)
    assert not played.log.failures
    assert ("error" in {a.level for a in played.log.annotations}) == (played.exit_code != 0)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_over_a_port_the_story_is_the_same(story: Story, golden: Golden) -> None:
    stage = Stage(story.scenario, clock=clock_for(story))
    with running(stage.world) as address:
        stage.connect = lambda: httpx.Client(headers={"User-Agent": USER_AGENT})  # type: ignore[method-assign]
        played = stage.play({"base-url": address} | dict(story.inputs))

    golden(f"{story.name}/log.txt", played.text)
    golden(f"{story.name}/summary.md", played.summary)
    golden(f"{story.name}/outputs.txt", listing(dict(played.outputs)))
