import pytest

from cerebras_deploy.times import span, stamp


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "00:00"),
        (15.9, "00:15"),
        (105, "01:45"),
        (3599.9, "59:59"),
        (3600, "1:00:00"),
        (90_061, "25:01:01"),
        (-1, "00:00"),
    ],
)
def test_a_stopwatch_shows_the_seconds_that_are_full(seconds: float, words: str) -> None:
    assert stamp(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (202, "3m22s"),
        (3435, "57m15s"),
        (3599.6, "1h00m"),
        (3600, "1h00m"),
        (5400, "1h30m"),
        (604_800, "168h00m"),
        (-5, "0s"),
    ],
)
def test_a_span_is_said_to_two_units(seconds: float, words: str) -> None:
    assert span(seconds) == words
