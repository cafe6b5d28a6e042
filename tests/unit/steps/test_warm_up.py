"""The first of many questions, which is asked until the version is warm, in whole runs."""

import httpx
import pytest

from helpers.presented import Api
from helpers.questions import Said, endpoint, verdicts

FIRST = {"smoke_test_warm_up": "60s"}
PAGE = httpx.Response(503, headers={"content-type": "text/html"}, content=b"<html>Down</html>")
NOT_THE_VERSIONS = pytest.mark.parametrize("other", [httpx.Response(429), httpx.ReadError("reset"), PAGE])
LATE = '[[case]]\nprompt = "slow"\nmax-latency = "2s"\n'


def is_after_the_warm_up(there: Api) -> bool:
    """Say whether the models were listed twice: at the beginning, for the key, and when the warm-up was over."""
    return there.models_read == 2


def test_the_first_question_is_asked_twice_and_measured_once() -> None:
    there = endpoint(lambda _, times, __: Said(seconds=0.5 if times else 9))

    played = there.ask('p95-latency = "1s"')

    assert (played.outputs["smoke-test"], there.times["2", "q0"], there.times["2", "q1"]) == ("failed", 2, 1)
    assert there.asked_of("2")[:3] == ["q0", "q0", "q1"]


@pytest.mark.parametrize("status", [503, 404])
def test_errors_are_forgiven_and_then_all_are_asked(status: int) -> None:
    there = endpoint(
        lambda prompt, times, _: httpx.Response(status, json={}) if (prompt, times) < ("q0", 3) else Said()
    )

    played = there.ask("")

    assert (played.outputs["smoke-test"], there.times["2", "q0"]) == ("passed", 5)


def test_its_fingerprint_is_compared_with_the_versions() -> None:
    there = endpoint()
    there.version = lambda whole, _: whole | {"response": whole["response"] | {"system_fingerprint_suffix": "suffix"}}

    titles = [one.title for one in there.ask("").log.annotations]

    assert titles.count("Fingerprint of another version") == 1


def test_late_answers_are_forgiven() -> None:
    there = endpoint(lambda _, times, __: Said(seconds=9 if times < 2 else 1))

    assert there.ask(LATE, 0).outputs["smoke-test"] == "passed"


@pytest.mark.parametrize("status", [503, 404])
@pytest.mark.parametrize("pass_rate", ["1", "0.01"])
def test_if_nothing_comes_to_any_question_but_the_versions_errors_it_has_failed(status: int, pass_rate: str) -> None:
    there = endpoint(lambda *_: httpx.Response(status, json={}), live=False)

    played = there.ask(f"pass-rate = {pass_rate}", 100, timeout="1h", on_failure="rollback")

    assert (played.outputs["smoke-test"], there.deployed_versions) == ("failed", ["2", "1"])
    assert {there.times["2", f"q{number}"] for number in range(1, 100)} == {1}
    assert (
        f"(no answer, while the inference API itself works: question to my-org-gpt-oss-120b: HTTP {status} "
        in played.told
    )
    assert '  Failed: case 2 ("q1"): no answer, while the inference API itself works: ' in played.text


@pytest.mark.parametrize("status", [503, 404])
@pytest.mark.parametrize(("pass_rate", "verdict"), [("1", "failed"), ("0.9", "passed")])
def test_if_only_the_first_question_gets_nothing_but_errors_that_case_has_failed(
    status: int, pass_rate: str, verdict: str
) -> None:
    there = endpoint(lambda prompt, _, __: httpx.Response(status, json={}) if prompt == "q0" else Said())

    played = there.ask(f"pass-rate = {pass_rate}", 100, timeout="1h")

    assert played.outputs["smoke-test"] == verdict
    assert 'Failed: case 1 ("q0"): no answer, while the inference API itself works: question to' in played.text
    assert {there.times["2", f"q{number}"] for number in range(1, 100)} == {1}


def test_if_the_first_question_is_answered_after_the_warm_up_that_answer_counts() -> None:
    there = endpoint(lambda *_: Said() if is_after_the_warm_up(there) else httpx.Response(503, json={}))

    assert (there.ask("", 100).outputs["smoke-test"], there.models_read) == ("passed", 2)


def test_an_error_after_that_says_nothing_of_the_other_questions() -> None:
    bad = {"q0", "q1", "q2"}
    there = endpoint(lambda prompt, _, __: httpx.Response(503, json={}) if prompt in bad else Said())

    played = there.ask("pass-rate = 0.9", 20)

    assert played.outputs["smoke-test"] == "unanswered"
    assert "17 of 20 questions passed, 1 failed, 2 unanswered" in played.told


@NOT_THE_VERSIONS
def test_if_the_errors_are_not_all_the_versions_they_say_nothing(other: httpx.Response | Exception) -> None:
    bad = httpx.Response(503, json={})
    there = endpoint(lambda prompt, times, _: other if (prompt, times) == ("q0", 1) or prompt == "q5" else bad)

    assert there.ask("", 20, timeout="1h").outputs["smoke-test"] == "unanswered"


@NOT_THE_VERSIONS
def test_nor_does_it_if_an_error_that_is_not_the_versions_comes_to_another_question(
    other: httpx.Response | Exception,
) -> None:
    there = endpoint(lambda prompt, _, __: other if prompt == "q5" else httpx.Response(503, json={}))

    played = there.ask("pass-rate = 0.1", 20, timeout="1h")

    assert (played.outputs["smoke-test"], verdicts(played)) == ("unanswered", ["failed"] + ["unanswered"] * 19)


def test_the_first_question_fails_by_the_versions_own_error_only() -> None:
    bad = httpx.Response(503, json={})
    there = endpoint(lambda prompt, *_: Said() if prompt != "q0" else PAGE if is_after_the_warm_up(there) else bad)

    assert verdicts(there.ask("pass-rate = 0.5")) == ["unanswered"] + ["passed"] * 7


def test_if_the_inference_api_is_not_well_errors_say_nothing() -> None:
    there = endpoint(lambda *_: httpx.Response(503, json={}))
    there.models = lambda _: httpx.Response(503, json={})

    assert there.ask("", 20, timeout="1h").outputs["smoke-test"] == "unanswered"


@pytest.mark.parametrize("status", [400, 422])
def test_a_no_to_the_first_question_is_not_about_the_others(status: int) -> None:
    there = endpoint(lambda prompt, _, __: httpx.Response(status, json={}) if prompt == "q0" else Said())

    played = there.ask("pass-rate = 0.5")

    assert played.outputs["smoke-test"] == "passed"
    assert there.times["2", "q0"] == 2


BLOCKED = httpx.Response(403, headers={"content-type": "text/html"}, content=b"<html>Blocked</html>")


def test_a_page_that_turns_the_first_question_away_is_forgiven_and_then_all_are_asked() -> None:
    there = endpoint(lambda *_: Said() if there.stage.clock.now() - there.began > 30 else BLOCKED)

    played = there.ask("")

    assert (played.result, played.outputs["smoke-test"]) == ("unchanged", "passed")


def test_if_it_always_does_the_others_are_asked_all_the_same() -> None:
    there = endpoint(lambda prompt, _, __: BLOCKED if prompt == "q0" else Said())

    assert verdicts(there.ask("pass-rate = 0.5")) == ["unanswered"] + ["passed"] * 7


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_turned_away_is_refused(status: int) -> None:
    there = endpoint(lambda *_: httpx.Response(status, json={}))

    assert (there.ask("").result, len(there.questions)) == ("refused", 1)
