"""Which question is asked next."""

from cerebras_deploy.decide.collected import AskedCase
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.queue import Queue

QUESTION = Question(asking("Hi"))


def queue(cases: int) -> Queue:
    return Queue((QUESTION,) * cases)


def taken(waiting: Queue, now: float = 0.0) -> AskedCase:
    case = waiting.due(now, has_place=True)
    assert case
    return case


def test_they_come_in_their_order_and_then_none() -> None:
    waiting = queue(3)

    assert [taken(waiting).number for _ in range(3)] == [0, 1, 2]
    assert (waiting.due(0.0, has_place=True), waiting.is_empty) == (None, True)


def test_one_that_is_to_be_asked_again_keeps_its_place_until_then_and_comes_first() -> None:
    waiting = queue(3)
    first = taken(waiting)

    waiting.again(first, 5.0)

    assert (waiting.places, waiting.next_at, waiting.due(4.9, has_place=False)) == (1, 5.0, None)
    assert taken(waiting, 4.9).number == 1
    assert waiting.due(5.0, has_place=False) is first
    assert (waiting.places, waiting.next_at) == (0, float("inf"))


def test_of_several_the_earliest_comes_first_and_of_equals_the_lowest_number() -> None:
    waiting = queue(3)
    cases = [taken(waiting) for _ in range(3)]
    for case, at in zip(cases, (6.0, 5.0, 5.0), strict=True):
        waiting.again(case, at)

    assert [taken(waiting, 9.0).number for _ in range(3)] == [1, 2, 0]


def test_one_that_was_turned_away_comes_after_all_others_and_keeps_no_place() -> None:
    waiting = queue(3)
    first, second = taken(waiting), taken(waiting)
    for case in (second, first):
        waiting.turned_away(case)

    assert (waiting.places, waiting.due(0.0, has_place=False)) == (0, None)
    assert [taken(waiting).number for _ in range(3)] == [2, 1, 0]
    assert waiting.is_empty


def test_it_is_not_empty_while_any_waits() -> None:
    waiting = queue(1)
    assert not waiting.is_empty
    case = taken(waiting)

    waiting.again(case, 5.0)
    assert not waiting.is_empty
    waiting.turned_away(taken(waiting, 5.0))
    assert not waiting.is_empty
