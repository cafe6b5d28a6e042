"""The first of many questions, which is asked until the version is warm, in whole runs."""

import httpx
import pytest

from helpers.questions import Said, endpoint

FIRST = {"smoke_test_warm_up": "60s"}
LATE = '[[case]]\nprompt = "slow"\nmax-latency = "2s"\n'


def test_the_first_question_is_asked_twice_and_measured_once() -> None:
    there = endpoint(lambda _, times, __: Said(seconds=0.5 if times else 9))

    played = there.ask('p95-latency = "1s"')

    assert (played.outputs["smoke-test"], there.times["2", "q0"], there.times["2", "q1"]) == ("failed", 2, 1)
    assert there.asked_of("2")[:3] == ["q0", "q0", "q1"]


def test_errors_are_forgiven_and_then_all_are_asked() -> None:
    there = endpoint(lambda prompt, times, _: httpx.Response(503, json={}) if (prompt, times) < ("q0", 3) else Said())

    played = there.ask("")

    assert (played.outputs["smoke-test"], there.times["2", "q0"]) == ("passed", 5)


def test_late_answers_are_forgiven() -> None:
    there = endpoint(lambda _, times, __: Said(seconds=9 if times < 2 else 1))

    assert there.ask(LATE, 0).outputs["smoke-test"] == "passed"


@pytest.mark.parametrize(("status", "verdict"), [(503, "failed"), (404, "failed"), (429, "unanswered")])
def test_if_nothing_comes_but_errors_no_other_question_is_asked(status: int, verdict: str) -> None:
    there = endpoint(lambda *_: httpx.Response(status, json={}))

    played = there.ask("", 100, timeout="1h")

    assert played.outputs["smoke-test"] == verdict
    assert set(there.asked_of("2")) == {"q0"}
    assert 60 <= played.seconds < 120


@pytest.mark.parametrize(("status", "is_page"), [(400, False), (422, False), (403, True)])
def test_a_no_to_the_first_question_is_not_about_the_others(status: int, *, is_page: bool) -> None:
    page = {"headers": {"content-type": "text/html"}, "content": b"<html>Blocked</html>"} if is_page else {"json": {}}
    there = endpoint(
        lambda prompt, _, __: httpx.Response(status, **page) if prompt == "q0" else Said()  # type: ignore[arg-type]
    )

    played = there.ask("pass-rate = 0.5")

    assert played.outputs["smoke-test"] == "passed"
    assert there.times["2", "q0"] == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_turned_away_is_refused(status: int) -> None:
    there = endpoint(lambda *_: httpx.Response(status, json={}))

    assert (there.ask("").result, len(there.questions)) == ("refused", 1)
