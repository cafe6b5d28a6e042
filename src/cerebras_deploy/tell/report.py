"""The `report` output: one JSON object with all that is known at the end. Its schema: docs/report.schema.json."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cerebras_deploy.decide.known import Known
from cerebras_deploy.tell.timeline import Timeline

if TYPE_CHECKING:
    from cerebras_deploy.decide.comparison import SuiteResult

LIMIT = 60_000  # bytes; a later step must be able to put it into its environment
_ITSELF = {"report", "summary-markdown"}
FEW = 20  # changes that stay at either end, if nothing else helps


def report(facts: Known, outputs: Mapping[str, str], timeline: Timeline, clean: Callable[[str], str]) -> str:
    """Return the object as JSON in one line. `clean` makes text from outside harmless, and blanks secrets."""
    result = facts.smoke_test.suite
    suite, cases = _suite(result) if result else (None, [])
    whole: dict[str, Any] = {
        "schema": 1,
        "outputs": {name: value for name, value in outputs.items() if name not in _ITSELF},
        "status_words": [{"field": word.field, "word": word.text} for word in _words(facts)],
        "smoke_test": {
            "verdict": facts.smoke_test.verdict,
            "latency_seconds": facts.smoke_test.latency,
            "tokens": facts.smoke_test.tokens,
            "tokens_per_second": facts.smoke_test.rate,
            "fingerprint": facts.smoke_test.fingerprint,
            "answer": facts.smoke_test.answer,
            "suite": suite,
        },
        "smoke_test_cases": cases,
        "promoted": [f"{alias}: {how}" for alias, how in facts.promoted.items()],
        "timeline": [
            {"at_seconds": round(at, 3), "section": change.section, "what": change.text}
            for at, change in timeline.moments
        ],
        "calls": [
            {"at_seconds": round(at, 3), "method": call.method, "path": call.path, "outcome": call.outcome}
            | {"seconds": round(call.seconds, 3), "ok": call.ok}
            for at, call in timeline.kept_calls
        ],
        "call_count": timeline.calls,
        "truncated": timeline.left_out > 0
        or timeline.calls > len(timeline.kept_calls)
        or (result is not None and len(result.now.cases) > len(cases)),
    }
    return _fitting(_cleaned(whole, clean))


def _suite(result: "SuiteResult") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the result of many questions, and their cases."""
    from cerebras_deploy.tell.suite_report import case_objects, suite_object  # noqa: PLC0415 - few runs have one

    return suite_object(result), case_objects(result)


def _words(facts: Known) -> tuple[Any, ...]:
    return facts.track.entry.words if facts.track and facts.track.entry else ()


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {name: _cleaned(item, clean) for name, item in value.items()}
        case list():
            return [_cleaned(item, clean) for item in value]
        case _:
            return value


def _fitting(whole: dict[str, Any]) -> str:
    """Return it within the limit.

    First the calls are dropped, then the cases that passed, the middle of the timeline, more cases, and long texts.
    """
    changes = whole["timeline"]
    bad = [case for case in whole["smoke_test_cases"] if case["verdict"] != "passed"]
    smaller: tuple[dict[str, Any], ...] = (
        {},
        {"calls": []},
        {"smoke_test_cases": bad},
        {"timeline": changes if len(changes) <= 2 * FEW else changes[:FEW] + changes[-FEW:]},
        {"smoke_test_cases": bad[:FEW]},
        {
            "outputs": {name: text[:1000] for name, text in whole["outputs"].items()},
            "promoted": [],
            "timeline": [],
            "smoke_test_cases": [],
        },
    )
    text = ""
    for less in smaller:
        whole |= less | ({"truncated": True} if less else {})
        text = json.dumps(whole, separators=(",", ":"))
        if len(text) <= LIMIT:
            break
    return text
