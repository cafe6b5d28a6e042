"""The job summary's table of the steps that were asked for, with their outcomes, and the smoke test's question."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.question import Question
from cerebras_deploy.result import Result
from cerebras_deploy.tell.markdown import table, version
from cerebras_deploy.tell.timeline import Section, Timeline
from cerebras_deploy.text import code
from cerebras_deploy.times import span

_LOST = {Result.FAILED, Result.ROLLED_BACK, Result.CANCELLED, Result.SUPERSEDED}
_SMOKE_TEST = {
    "passed": "✅ passed",
    "failed": "❌ failed",
    "unanswered": "❓ no answer that can be judged",
    "skipped": "skipped",
}


class Asked(NamedTuple):
    """What the workflow asked for beside the rollout: a question, or the first of many. Without a prompt: none."""

    question: Question = Question(())
    aliases: tuple[str, ...] = ()


class _Row(NamedTuple):
    step: str
    outcome: str
    took: str = ""
    deployment: str = ""


def steps_table(facts: Known, outcome: Outcome, timeline: Timeline, asked: Asked) -> list[str]:
    """Return the table, line by line; nothing where the heading says as much, or where no step was to run."""
    if outcome.result in {Result.PLANNED, Result.INVALID_INPUT}:
        return []
    rows = list(_rows(facts, outcome, timeline, asked))
    is_telling = facts.deployment_id or facts.deploy_call.in_doubt
    if len(rows) == 1 and (outcome.result.is_success or not is_telling):
        return []
    return table(("Step", "Outcome", "Took", "Deployment"), rows)


def question_table(facts: Known, asked: Asked) -> list[str]:
    """Return prompt, expectation and answer of the smoke test, line by line; nothing if it was not asked."""
    if facts.smoke_test.verdict == "skipped" or facts.smoke_test.suite is not None:
        return []
    row = (code(asked.question.prompt), _expectation(asked.question), code(facts.smoke_test.answer) or "none")
    return table(("Prompt", "Expected", "Answer"), [row])


def _rows(facts: Known, outcome: Outcome, timeline: Timeline, asked: Asked) -> Iterator[_Row]:
    what = f" version {version(facts.model.version)}" if facts.model else ""
    took = _took(facts, timeline, "Rollout")
    yield _Row(f"Roll out{what}", _rollout(facts, outcome), took, code(facts.deployment_id))
    if asked.question.prompt:
        latency = facts.smoke_test.latency
        yield _Row(
            "Smoke test",
            "❓ stopped before an answer" if facts.is_asking else _SMOKE_TEST[facts.smoke_test.verdict],
            "" if latency is None else f"{latency:.2f} s",
        )
    if facts.rollback_wanted and not outcome.result.is_success:
        yield _rollback(facts, timeline)
    yield from _aliases(facts, outcome, asked.aliases)


def _rollout(facts: Known, outcome: Outcome) -> str:
    if facts.found_live_already:
        return "✅ already live"
    if not facts.deployment_id:
        return "❓ may have started" if facts.deploy_call.in_doubt else "not started"
    return f"❌ {_progress(facts)}" if outcome.result in _LOST else _with_sign(facts)


def _with_sign(facts: Known) -> str:
    sign = "✅" if facts.progress.status is Status.DONE else "⏳" if facts.under_way else "❌"
    return f"{sign} {_progress(facts)}"


def _progress(facts: Known) -> str:
    """Say how far it is, without the API's own words for an error: they are the reason, which is told elsewhere."""
    match facts.progress.status:
        case Unknown(word) if word:
            return code(str(replace(facts.progress, error="")))
        case _:
            return str(replace(facts.progress, error=""))


def _took(facts: Known, timeline: Timeline, section: Section) -> str:
    """Say how long a rollout took, or has been going on until the end of the run."""
    if facts.began is None:
        return ""
    ended = [at for at, change in timeline.moments if change.section == section]
    return span(ended[-1] - facts.began) if ended and not facts.under_way else ""


def _rollback(facts: Known, timeline: Timeline) -> _Row:
    before = facts.previous.name if facts.previous else None
    step = f"Roll back to version {version(before.version)}" if before else "Roll back"
    back = facts.rollback
    if back and back.deployment_id:
        return _Row(step, _with_sign(back), _took(back, timeline, "Rollback"), code(back.deployment_id))
    if back and back.deploy_call.in_doubt:
        return _Row(step, "❓ may have started")
    return _Row(step, "❌ not rolled back" if facts.rollback_verdict == "failed" else "skipped")


def _aliases(facts: Known, outcome: Outcome, aliases: tuple[str, ...]) -> Iterator[_Row]:
    begun = outcome.result is Result.PROMOTION_FAILED or bool(facts.moving_alias)
    for alias in aliases:
        if how := facts.promoted.get(alias):
            yield _Row(f"Move alias {code(alias)}", f"✅ {code(how)}")
        else:
            yield _Row(f"Move alias {code(alias)}", "❌ not confirmed" if begun else "skipped")
            begun = False


def _expectation(question: Question) -> str:
    parts = (
        f"contains {' or '.join(map(code, question.contains))}" if question.contains else "",
        f"matches {code(question.expect)}" if question.expect else "",
        f"within {question.most_latency:g} s" if question.most_latency is not None else "",
    )
    return ", ".join(filter(None, parts)) or "any text"
