"""The step's outputs, and the annotation that ends the log."""

from typing import TYPE_CHECKING

from cerebras_deploy.result import Result

if TYPE_CHECKING:  # not imported: the first outputs are written before there is time for it
    from cerebras_deploy.decide.known import Known
    from cerebras_deploy.decide.outcome import Outcome

KILLED = "The action was killed before it finished."


def initial_outputs(endpoint: str) -> dict[str, str]:
    """Return every output as it stands before anything is known: what a job that is killed early leaves."""
    return {
        "deployment-id": "",
        "status": "",
        "result": Result.INTERRUPTED.value,
        "message": KILLED,
        "endpoint": endpoint,
        "model": "",
        "version-id": "",
        "previous-model": "",
        "live-model": "",
        "live-version-id": "",
        "changed": "unknown",
        "plan": "",
        "duration-seconds": "",
        "smoke-test": "skipped",
        "rollback": "skipped",
        "rollback-deployment-id": "",
        "report": "",
        "summary-markdown": "",
    }


def outputs_so_far(facts: "Known") -> dict[str, str]:
    """Return every output by what is known; result and message are still the initial ones."""
    return initial_outputs(facts.endpoint) | {
        "deployment-id": facts.deployment_id,
        "status": facts.status,
        "model": str(facts.model or ""),
        "version-id": facts.model.version if facts.model else "",
        "previous-model": facts.previous.model if facts.previous else "",
        **_live(facts),
        "changed": facts.changed,
        "plan": facts.planned,
        "smoke-test": facts.smoke_test.verdict,
        "rollback": facts.rollback_verdict,
        "rollback-deployment-id": facts.rollback.deployment_id if facts.rollback else "",
    }


def _live(facts: "Known") -> dict[str, str]:
    """Return what the endpoint serves by the last read; empty if that is mixed, unclear, or named by an alias."""
    entry = facts.serving.entry
    name = entry.name if entry else None
    if name is None or not name.has_integer:
        return {"live-model": "", "live-version-id": ""}
    return {"live-model": str(name), "live-version-id": name.version}


def final_outputs(facts: "Known", outcome: "Outcome") -> dict[str, str]:
    """Return every output at the end."""
    return outputs_so_far(facts) | {
        "result": outcome.result.value,
        "message": outcome.message,
        "duration-seconds": "" if facts.duration is None else f"{facts.duration:.0f}",
    }


def annotation(outcome: "Outcome", facts: "Known") -> tuple[str, str, list[str]]:
    """Return the level, the title and the lines of the annotation that ends the log."""
    level = "notice" if outcome.result.is_success else "error"
    return level, f"{outcome.title}: {facts.endpoint}" if facts.endpoint else outcome.title, outcome.lines
