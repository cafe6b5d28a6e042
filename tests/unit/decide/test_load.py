"""How many questions are asked at a time, and how fast."""

from random import Random

import pytest

from cerebras_deploy.decide.load import LEAST_SPACING, MOST_SPACING, Load


def room(load: Load, now: float = 0.0) -> int:
    """How many may be asked at a time."""
    return next(asked for asked in range(100) if not load.has_room(asked, now))


def throttled(load: Load, sent: float, now: float, retry_after: float | None = None) -> None:
    load.throttled(sent, now, retry_after, Random(1))


def test_as_many_as_wanted_are_asked_with_nothing_in_between() -> None:
    load = Load(4)
    load.asked(1.0)

    assert room(load, 1.0) == 4


def test_a_429_halves_them_and_holds_all_back_for_as_long_as_it_says() -> None:
    load = Load(8)
    throttled(load, 9.0, 10.0, 5.0)

    assert (room(load, 14.9), room(load, 16.0)) == (0, 4)


def test_a_shorter_wait_does_not_end_a_longer_one() -> None:
    load = Load(8)
    throttled(load, 9.0, 10.0, 5.0)
    throttled(load, 9.5, 11.0, 1.0)

    assert (room(load, 14.9), room(load, 16.0)) == (0, 4)


def test_what_was_sent_before_a_429_came_slows_nothing_down_again() -> None:
    load = Load(32)
    for number in range(9):
        throttled(load, 9.0, 10.0 + number, 0.0)

    assert (room(load, 99.0), load.spacing) == (16, LEAST_SPACING)


def test_nor_does_what_was_sent_when_it_came_and_its_answer_does_not_end_the_row_of_429s() -> None:
    load = Load(32)
    throttled(load, 9.0, 10.0, 0.0)
    throttled(load, 10.0, 10.5, 0.0)
    assert room(load, 99.0) == 16

    load.answered(10.0)
    throttled(load, 11.0, 12.0, 0.0)
    assert load.spacing == pytest.approx(LEAST_SPACING * 0.9)


def test_a_late_429_after_an_answer_holds_back_as_a_first_one_does() -> None:
    load = Load(32)
    throttled(load, 9.0, 10.0, 0.0)
    load.answered(11.0)

    load.throttled(9.5, 12.0, None, Random(3))
    assert load.not_before == 12.0 + Random(3).uniform(0, 1)


def test_after_a_429_there_are_50_ms_between_two_questions_until_22_answers_have_come() -> None:
    load = Load(32)
    throttled(load, 9.0, 10.0, 0.0)
    assert load.spacing == 0.05

    spacings = []
    for _ in range(24):
        load.answered(11.0)
        spacings.append(load.spacing)

    assert spacings[21] == pytest.approx(0.05 * 0.9**22)
    assert spacings[22:] == [0.0, 0.0]


def test_one_is_always_asked() -> None:
    load = Load(2)
    for number in range(9):
        throttled(load, number + 0.5, number + 1.0, 0.0)

    assert room(load, 99.0) == 1


def test_without_retry_after_the_waits_grow_with_each_429_in_a_row_up_to_15_s_on_average_7() -> None:
    waits = []
    for seed in range(200):
        load, now = Load(1), 0.0
        for _ in range(8):
            load.throttled(now + 0.1, now + 0.2, None, Random(seed))
            now = load.not_before
        waits.append(now)

    assert 20 < sum(waits) / len(waits) < 40  # 0.5, 1, 2, 4, and then 7.5 each


def test_the_spacing_doubles_with_each_429_after_an_answer_and_not_with_those_in_a_row() -> None:
    load = Load(4)
    seen = []
    for number in range(1, 5):
        throttled(load, 10.0 * number, 10.0 * number + 1)
        throttled(load, 10.0 * number + 2, 10.0 * number + 3)
        seen.append(load.spacing)
        load.answered(10.0 * number + 4)

    assert seen == pytest.approx([LEAST_SPACING * 1.8**number for number in range(4)])


def test_the_spacing_has_a_limit_and_holds_the_next_question_back() -> None:
    load = Load(4)
    for number in range(1, 30):
        throttled(load, float(number), number + 0.5, 0.0)
        load.answered(number + 0.6)
    throttled(load, 99.0, 99.5, 0.0)

    load.asked(200.0)

    assert load.spacing == MOST_SPACING
    assert (room(load, 259.0), room(load, 260.0)) == (0, 1)


def test_answers_bring_back_as_many_as_wanted_and_no_more_and_take_the_spacing_away() -> None:
    load = Load(4)
    throttled(load, 0.0, 0.5, 0.0)
    seen = []
    for _ in range(40):
        load.answered(1.0)
        seen.append(room(load, 9.0))

    assert seen == sorted(seen)
    assert (seen[0], seen[-1], load.spacing) == (2, 4, 0.0)
