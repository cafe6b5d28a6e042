"""What successive snapshots have shown of the one deployment that is followed."""

import pytest

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make

OLD = "old 1 complete 10"
OURS = "ours 2 {} 20"
DEPLOYED = Track(Target("ours", created=20, older=frozenset({"old"})))


def after(*states: str, track: Track = DEPLOYED, interval: float = 5.0) -> Track:
    """Return the track after a read every `interval` seconds; `-`: it is not listed."""
    for n, state in enumerate(states):
        listed = [] if state == "-" else [OURS.format(state)]
        track = track.read(make.endpoint(OLD, *listed), n * interval)
    return track


def test_the_latest_error_is_remembered() -> None:
    assert after("error", "in_progress").last_error == "error"
    assert after("in_progress", "-").last_error == ""


def test_the_deploy_replys_progress_stands_until_it_is_listed() -> None:
    track = after("-", track=Track(DEPLOYED.target, Progress(Status.NOT_STARTED)))

    assert track.progress.status is Status.NOT_STARTED
    assert after("in_progress", track=track).progress.status is Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("states", "reads", "stood"),
    [
        (["queued"], 1, 0),
        (["queued", "queued", "queued"], 3, 10),
        (["queued", "in_progress", "in_progress"], 2, 5),
        (["queued", "-", "-", "-"], 3, 10),
        (["-", "-"], 2, 5),
        (["-", "queued", "-"], 1, 0),
        (["queued", "-", "queued"], 1, 0),
    ],
)
def test_how_long_it_has_shown_the_same_begins_anew_with_a_change(states: list[str], reads: int, stood: float) -> None:
    track = after(*states)

    assert (track.state_reads, track.stood) == (reads, stood)


@pytest.mark.parametrize(
    ("states", "under_way", "rolling_back"),
    [
        (["complete"], False, False),
        (["queued", "complete"], True, False),
        (["in_progress", "-"], True, False),
        (["rolling_back", "complete"], False, True),
    ],
)
def test_what_was_seen_once_stays_seen(states: list[str], *, under_way: bool, rolling_back: bool) -> None:
    track = after(*states)

    assert (track.seen_under_way, track.seen_rolling_back) == (under_way, rolling_back)


def test_what_was_seen_rolling_back_before_it_was_followed_stays_so_whatever_it_shows() -> None:
    entry = make.entry(OURS.format("in_progress")).model_copy(update={"was_rolling_back": True})

    assert DEPLOYED.listed(entry, 0).seen_rolling_back


def test_its_time_is_the_listed_one_if_it_has_one() -> None:
    untimed = after("queued").read(make.endpoint(make.entry(OURS.format("queued"), created=None)), 5)

    assert after("queued", track=Track(Target("ours"))).target.created == 20
    assert untimed.target.created == 20


@pytest.mark.parametrize(
    ("state", "rhythm"),
    [
        ("queued", Rhythm.BASE),
        ("paused", Rhythm.BASE),
        ("in_progress", Rhythm.BASE),
        ("done", Rhythm.CONFIRM),
        ("error", Rhythm.CONFIRM),
        ("rolling_back", Rhythm.QUICK),
        ("-", Rhythm.BASE),
    ],
)
def test_what_goes_wrong_or_is_to_be_confirmed_is_read_more_often(state: str, rhythm: Rhythm) -> None:
    assert after("in_progress", state).rhythm is rhythm


def test_a_rollout_is_read_by_its_strides_while_it_is_listed() -> None:
    def counted(updated: int) -> Endpoint:
        line = OURS.format("in_progress")
        return make.endpoint(make.entry(line, rollout_replicas_updated=updated, rollout_total_replicas=8))

    track = DEPLOYED.read(counted(0), 0).read(counted(1), 10)

    assert track.rhythm is Rhythm.SLOW
    assert track.read(make.endpoint(), 15).rhythm is Rhythm.BASE
