"""How the end reads: outputs and annotation. The log's lines: journal.py; the job summary: summary.py."""

from cerebras_deploy.errors import Result
from cerebras_deploy.settle import Facts, Outcome

KILLED = "the action was killed before it could conclude"


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


def annotation(outcome: Outcome, facts: Facts) -> tuple[str, str, list[str]]:
    """Return the level, the title and the lines of the annotation that ends the log."""
    level = "notice" if outcome.result.green else "error"
    several = [*(f"- {detail}" for detail in outcome.details), "Nothing was sent."]
    lines = several if len(outcome.details) > 1 else [outcome.message]
    return level, f"{outcome.title}: {facts.endpoint}" if facts.endpoint else outcome.title, lines
