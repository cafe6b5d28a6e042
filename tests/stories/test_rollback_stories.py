"""`operation: rollback` in each of its plans, as a user sees it: log and outputs against golden files."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from helpers import presented
from helpers.presented import HOUR, Api, Entry, entry
from helpers.stage import EPOCH

Golden = Callable[..., None]
HALF = {"rollout_replicas_updated": 3, "rollout_total_replicas": 8}
NAMES = ("result", "message", "model", "previous-model", "live-model", "changed", "plan", "deployment-id")


def version_2(state: str, age: float = HOUR / 2, **more: Any) -> Entry:
    return entry("2", state, age, EPOCH) | more


class Story(NamedTuple):
    """What is listed beside version 1 of two hours ago, by the seconds of the run; `runs` is how often it is run."""

    listed: Callable[[float], list[Entry]]
    old: Callable[[Entry], Entry | None] = presented.same
    runs: int = 1


STORIES = {
    "live": Story(lambda _: [version_2("complete")]),
    "not-live": Story(lambda _: []),
    "replaced": Story(lambda _: [version_2("complete"), entry("3", "complete", 60, EPOCH)]),
    "newer-in-flight": Story(
        lambda now: [version_2("complete"), entry("3", "in_progress" if now < 60 else "complete", 10, EPOCH)]
    ),
    "newer-failed": Story(lambda _: [version_2("complete"), entry("3", "error", 10, EPOCH)]),
    "failed-half-way": Story(lambda _: [version_2("error", 60, **HALF)]),
    "rolled-back-by-the-api": Story(lambda now: [version_2("rolling_back" if now < 60 else "rolled_back", 60)]),
    "lagging-replica": Story(lambda now: [] if now < 1 else [version_2("complete")]),
    "nothing-before": Story(lambda _: [version_2("complete")], old=lambda _: None),
    "twice": Story(lambda _: [version_2("complete")], runs=2),
}


def there(story: Story) -> Api:
    def listed(_: float | None) -> list[Entry]:
        return story.listed(api.stage.clock.now() - EPOCH)

    api = presented.api(more=listed, old=story.old)
    return api


@pytest.mark.parametrize(("name", "story"), STORIES.items(), ids=STORIES)
def test_log_and_outputs_are_the_golden_ones(name: str, story: Story, golden: Golden) -> None:
    api = there(story)
    played = [api.play(operation="rollback", timeout="10m") for _ in range(story.runs)][-1]

    golden(f"rollback-{name}/log.txt", played.text, author=True)
    golden(f"rollback-{name}/outputs.txt", "".join(f"{one}: {played.outputs[one]}\n" for one in NAMES), author=True)
