"""What to do next, in one imperative sentence that is true in that situation; empty if nothing is to be done."""

from typing import assert_never

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.entries import is_harmless, version_of
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.decide.resume import again, keep_waiting, resume
from cerebras_deploy.decide.rollback_step import rollback_step
from cerebras_deploy.result import End, Result
from cerebras_deploy.text import sentence


def advice(end: End, facts: Known) -> str:
    """Say what to do next."""
    return sentence(_clause(end, facts))


def _clause(end: End, facts: Known) -> str:
    match end.result:
        case Result.SUCCEEDED | Result.UNCHANGED | Result.PLANNED | Result.TRIGGERED | Result.INVALID_INPUT:
            return ""
        case Result.FAILED | Result.ROLLED_BACK | Result.CANCELLED | Result.SUPERSEDED:
            return _rollout_lost(end, facts)
        case Result.SMOKE_TEST_FAILED:
            return _smoke_test_failed(facts)
        case Result.PROMOTION_FAILED:
            return end.hint
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE if facts.rollback:
            return _after_rollback(facts, facts.rollback)
        case Result.TIMED_OUT | Result.INTERRUPTED | Result.REFUSED | Result.UNREACHABLE:
            return _stopped(end, facts)
        case never:
            assert_never(never)


_AGAIN = {
    Result.TIMED_OUT: "set a longer `timeout`, and re-run the step",
    Result.INTERRUPTED: "re-run the step",
    Result.UNREACHABLE: "re-run the step once the API answers again",
}


def _rollout_lost(end: End, facts: Known) -> str:
    if end.result is Result.SUPERSEDED:
        return _ask_first(end.newer_version or "the newer deployment")
    if end.result is Result.CANCELLED:
        return "ask who canceled it before you re-run the step"
    if end.result is Result.ROLLED_BACK and facts.progress.status is Status.DONE:
        again = "before you re-run the step, because the API now lists the deployment as complete"
        return f"check what {facts.endpoint} serves {again}"
    if end.result is Result.FAILED and facts.rollback_verdict != "succeeded":
        if newer := _newer(facts):
            return _ask_first(newer)
        if back := _restore(facts):
            return f"{back}, then fix the cause"
    if end.result is Result.FAILED and facts.progress.status is not Status.ERROR:
        return f"check what {facts.endpoint} serves before you deploy again"
    if end.reason:
        return f"fix the cause before you deploy {_version(facts)} again"
    ask = f"ask Cerebras support about deployment {facts.deployment_id}"
    return f"{ask} before you deploy {_version(facts)} again" if facts.was_named else f"{ask}, or re-run the step"


def _newer(facts: Known) -> str:
    """Name the version that somebody has deployed later, and that may serve; empty if there is none."""
    followed = facts.rollback if facts.rollback and facts.rollback.track else facts
    newer = (entry for entry in (followed.track.newer if followed.track else ()) if not is_harmless(entry))
    return next(map(version_of, newer), "")


def _ask_first(newer: str) -> str:
    return f"check with whoever deployed {newer} before you deploy again, because that replaces it"


def _restore(facts: Known) -> str:
    """Say how to put back the previous version, where the endpoint does not serve it."""
    if facts.serving.entry == facts.previous:
        return ""
    if facts.rollback and left_behind(facts.rollback) is not Left.NOTHING:
        return _after_rollback(facts, facts.rollback)
    return rollback_step(facts) or _deploy_previous(facts)


def _deploy_previous(facts: Known) -> str:
    if facts.is_replacing:  # what was live before is what was to be replaced
        return (
            f"deploy {_version(facts)} again to restore the endpoint" if facts.smoke_test.verdict == "skipped" else ""
        )
    before = facts.previous
    known = before and before.name and before.name.has_integer and not facts.cannot_restore
    if before is None or not known or facts.was_live_before or facts.is_unclear_before:
        return ""
    return f"deploy {version_of(before)} to restore the endpoint"


def _smoke_test_failed(facts: Known) -> str:
    if facts.smoke_test.verdict == "unanswered":
        return _or(f"{again(facts)} to ask again", rollback_step(facts) if facts.rollback_wanted else "")
    if facts.rollback_verdict == "succeeded":
        return f"fix {_version(facts)} before you deploy it again"
    if newer := _newer(facts):
        return _ask_first(newer)
    return _restore(facts) or "deploy a version that passes"


def _version(facts: Known) -> str:
    return f"version {facts.model.version}" if facts.model else "the version"


def _stopped(end: End, facts: Known) -> str:
    left = left_behind(facts)
    if not end.reason and end.result is Result.REFUSED:
        return "check `deployment-id` and `endpoint`"
    if left is Left.NOTHING:
        return end.hint or _AGAIN.get(end.result, "")
    if end.result is Result.REFUSED and facts.was_named and not facts.is_confirmed:
        return end.hint
    after = f"check what {facts.endpoint} serves, then re-run the step" if left is Left.IN_DOUBT else resume(facts)
    back = rollback_step(facts) if facts.rollback_wanted else ""
    return f"{sentence(end.hint)} {sentence(_or(after, back))}" if end.hint else _or(after, back)


def _after_rollback(facts: Known, back: Known) -> str:
    """Say how to go on after a rollback that was cut off or has failed. Once it was sent, another step is no help."""
    check = f"check what {facts.endpoint} serves before you deploy again"
    match left_behind(back):
        case Left.NOTHING:
            return rollback_step(facts) or check
        case Left.UNDER_WAY | Left.UNCLEAR | Left.UNLISTED if not _is_gone(back):
            return keep_waiting(back, is_back=True)
        case Left.ENDED if back.progress.status is not Status.CANCELLED:
            return _deploy_previous(facts)
        case _:
            return check


def _is_gone(facts: Known) -> bool:
    return facts.track is not None and facts.track.seen and not facts.track.is_listed


def _or(first: str, second: str) -> str:
    return f"{first}, or {second}" if second else first
