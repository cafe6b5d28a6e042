"""How often the API is asked, and what it does to that: the simulator's record of a whole run."""

from itertools import pairwise

import pytest

from helpers.stage import Stage


def reads(stage: Stage) -> list[float]:
    """When the endpoint's status was read, in seconds of the run."""
    times = [one.time for one in stage.world.requests if one.method == "GET" and "/versions/" not in one.path]
    return [time - times[0] for time in times]


def gaps(stage: Stage) -> list[float]:
    return [after - before for before, after in pairwise(reads(stage))]


def test_reads_come_at_the_interval_with_jitter() -> None:
    stage = Stage("no-replica-counts")
    stage.play({"poll-interval": "10s"})

    regular = gaps(stage)[2:]
    assert all(9 <= gap <= 11 for gap in regular)
    assert len({round(gap, 3) for gap in regular}) > len(regular) / 2


def test_reads_come_more_often_where_the_end_can_be() -> None:
    stage = Stage("healthy")
    stage.play({"poll-interval": "10s"})

    assert all(1.35 <= gap <= 1.65 for gap in gaps(stage)[-3:])
    assert max(gaps(stage)) > 14.4


def test_a_429_slows_polling_and_success_lets_it_recover() -> None:
    stage = Stage("slow", faults=["status:6-9=429"])
    stage.play({"poll-interval": "5s"})

    waits = gaps(stage)
    assert max(waits) > 18
    assert max(waits[20:]) < 9


@pytest.mark.parametrize("fault", ["429;retry-after=25", "429;retry-date=25", "503;retry-after=25"])
def test_retry_after_is_obeyed_in_seconds_and_as_a_date(fault: str) -> None:
    stage = Stage("no-replica-counts", faults=[f"status:6={fault}"])
    stage.play()

    assert any(25 <= gap <= 36 for gap in gaps(stage))  # counted from the last good read


def test_retry_after_is_obeyed_for_a_minute_at_most_and_not_past_the_deadline() -> None:
    hour = Stage("no-replica-counts", faults=["status:6=429;retry-after=3600"])
    short = Stage("no-replica-counts", faults=["status:6-=429;retry-after=60"])

    assert hour.play().result == "succeeded"
    assert 60 <= max(gaps(hour)) < 72
    played = short.play({"timeout": "65s"})
    assert played.result == "timed-out"
    assert played.seconds <= 70


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("401", "not an inference API key"),
        ("403", "private preview"),
        ("cloudflare", "Cloudflare blocked"),
        ("redirect", "redirects are not followed"),
    ],
)
def test_a_permanent_no_ends_at_once_with_the_likely_cause(fault: str, cause: str) -> None:
    stage = Stage("healthy", faults=[f"status:*={fault}"])
    played = stage.play()

    assert (played.result, played.seconds) == ("refused", 0)
    assert cause in played.told


def test_what_support_can_look_up_is_in_the_message() -> None:
    assert "(cf-ray " in Stage("healthy").play({"api-key": "another-key"}).told
