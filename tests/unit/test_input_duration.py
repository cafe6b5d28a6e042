"""How durations are read, and which are taken."""

import pytest

from helpers.asked import parse, problems


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("60m", 3600),
        ("1h30m", 5400),
        ("1h30m15s", 5415),
        ("1h15s", 3615),
        ("10500ms", 10.5),
        ("10s500ms", 10.5),
        ("10", 10),
        ("10000ms", 10),
        ("168h", 604_800),
        ("604800", 604_800),
        ("0070", 70),
    ],
)
def test_timeout(text: str, seconds: float) -> None:
    assert parse(timeout=text).timeout == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "seconds"), [("100ms", 0.1), ("2s", 2), ("10m", 600), ("600", 600)])
def test_poll_interval(text: str, seconds: float) -> None:
    assert parse(poll_interval=text).poll_interval == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("timeout", text)
            for text in (
                "0",
                "9999ms",
                "9",
                "9s",
                "3s",
                "1s",
                "168h1s",
                "604801",
                "8d",
                "1e3",
                "inf",
                "nan",
                "-5",
                "+5",
            )
        ),
        *(("timeout", text) for text in ("1.5h", "1h 30m", "30m1h", "5M", "5min", "m", "ms", "٣", "60m?", "1_0")),
        *(("timeout", text) for text in ("9" * 9, "9" * 5000, "9" * 5000 + "h", "5mm", "1m1m", "0x10", "½")),
        *(("poll-interval", text) for text in ("0", "99ms", "10m1s", "601", "11m", "fast")),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(name: str, text: str) -> None:
    (problem,) = problems(**{name: text})

    assert problem.startswith(f"`{name}`: expected a duration from ")
    assert f", got `{text[:9]}" in problem
    assert "1h30m" in problem
    assert ("7d" if name == "timeout" else "10m") in problem.replace(" ", "")
    assert len(problem) < 400
