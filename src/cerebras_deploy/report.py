"""How the end reads: outputs and annotation. The log's lines: journal.py; the job summary: summary.py."""

from typing import TYPE_CHECKING

from cerebras_deploy.errors import Result

if TYPE_CHECKING:  # not imported: the first outputs are written before there is time for it
    from cerebras_deploy.settle import Facts, Outcome

KILLED = "the action was killed before it could conclude"


def first_outputs(endpoint: str) -> dict[str, str]:
    """Return every output as it is before anything is known, for the case that nobody can write better ones."""
    return {
        "deployment-id": "",
        "status": "",
        "result": Result.INTERRUPTED.value,
        "message": KILLED,
        "endpoint": endpoint,
        "model": "",
        "version-id": "",
        "previous-model": "",
        "duration-seconds": "",
        "smoke-test": "skipped",
        "rollback-deployment-id": "",
    }


def outputs(facts: "Facts", outcome: "Outcome | None", elapsed: float) -> dict[str, str]:
    """Return every output; without an outcome, result and message are still the first ones."""
    known = {
        "deployment-id": facts.deployment_id,
        "status": facts.status,
        "model": str(facts.model or ""),
        "version-id": facts.model.version if facts.model else "",
        "previous-model": facts.previous.model if facts.previous else "",
        "smoke-test": facts.smoke.verdict,
        "rollback-deployment-id": facts.rollback.deployment_id if facts.rollback else "",
    }
    if outcome:
        known |= {"result": outcome.result.value, "message": outcome.message}
        known["duration-seconds"] = "" if facts.began is None else f"{elapsed - facts.began:.0f}"
    return first_outputs(facts.endpoint) | known


def annotation(outcome: "Outcome", facts: "Facts") -> tuple[str, str, list[str]]:
    """Return the level, the title and the lines of the annotation that ends the log."""
    level = "notice" if outcome.result.green else "error"
    several = [*(f"- {detail}" for detail in outcome.details), "Nothing was sent."]
    lines = several if len(outcome.details) > 1 else [outcome.message]
    return level, f"{outcome.title}: {facts.endpoint}" if facts.endpoint else outcome.title, lines
