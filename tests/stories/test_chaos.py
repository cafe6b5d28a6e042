"""The fault matrix: many seeds, one tally. `make chaos` plays a thousand; what a seed is: chaos.py."""

from collections import Counter
from dataclasses import replace

import pytest

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.track import Track
from chaos import Run, chaos, play
from helpers import make
from helpers.matrix import play_all


@pytest.mark.matrix
def test_whatever_fails_no_false_green_no_duplicate_no_false_red(request: pytest.FixtureRequest) -> None:
    runs = int(request.config.getoption("--chaos-runs"))
    played = play_all(play, runs)

    results = Counter(result for _, _, result, _, _ in played)
    print(f"\n| result | of {runs} runs |\n| --- | --- |")
    for result, count in results.most_common():
        print(f"| {result} | {count} |")
    print(f"Faults scheduled: {sum(faults for _, _, _, faults, _ in played)}.")
    assert [(seed, scenario, found) for seed, scenario, _, _, found in played if found] == []


def test_a_seed_stands_for_one_run() -> None:
    first, again = Run(7), Run(7)

    assert chaos(7) == chaos(7)
    assert first.first.text == again.first.text


def finds(violation: str) -> bool:
    return any(violation in found for seed in range(200) for found in Run(seed).violations())


def test_the_matrix_finds_a_verdict_that_any_entry_may_give(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Track.read

    def gullible(self: Track, endpoint: object, at: float) -> Track:
        track = honest(self, endpoint, at)  # type: ignore[arg-type]
        return replace(track, progress=Progress(Status.DONE), seen_under_way=True) if track.seen else track

    monkeypatch.setattr(Track, "read", gullible)

    assert finds("false green")


def test_the_matrix_finds_a_verdict_given_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Track.read

    def hasty(self: Track, endpoint: Endpoint, at: float) -> Track:
        track = honest(self, endpoint, at)
        return (
            track if track.is_listed else replace(track, entry=make.entry("ours 2 done 1"), state_reads=3, at=at + 20)
        )

    monkeypatch.setattr(Track, "read", hasty)

    assert finds("false red")
