"""Whole runs, as a user sees them: the log, the summary and the outputs of every story, against golden files."""

import json
from collections.abc import Callable

import httpx
import jsonschema_rs
import pytest

from cerebras_deploy.api.network import USER_AGENT
from cerebras_deploy.tell.report import LIMIT
from cerebras_simulator.server import running
from helpers.masked import on_a_port
from helpers.repository import ROOT
from helpers.stage import Stage
from helpers.stories import DOCUMENTS, STORIES, Story, stage_of

Golden = Callable[..., None]
ON_A_PORT = {name: story for name, story in STORIES.items() if not story.slow}
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
GREEN = {"succeeded", "unchanged", "triggered", "planned"}


def listing(outputs: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in outputs.items() if name not in DOCUMENTS)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_log_summary_and_outputs_are_the_golden_ones(story: Story, golden: Golden) -> None:
    played = stage_of(story).play(story.inputs)

    golden(f"{story.name}/log.txt", played.text, author=True)
    golden(f"{story.name}/summary.md", played.summary, author=True)
    golden(f"{story.name}/outputs.txt", listing(dict(played.outputs)), author=True)
    assert played.exit_code == (0 if played.result in GREEN else 1)
    assert played.outputs["summary-markdown"] + "\n" == played.summary
    assert len(played.outputs["report"].encode()) <= LIMIT
    told = json.loads(played.outputs["report"])
    jsonschema_rs.validate(SCHEMA, told)
    assert told["outputs"] == {name: value for name, value in played.outputs.items() if name not in DOCUMENTS}
    assert not played.log.failures
    assert ("error" in {a.level for a in played.log.annotations}) == (played.exit_code != 0)


class Port(httpx.HTTPTransport):
    """The real network to the simulator. What an answer takes passes on the virtual clock, too."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self._stage.clock.sleep(self._stage.world.requests[-1].delay)
        return response


@pytest.mark.long
@pytest.mark.parametrize("story", ON_A_PORT.values(), ids=ON_A_PORT)
def test_over_a_port_the_story_is_the_same(story: Story, golden: Golden) -> None:
    stage = stage_of(story)
    with running(stage.world) as address:
        stage.connect = lambda _: httpx.Client(  # type: ignore[method-assign]
            transport=Port(stage), headers={"User-Agent": USER_AGENT}
        )
        played = stage.play({"base-url": address} | dict(story.inputs))

    golden(f"{story.name}/log.txt", played.text, mask=on_a_port)
    golden(f"{story.name}/summary.md", played.summary, mask=on_a_port)
    golden(f"{story.name}/outputs.txt", listing(dict(played.outputs)), mask=on_a_port)
