"""The verdict of many questions: by what is proven, whatever could not be asked."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.decide.question import Judged, Question, asking
from cerebras_deploy.decide.suite import (
    CaseResult,
    Round,
    Suite,
    case_verdict,
    middle,
    percentile_95,
    settled,
    verdict,
)

QUESTION = Question(asking("Hi"))
COUNTS = st.integers(0, 30)
SHARES = st.decimals(0, 1, places=10)
ANSWERS: tuple[Judged, ...] = ("passed", "failed", "unanswered")


def counts(passed: int, failed: int, unanswered: int) -> Counter[Judged]:
    return Counter({"passed": passed, "failed": failed, "unanswered": unanswered})


def suite(cases: int, share: Decimal) -> Suite:
    return Suite((QUESTION,) * cases, pass_rate=share)


@given(COUNTS, COUNTS, COUNTS, SHARES)
def test_no_assignment_of_the_unanswered_cases_contradicts_the_verdict(
    passed: int, failed: int, unanswered: int, share: Decimal
) -> None:
    need = suite(passed + failed + unanswered, share).need
    judged = verdict(counts(passed, failed, unanswered), need, is_limit_broken=False)

    whole = {
        verdict(counts(passed + good, failed + unanswered - good, 0), need, is_limit_broken=False)
        for good in range(unanswered + 1)
    }
    assert whole == ({judged} if judged != "unanswered" else {"passed", "failed"})


@given(COUNTS, COUNTS, COUNTS)
def test_a_broken_limit_is_a_failure_whatever_passed(passed: int, failed: int, unanswered: int) -> None:
    assert verdict(counts(passed, failed, unanswered), 0, is_limit_broken=True) == "failed"


@given(st.integers(1, 5000), SHARES)
def test_need_is_the_smallest_whole_number_that_is_no_less_than_the_share(cases: int, share: Decimal) -> None:
    need = suite(cases, share).need

    assert need >= Fraction(share) * cases > need - 1


@pytest.mark.parametrize(("cases", "share", "need"), [(100, "0.07", 7), (10, "0.7", 7), (20, "0.95", 19), (3, "1", 3)])
def test_need_is_exact_where_a_float_is_not(cases: int, share: str, need: int) -> None:
    assert suite(cases, Decimal(share)).need == need


def test_429_on_5_percent_of_a_thousand_cases_never_fails_a_version() -> None:
    for need in (1000, 951, 950):
        assert verdict(counts(950, 0, 50), need, is_limit_broken=False) != "failed"


@pytest.mark.parametrize("repeat", [1, 3, 5])
def test_a_case_is_judged_by_more_than_half_of_its_answers(repeat: int) -> None:
    for answers in product(ANSWERS, repeat=repeat):
        judged = case_verdict(answers, repeat)
        if answers[0] != "failed":
            assert judged == answers[0]
        else:
            most = [one for one in ("passed", "failed") if answers.count(one) > repeat / 2]
            assert judged == (most[0] if most else "unanswered")


def test_one_that_failed_is_asked_until_there_are_enough_answers() -> None:
    assert case_verdict(["failed"], 3) is None
    assert case_verdict(["failed", "failed"], 3) is None
    assert case_verdict(["passed"], 5) == "passed"


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_the_95th_percentile_of_fewer_than_20_is_the_slowest(count: int, rank: int) -> None:
    assert percentile_95([float(one) for one in range(count, 0, -1)]) == rank


def test_the_middle_of_an_even_number_is_between_two() -> None:
    assert (middle([3.0, 1.0, 2.0]), middle([4.0, 1.0, 2.0, 3.0]), middle([])) == (2.0, 2.5, None)


@pytest.mark.parametrize(
    ("rates", "answers", "has_rate"), [(0, 0, False), (0, 1, False), (1, 3, False), (1, 2, True), (3, 3, True)]
)
def test_a_median_rate_is_of_at_least_half_of_the_answers(rates: int, answers: int, *, has_rate: bool) -> None:
    assert Round((), (0.5,) * answers, (100.0,) * rates).has_rate == has_rate


def test_half_of_the_answers_settle_nothing() -> None:
    assert settled(["failed", "passed"], 4) is None
    assert settled(["failed", "failed"], 4) is None
    assert settled(["failed", "failed", "failed"], 4) == "failed"


def test_what_one_version_came_to() -> None:
    cases = [CaseResult(str(number), "Hi", one) for number, one in enumerate(ANSWERS)]
    asked = Round((*cases, CaseResult("3", "Hi", "unanswered")), (2.0, 1.0), (10.0,))

    assert asked.counts == counts(1, 1, 2)
    assert (asked.is_half_answered, asked.p95, asked.rate) == (True, 2.0, 10.0)
    assert not Round((*asked.cases, asked.cases[-1])).is_half_answered
    assert (Round(asked.cases).p95, Round(asked.cases).rate) == (None, None)
