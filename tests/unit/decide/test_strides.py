"""When a rollout can end, by how its counts have moved."""

import math

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.schedule import Rhythm
from cerebras_deploy.decide.strides import NO_STRIDES, Strides


def strides(*reads: tuple[float, int | None], total: int | None = 8) -> Strides:
    """Return what reads show, each a time and the count of updated replicas."""
    found = NO_STRIDES
    for at, updated in reads:
        found = found.read(Progress(Status.IN_PROGRESS, updated, total), at)
    return found


STEADY = tuple((10.0 * count, count) for count in range(8))  # the last of them at 70 s, with one missing


def later(seconds: float, count: int = 7) -> tuple[tuple[float, int], ...]:
    """Return steady reads up to a count, and one that shows nothing new so long after the latest."""
    return (*STEADY[: count + 1], (10.0 * count + seconds, count))


@pytest.mark.parametrize(
    ("reads", "rhythm"),
    [
        ((), Rhythm.BASE),
        (((0, 0),), Rhythm.BASE),
        (((0, 7), (10, 7)), Rhythm.BASE),  # it may be 7 of 8 for ever
        (((0, 8), (10, 8)), Rhythm.BASE),
        (((0, None), (10, None)), Rhythm.BASE),
        (STEADY[:4], Rhythm.SLOW),
        (later(20, count=4), Rhythm.SLOW),
        (later(20.1, count=4), Rhythm.BASE),  # it stands still
        (STEADY[:7], Rhythm.SLOW),
        (STEADY, Rhythm.QUICKEST),  # its stride may have ended just after the read before
        (later(20), Rhythm.QUICKEST),
        (later(20.1), Rhythm.BASE),
        ((*STEADY, (80, 8)), Rhythm.QUICKEST),  # only the word is missing
    ],
)
def test_the_rhythm_depends_on_the_strides_that_are_left(
    reads: tuple[tuple[float, int | None], ...], rhythm: Rhythm
) -> None:
    assert strides(*reads).rhythm is rhythm


def test_the_last_replica_does_not_come_in_much_less_than_the_shortest_stride() -> None:
    often = [(float(at), min(at // 10, 7)) for at in range(76)]  # a read each second

    assert strides(*often[:71]).rhythm is Rhythm.SLOW
    assert strides(*often[:75]).rhythm is Rhythm.SLOW
    assert strides(*often[:76]).rhythm is Rhythm.QUICKEST  # 6 s after the read before the one that showed it
    assert strides(*often[:71], (70.5, 8)).rhythm is Rhythm.QUICKEST  # only the word is missing


def test_a_stride_of_several_replicas_may_be_the_last() -> None:
    assert strides((0, 0), (10, 4)).rhythm is Rhythm.QUICKEST


def test_strides_that_come_as_often_as_slow_reads_may_both_come_between_two() -> None:
    assert strides((0, 0), (8, 2), (16, 4), total=7).rhythm is Rhythm.BASE


def test_where_strides_grow_the_next_may_be_twice_as_big() -> None:
    canary = ((0.0, 0), (149.0, 0), (150.0, 1), (299.0, 1), (300.0, 2), (449.0, 2), (450.0, 4))

    assert strides(*canary[:5]).rhythm is Rhythm.SLOW  # six of eight are missing, and one came at a time
    assert strides(*canary, (538, 4)).rhythm is Rhythm.SLOW  # too early
    assert strides(*canary, (539, 4)).rhythm is Rhythm.QUICKEST
    assert strides(*canary, (460, 5)).rhythm is Rhythm.BASE  # they have stopped growing
    assert strides((0, 0), (10, 2), (20, 3), total=8).rhythm is Rhythm.SLOW


@pytest.mark.parametrize(("count", "most"), [(7, 400), (8, 60)])
def test_a_stride_that_has_got_stuck_is_not_read_as_often_as_possible_for_ever(count: int, most: int) -> None:
    found = strides((0, 0), (9_999, 0), (10_000, 7), (16_000, 7), *[(16_000, 8)] * (count - 7))
    reads = 0
    while found.rhythm is Rhythm.QUICKEST:
        found = found.read(Progress(Status.IN_PROGRESS, count, 8), 16_000 + reads)
        reads += 1

    assert (reads, found.rhythm) == (most, Rhythm.BASE)
    assert found.read(Progress(Status.IN_PROGRESS, 9, 10), 17_000).hurried == 0


@pytest.mark.parametrize(("updated", "total"), [(9, 8), (1, 0), (0, 0)])
def test_impossible_counts_say_nothing(updated: int, total: int) -> None:
    assert strides((0, 0), (10, updated), total=total) in {NO_STRIDES, strides((0, 0), total=total)}


def test_counts_that_go_back_begin_anew() -> None:
    found = strides((0, 0), (10, 1), (20, 0))

    assert found.rhythm is Rhythm.BASE
    assert found == strides((20, 0))


def test_replicas_that_were_updated_before_the_first_read_are_no_strides() -> None:
    assert strides((0, 4), (10, 5)).rhythm is Rhythm.SLOW  # three are missing, and one came in 10 s


def test_replicas_that_are_added_are_missing_too() -> None:
    found = strides(*STEADY[:8]).read(Progress(Status.IN_PROGRESS, 7, 12), 75.0)

    assert (found.missing, found.rhythm) == (5, Rhythm.SLOW)


def test_a_read_without_counts_changes_nothing() -> None:
    found = strides((0, 0), (10, 1))

    assert found.read(Progress(Status.IN_PROGRESS), 20) == found
    assert strides((0, 0), (10, 1), total=None) == NO_STRIDES


def test_the_shortest_and_the_longest_stride_are_kept() -> None:
    found = strides((0, 2), (10, 3), (15, 3), (40, 4), (45, 6))

    assert (found.biggest, found.shortest, found.longest, found.missing) == (2, 5, 30, 2)
    assert (found.before, found.moved_at) == (40, 45)


def test_the_first_read_is_where_they_begin() -> None:
    begun = Strides(True, 3, 5, 20, 20, 20, 0, False, math.inf, 0, 0)  # noqa: FBT003 - all fields, in their order

    assert strides((20, 3)) == begun
    assert strides((20, 0), total=1).begun


def test_a_next_one_that_is_twice_as_big_leaves_some() -> None:
    assert strides((0, 0), (150, 1), (300, 2), (450, 4), total=9).rhythm is Rhythm.BASE
