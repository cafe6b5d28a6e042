"""How many questions are asked at a time."""

from cerebras_deploy.decide.load import Load


def room(load: Load, now: float = 0.0) -> int:
    """How many may be asked at a time."""
    return next(asked for asked in range(100) if not load.has_room(asked, now))


def test_as_many_as_wanted_are_asked() -> None:
    assert room(Load(4)) == 4


def test_a_429_halves_them_and_holds_all_back_for_as_long_as_it_says() -> None:
    load = Load(8)
    load.throttled(10.0, 5.0)

    assert (room(load, 14.9), room(load, 15.0)) == (0, 4)


def test_a_shorter_wait_does_not_end_a_longer_one() -> None:
    load = Load(8)
    load.throttled(10.0, 5.0)
    load.throttled(11.0, 1.0)

    assert (room(load, 14.9), room(load, 15.0)) == (0, 2)


def test_one_is_always_asked() -> None:
    load = Load(2)
    for _ in range(9):
        load.throttled(0.0, 0.0)

    assert room(load) == 1


def test_answers_bring_back_as_many_as_wanted_and_no_more() -> None:
    load = Load(4)
    load.throttled(0.0, 0.0)
    seen = []
    for _ in range(20):
        load.answered()
        seen.append(room(load))

    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (2, 4)
