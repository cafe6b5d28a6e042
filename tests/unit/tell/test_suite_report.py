"""Many questions in the report: their figures, and which cases come first. The schema: `test_report.py`."""

from cerebras_deploy.decide.comparison import SuiteResult
from cerebras_deploy.decide.question import Judged, Question, asking
from cerebras_deploy.decide.suite import CaseResult, Round, Suite
from cerebras_deploy.tell.suite_report import REPORTED, case_objects, suite_object


def suite_of(*verdicts: Judged, before: Judged = "passed") -> SuiteResult:
    """What came of a suite with these verdicts, all of whose cases were that before."""
    cases = tuple(CaseResult(f"case {at}", "Hi", verdict, 0.5, "wrong", "x") for at, verdict in enumerate(verdicts))
    suite = Suite((Question(asking("Hi")),) * len(cases), max_slowdown=0.2)
    earlier = tuple(case._replace(verdict=before) for case in cases)
    return SuiteResult(suite, Round(cases, (0.5,), (9.0,)), Round(earlier, (0.5,)))


def test_many_questions_have_their_figures() -> None:
    assert suite_object(suite_of("passed", "failed")) == {
        "need": 2,
        "now": {
            "passed": 1,
            "failed": 1,
            "unanswered": 0,
            "median_latency_seconds": 0.5,
            "p95_latency_seconds": 0.5,
            "median_tokens_per_second": 9.0,
        },
        "before": {
            "passed": 2,
            "failed": 0,
            "unanswered": 0,
            "median_latency_seconds": 0.5,
            "p95_latency_seconds": 0.5,
            "median_tokens_per_second": None,
        },
        "broken_limits": [],
        "unjudged_limits": [],
        "slowdown": {"pairs": 2, "median_ratio": 1.0, "lower_bound": None, "median_difference_seconds": 0.0},
    }


def test_a_case_says_what_it_is_now_and_what_it_was_before() -> None:
    both = {"latency_seconds": 0.5, "before": "passed", "before_latency_seconds": 0.5}

    assert case_objects(suite_of("passed", "failed")) == [
        {"number": 2, "name": "case 1", "verdict": "failed", "reason": "wrong", "answer": "x"} | both,
        {"number": 1, "name": "case 0", "verdict": "passed"} | both,
    ]


def test_what_was_not_asked_before_says_nothing_of_it() -> None:
    found = suite_of("passed")
    alone = SuiteResult(found.suite, found.now)

    assert suite_object(alone)["before"] is None
    assert case_objects(alone) == [{"number": 1, "name": "case 0", "verdict": "passed", "latency_seconds": 0.5}]


def test_what_failed_comes_first_and_then_what_went_unanswered() -> None:
    found = case_objects(suite_of("passed", "unanswered", "failed", before="failed"))

    assert [case["verdict"] for case in found] == ["failed", "unanswered", "passed"]


def test_of_very_many_cases_no_more_are_in_it_than_may_find_room() -> None:
    many: list[Judged] = ["passed"] * (REPORTED + 1)

    assert len(case_objects(suite_of(*many))) == REPORTED
