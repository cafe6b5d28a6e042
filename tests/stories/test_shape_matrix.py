"""Random truths in random presentations: many seeds, one tally. What a seed is: shape_matrix.py."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from cerebras_deploy.api import endpoint
from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import PUBLISHED, Status
from cerebras_deploy.decide import evidence, plan, rollout
from cerebras_deploy.decide.judgment import Judgment
from cerebras_deploy.decide.lost_call import LostCall
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps import follow
from helpers.matrix import play_all
from shape_matrix import Run, play


@pytest.mark.matrix
def test_in_any_presentation_no_false_success_no_duplicate_and_the_right_end(request: pytest.FixtureRequest) -> None:
    runs = int(request.config.getoption("--shape-runs"))
    played = play_all(play, runs)

    tally = Counter((truth, result) for _, truth, result, _ in played)
    print(f"\n| what happened | result | of {runs} runs |\n| --- | --- | --- |")
    for (truth, result), count in sorted(tally.items()):
        print(f"| {truth} | {result} | {count} |")
    assert [(seed, truth, found) for seed, truth, _, found in played if found] == []


def finds(violation: str, seeds: int = 150) -> bool:
    return any(violation in found for seed in range(seeds) for found in Run(seed).violations())


Break = Callable[[pytest.MonkeyPatch], None]


def the_word_for_an_end_counts_at_once(patch: pytest.MonkeyPatch) -> None:
    def judge(entry: DeployedModel, *_: object, **__: object) -> Judgment:
        statuses = [PUBLISHED.parse(word.text) for word in entry.words]
        return Judgment(next((one for one in statuses if isinstance(one, Status) and not one.under_way), statuses[0]))

    patch.setattr(evidence, "judge", judge)


def the_deploy_reply_is_evidence(patch: pytest.MonkeyPatch) -> None:
    honest = rollout.end_of

    def hasty(track: Track) -> End | None:
        return End(Result.SUCCEEDED) if track.reply.status is Status.DONE else honest(track)

    patch.setattr(follow, "end_of", hasty)


def an_error_counts_at_once(patch: pytest.MonkeyPatch) -> None:
    honest = Track.listed

    def hasty(self: Track, entry: DeployedModel, at: float) -> Track:
        track = honest(self, entry, at)
        return replace(track, state_since=at - 60, state_reads=9) if track.progress.status is Status.ERROR else track

    patch.setattr(Track, "listed", hasty)


def a_lost_call_is_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LostCall, "find", lambda *_: None)
    patch.setattr(LostCall, "read", lambda self, *_: setattr(self, "reads", self.reads + 1))
    patch.setattr(plan, "in_flight", lambda _: [])


def ids_are_compared_as_they_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(endpoint, "same_form", str)


@pytest.mark.long
@pytest.mark.parametrize(
    ("broken", "violation"),
    [
        (the_word_for_an_end_counts_at_once, "false success"),
        (the_deploy_reply_is_evidence, "false success"),
        (an_error_counts_at_once, "failed for recovers"),
        (a_lost_call_is_not_looked_for, "2 deployments"),
        (ids_are_compared_as_they_come, "timed-out for done"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_the_matrix_notices_what_is_broken_on_purpose(
    broken: Break, violation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)

    assert finds(violation)
