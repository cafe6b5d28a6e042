"""How it reads: outputs, summary and annotation, from what the step concluded. The log's lines: journal.py."""

from collections.abc import Sequence
from typing import NamedTuple

from cerebras_deploy.errors import Result
from cerebras_deploy.settle import Facts, Outcome
from cerebras_deploy.text import code
from cerebras_deploy.times import span, stopwatch

KILLED = "the action was killed before it could conclude"


class Moment(NamedTuple):
    """One change, for the summary's timeline: when, in seconds of the run, and what."""

    at: float
    text: str


class Counts(NamedTuple):
    """API calls made, and how many of them failed."""

    calls: int = 0
    failed: int = 0


def outputs(facts: Facts, outcome: Outcome | None, elapsed: float) -> dict[str, str]:
    """Return every output; without an outcome the pessimistic ones, for the case that nobody can write better ones."""
    began = facts.began
    return {
        "deployment-id": facts.deployment_id,
        "status": facts.status,
        "result": outcome.result.value if outcome else Result.INTERRUPTED.value,
        "message": outcome.message if outcome else KILLED,
        "endpoint": facts.endpoint,
        "model": str(facts.model or ""),
        "version-id": facts.model.version if facts.model else "",
        "previous-model": facts.previous.model if facts.previous else "",
        "duration-seconds": f"{elapsed - began:.0f}" if outcome and began is not None else "",
        "smoke-test": facts.smoke.verdict,
        "rollback-deployment-id": facts.rollback.deployment_id if facts.rollback else "",
    }


def summary(facts: Facts, outcome: Outcome, timeline: Sequence[Moment], counts: Counts) -> str:
    """Return the job summary: the verdict, the facts as a table, the changes."""
    rows = {
        "Endpoint": code(facts.endpoint),
        "Model": code(str(facts.model or facts.asked)),
        "Deployment": code(facts.deployment_id),
        "Result": code(outcome.result.value),
        "Last status": code(facts.status),
        "Served before": code(facts.previous.model if facts.previous else ""),
        "Smoke test": code(f"{facts.smoke.verdict}: {facts.smoke.figures}" if facts.smoke.latency else ""),
        "Answer": code(facts.smoke.answer),
        "Rollback": code(facts.rollback.deployment_id if facts.rollback else ""),
        "Aliases": " ".join(code(moved) for moved in facts.promoted),
        "API calls": f"{counts.calls}, {counts.failed} of them failed",
    }
    lines = [
        f"### {'✅' if outcome.result.green else '❌'} {outcome.title}",
        "",
        *([f"- {code(detail)}" for detail in outcome.details] or [code(outcome.message, 2000)]),
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in rows.items() if value),
    ]
    if facts.plan:
        lines += ["", "| Plan | |", "| --- | --- |", *(f"| {name} | {code(text)} |" for name, text in facts.plan)]
    if timeline:
        lines += ["", "| Time | For | What |", "| --- | --- | --- |", *_rows(timeline)]
    return "\n".join(lines) + "\n"


def _rows(timeline: Sequence[Moment]) -> list[str]:
    ends = [moment.at for moment in timeline[1:]]
    lasted = [span(end - moment.at) for moment, end in zip(timeline, ends, strict=False)] + [""]
    return [
        f"| {stopwatch(moment.at)} | {length} | {code(moment.text)} |"
        for moment, length in zip(timeline, lasted, strict=True)
    ]


def annotation(outcome: Outcome) -> tuple[str, str, list[str]]:
    """Return the level, the title and the lines of the annotation that ends the log."""
    level = "notice" if outcome.result.green else "error"
    several = [*(f"- {detail}" for detail in outcome.details), "Nothing was sent."]
    lines = several if len(outcome.details) > 1 else [outcome.message]
    return level, outcome.title, lines
