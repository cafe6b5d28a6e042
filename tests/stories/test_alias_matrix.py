"""Promotion while somebody else changes aliases, too: many seeds, one tally. What a seed is: alias_matrix.py."""

from collections import Counter
from collections.abc import Callable

import pytest

from alias_matrix import Run, play
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.decide.aliases import Elsewhere, Holding, Step, Write, next_step
from cerebras_deploy.steps import write_alias
from cerebras_deploy.steps.write_alias import AliasWriter
from helpers.matrix import play_all


@pytest.mark.matrix
def test_whoever_else_writes_no_alias_is_lost_and_ours_are_where_it_says(request: pytest.FixtureRequest) -> None:
    runs = int(request.config.getoption("--alias-runs"))
    played = play_all(play, runs)

    print(f"\n| end | of {runs} runs |\n| --- | --- |")
    for end, count in Counter(one.end for one in played).most_common():
        print(f"| {end} | {count} |")
    writes, repairs = sum(one.writes for one in played), sum(one.repairs for one in played)
    print(f"Faults scheduled: {sum(one.faults for one in played)}.")
    print(f"Of {writes} writes of somebody else, {repairs} were gone some seconds later, and repaired.")
    assert [(one.seed, one.end, one.violations) for one in played if one.violations] == []


def test_a_seed_stands_for_one_run() -> None:
    assert Run(7).played.text == Run(7).played.text
    assert play(7) == play(7)


def finds(violation: str, seeds: int = 400) -> bool:
    return any(found.startswith(violation) for seed in range(seeds) for found in Run(seed).violations())


Break = Callable[[pytest.MonkeyPatch], None]


def a_list_from_before_a_retry_is_written(patch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[ModelName, ModelName], Write] = {}
    honest = AliasWriter.look

    def look(self: AliasWriter) -> Holding:
        kept.clear()
        return honest(self)

    def stale(now: Holding, take_from: ModelName | None) -> Step:
        step = next_step(now, take_from)
        return kept.setdefault((now.target.model, step.version), step) if isinstance(step, Write) else step

    patch.setattr(AliasWriter, "look", look)
    patch.setattr(write_alias, "next_step", stale)


def it_is_taken_from_whoever_has_it(patch: pytest.MonkeyPatch) -> None:
    def greedy(now: Holding, take_from: ModelName | None) -> Step:
        step = next_step(now, take_from)
        return next_step(now, step.version) if isinstance(step, Elsewhere) else step

    patch.setattr(write_alias, "next_step", greedy)


@pytest.mark.long
@pytest.mark.parametrize(
    ("broken", "violation"),
    [(a_list_from_before_a_retry_is_written, "lost"), (it_is_taken_from_whoever_has_it, "overwritten")],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_matrix_notices_what_is_broken_on_purpose(
    broken: Break, violation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)

    assert finds(violation)
