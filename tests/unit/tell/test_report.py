"""The report: all that is known, in the form of its schema, and never too large."""

import json
from typing import Any

import jsonschema_rs
import pytest

from cerebras_deploy.api.message import Call
from cerebras_deploy.decide.comparison import SuiteResult
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.suite import CaseResult, Round, Suite
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.tell.report import LIMIT, report
from cerebras_deploy.tell.timeline import Change, Timeline
from helpers import make
from helpers.repository import ROOT

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
OUTPUTS = {"result": "succeeded", "message": "it went well", "deployment-id": "ours", "report": "x"}


def told(timeline: Timeline, outputs: dict[str, str] | None = None, facts: Facts | None = None) -> Any:
    """Return the report as a later step reads it, once it was found to be as the schema has it."""
    text = report(facts or Facts("e"), outputs or OUTPUTS, timeline, lambda text: text.replace("csk-1", "***"))
    read = json.loads(text)
    jsonschema_rs.validate(SCHEMA, read)
    assert len(text.encode()) <= LIMIT
    assert "\n" not in text
    return read


def long(calls: int = 0, changes: int = 0, size: int = 100) -> Timeline:
    timeline = Timeline()
    for number in range(changes):
        timeline.add(float(number), Change(f"{number} {'x' * size}", "Rollout", "in progress"))
    for number in range(calls):
        timeline.called(float(number), Call("GET", f"/{number}/{'x' * size}", "HTTP 200", 0.1234567, ok=True))
    return timeline


def test_it_has_all_that_is_known() -> None:
    facts = Facts("e")
    facts.deployed(Track(Target("ours", 20)).listed(make.entry("ours 2 in_progress 20"), 4.0))
    facts.smoke_tested(SmokeTestResult("passed", 0.5, 12, 24.0, "fp_1", "Paris"))
    facts.alias_moved("stable", "free → version 2")

    assert told(long(1, 1, 1), facts=facts) == {
        "schema": 1,
        "outputs": {"result": "succeeded", "message": "it went well", "deployment-id": "ours"},
        "status_words": [{"field": "state", "word": "in_progress"}],
        "smoke_test": {
            "verdict": "passed",
            "latency_seconds": 0.5,
            "tokens": 12,
            "tokens_per_second": 24.0,
            "fingerprint": "fp_1",
            "answer": "Paris",
            "suite": None,
        },
        "smoke_test_cases": [],
        "promoted": ["stable: free → version 2"],
        "timeline": [{"at_seconds": 0.0, "section": "Rollout", "what": "0 x"}],
        "calls": [
            {"at_seconds": 0.0, "method": "GET", "path": "/0/x", "outcome": "HTTP 200", "seconds": 0.123, "ok": True}
        ],
        "call_count": 1,
        "truncated": False,
    }


def asked(passed: int, failed: int, size: int = 10) -> Facts:
    """Facts of a suite with so many cases, whose answers are of that size."""
    judged = [*(["passed"] * passed), *(["failed"] * failed)]
    cases = [
        CaseResult(f"case {number}", "Hi", verdict, 0.5, "wrong", "x" * size)  # type: ignore[arg-type]
        for number, verdict in enumerate(judged)
    ]
    suite = Suite((Question(asking("Hi")),) * len(cases), max_slowdown=0.2)
    before = Round(tuple(case._replace(verdict="passed") for case in cases), (0.5,))
    facts = Facts("e")
    facts.smoke_tested(SmokeTestResult("failed", suite=SuiteResult(suite, Round(tuple(cases), (0.5,), (9.0,)), before)))
    return facts


@pytest.mark.parametrize(
    ("passed", "failed", "size", "calls", "kept"),
    [(100, 5, 10, 0, 105), (490, 5, 10, 300, 5), (1000, 0, 10, 0, 0), (0, 5000, 200, 300, 20), (200, 300, 10, 0, 300)],
)
def test_too_large_it_loses_calls_then_cases_that_passed_then_more(
    passed: int, failed: int, size: int, calls: int, kept: int
) -> None:
    read = told(long(calls), facts=asked(passed, failed, size))

    assert len(read["smoke_test_cases"]) == kept
    assert read["truncated"] == (kept < passed + failed)
    assert not kept or [case["verdict"] for case in read["smoke_test_cases"]][: min(failed, kept)] == ["failed"] * min(
        failed, kept
    )


def test_no_secret_is_in_it() -> None:
    timeline = Timeline()
    timeline.add(0.0, Change("error csk-1", "Rollout", "error"))

    assert "csk-1" not in json.dumps(told(timeline, OUTPUTS | {"message": "it said csk-1"}))


@pytest.mark.parametrize(
    ("timeline", "outputs", "calls", "changes"),
    [
        (long(100, 20), OUTPUTS, 100, 20),
        (long(300, 100, 400), OUTPUTS, 0, 100),
        (long(0, 200, 400), OUTPUTS, 0, 40),
        (long(300, 200, 4000), OUTPUTS | {"message": "é" * 4000}, 0, 0),
    ],
)
def test_too_large_it_loses_calls_first_then_changes(
    timeline: Timeline, outputs: dict[str, str], calls: int, changes: int
) -> None:
    read = told(timeline, outputs)

    assert (len(read["calls"]), len(read["timeline"])) == (calls, changes)
    assert read["truncated"] == ((calls, changes) != (100, 20))


def test_what_was_not_kept_makes_it_incomplete() -> None:
    assert told(long(301, 0, 1))["truncated"]
    assert told(long(0, 201, 1))["truncated"]
