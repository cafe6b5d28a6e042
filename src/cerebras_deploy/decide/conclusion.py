"""What the step concluded, in words: the verdict, what is served now, why, and what to do next, for every end."""

from collections.abc import Iterator

from cerebras_deploy.decide.advice import advice
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.statement import statement
from cerebras_deploy.decide.title import title_of
from cerebras_deploy.result import End, Result

_BY_THE_API = {Result.FAILED, Result.ROLLED_BACK, Result.CANCELLED}
_MAY_GO_ON = {Left.UNLISTED, Left.UNDER_WAY, Left.UNCLEAR}
_CUT_OFF = {Result.TIMED_OUT, Result.INTERRUPTED}


def conclude(end: End, facts: Known) -> Outcome:
    """Put the end of the run into words."""
    return Outcome(
        end.result,
        title_of(end, facts),
        statement(end, facts),
        serving=_serving(end, facts),
        reason=_reason(end, facts),
        asked=tuple(_asked(end, facts)),
        advice=advice(end, facts),
        deployment_id=facts.deployment_id,
        problems=end.problems,
    )


def _serving(end: End, facts: Known) -> str:
    """Say what is served now. A rollout that could not be read any more may have changed that."""
    if not facts.has_seen_endpoint:
        return "unknown"
    is_past = end.result is Result.UNREACHABLE and left_behind(facts) in _MAY_GO_ON
    return f"unknown. At the last good read: {facts.serving.text}" if is_past else facts.serving.text


def _reason(end: End, facts: Known) -> str:
    if end.result.is_success:
        return ""
    doing = f"the step was {facts.waiting_for}" if facts.waiting_for and end.result in _CUT_OFF else ""
    reasons = ", ".join(filter(None, (doing, "" if end.result is Result.INTERRUPTED else end.reason)))
    return reasons or ("none given by the API" if end.result in _BY_THE_API else "")


def _asked(end: End, facts: Known) -> Iterator[tuple[str, str]]:
    """Yield what was asked for besides the rollout, with its outcome."""
    if facts.deployment_id and end.result in {*_CUT_OFF, Result.UNREACHABLE, Result.REFUSED}:
        yield "Rollout", _last_seen(facts)
    if facts.rollback_outcome:
        yield "Rollback", facts.rollback_outcome
    elif facts.rollback and facts.rollback.deployment_id:
        yield "Rollback", f"deployment {facts.rollback.deployment_id}, {_last_seen(facts.rollback)}"
    elif facts.rollback_wanted and facts.found_live_already and facts.smoke_test.verdict == "failed":
        yield "Rollback", "not rolled back, because this version was live before this step"
    if facts.smoke_test.verdict != "skipped":
        figures = f" ({facts.smoke_test.figures})" if facts.smoke_test.figures else ""
        yield "Smoke test", f"{facts.smoke_test.verdict}{figures}"
    if facts.promoted:
        yield "Aliases", ", ".join(f"{alias}: {how}" for alias, how in facts.promoted.items())


def _last_seen(facts: Known) -> str:
    if facts.track is not None and facts.track.seen:
        return f"last seen {facts.progress}"
    return f"{'' if facts.was_named else 'accepted, but '}never listed by the endpoint"
