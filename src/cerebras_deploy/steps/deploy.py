"""The order of things: start or find the rollout, follow it, ask, then promote or roll back."""

from cerebras_deploy.api.tolerance import same_form
from cerebras_deploy.decide.outcome import is_rolled_back
from cerebras_deploy.decide.plan import Attach
from cerebras_deploy.decide.rollout import end_of, left_because
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import Interrupted, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.dry_run import dry_run
from cerebras_deploy.steps.follow import check_given, follow, tracked
from cerebras_deploy.steps.promote import promote
from cerebras_deploy.steps.replace import replace
from cerebras_deploy.steps.rollback import roll_back
from cerebras_deploy.steps.smoke_test import smoke_test
from cerebras_deploy.steps.start import start
from cerebras_deploy.text import capitalized


def deploy(context: Context) -> End:
    """Run the step, and return how it ended. Raises a `Stop` if it ends on the way."""
    if context.inputs.dry_run:
        return dry_run(context)
    end = _rolled_out(context)
    if end.result in {Result.SUCCEEDED, Result.UNCHANGED}:
        _warn(context, end)
        end = _after_answers(context, end, smoke_test(context))
    if end.result in {Result.SUCCEEDED, Result.UNCHANGED}:
        promote(context)
    elif context.inputs.on_failure == "rollback" and is_rolled_back(end, context.facts):
        return roll_back(context, end)
    return end


def _after_answers(context: Context, end: End, bad: End | None) -> End:
    """Look once more after a smoke test: the answers are another version's if that has replaced ours meanwhile.

    `bad` is the end that bad answers come to, None if they are good. It stands if the endpoint can't be read in time.
    Before an alias moves, the endpoint is looked at anyway (`steps/promote.py`).
    """
    if bad:
        try:
            later = _later(context)
        except Interrupted:  # which is a Stop, too
            raise
        except Stop:
            return bad
        return bad if later.result is Result.SUCCEEDED else later
    if context.facts.smoke_test.verdict == "skipped" or context.inputs.promote_aliases:
        return end
    later = _later(context)
    if later.result is not Result.SUCCEEDED:
        return later
    _warn(context, later)
    return end


def _later(context: Context) -> End:
    """Return the end of a rollout that was done, as it is now."""
    context.patience.read(context.read_endpoint)
    track = tracked(context)
    later = None if left_because(track) else end_of(track)
    return later or follow(context)


def _rolled_out(context: Context) -> End:
    """Start or find the rollout, and follow it."""
    if context.inputs.operation == "rollback":
        return replace(context)
    return _follow_given(context) if context.inputs.deployment_id else _deploy_wanted(context)


def _deploy_wanted(context: Context) -> End:
    """Have the wanted version on the endpoint: start its rollout, or find it there."""
    start(context)
    if context.facts.found_live_already:
        return End(Result.UNCHANGED)
    if context.inputs.wait:
        return follow(context)
    return End(Result.TRIGGERED)


def _follow_given(context: Context) -> End:
    """Follow the deployment that the workflow named."""
    named = same_form(context.inputs.deployment_id)
    context.facts.saw_plan(Attach.name)
    context.facts.attached(Track(Target(named, by_id=True)), context.time.elapsed)
    context.journal.heading(f"Follow deployment {named} on {context.inputs.endpoint}.")
    context.publish()
    return follow(context, on_first_listed=check_given)


def _warn(context: Context, end: End) -> None:
    """Warn of what the log's reader should know about a success."""
    track = context.facts.track
    if end.newer:
        text = f"{capitalized(end.newer)} is newer than this one. {context.inputs.endpoint} may serve it now or soon."
        context.journal.warn_once("Newer deployment", text)
    if track and track.progress.error:
        text = f"The API reports the rollout as {track.progress}."
        context.journal.warn_once("Done with an error message", text)
    if track and track.last_error:
        text = f"The rollout was reported as {track.last_error}, and then recovered."
        context.journal.warn_once("Rollout recovered from an error", text)
