"""The order of things: look, plan, deploy, watch, accept, settle."""

from cerebras_deploy.errors import Result, Stop
from cerebras_deploy.follow import check_given, follow
from cerebras_deploy.plan import version_of
from cerebras_deploy.preview import preview
from cerebras_deploy.promote import promote
from cerebras_deploy.rollback import roll_back
from cerebras_deploy.rollout import Target, Track, Verdict
from cerebras_deploy.run import Run
from cerebras_deploy.settle import Outcome, settle
from cerebras_deploy.smoke import smoke_test
from cerebras_deploy.start import start


def deploy(run: Run) -> Outcome:
    """Run the step to its end, whatever that is."""
    end: Verdict | Stop
    try:
        end = preview(run) if run.inputs.dry_run else _gate(run)
    except Stop as stop:
        end = stop
    return settle(end, run.facts, run.journal.elapsed)


def _gate(run: Run) -> Verdict:
    """Roll out; ask; then promote or roll back."""
    verdict = _given(run) if run.inputs.deployment_id else _wanted(run)
    if verdict.newer and verdict.result is Result.SUCCEEDED:
        newer = f"deployment {verdict.newer.id} ({version_of(verdict.newer)}) is newer than ours"
        run.journal.warn_once("Newer deployment", f"{newer}: {run.inputs.endpoint} may serve it soon")
    if verdict.result in {Result.SUCCEEDED, Result.UNCHANGED}:
        bad = smoke_test(run)
        if bad is None:
            promote(run)
            return verdict
        replaced = verdict.result is Result.SUCCEEDED
        verdict = bad
    else:
        replaced = True
    if run.inputs.on_failure == "rollback" and replaced:
        return roll_back(run, verdict)
    return verdict


def _wanted(run: Run) -> Verdict:
    """Have the wanted version on the endpoint: start its rollout, or find it there."""
    track = start(run)
    if track is None:
        return Verdict(Result.UNCHANGED)
    if run.inputs.wait:
        return follow(run, track)
    return track.verdict or Verdict(Result.TRIGGERED)


def _given(run: Run) -> Verdict:
    """Follow the deployment that the workflow named."""
    run.facts.deployment_id, run.facts.began = run.inputs.deployment_id, run.journal.elapsed
    run.publish()
    run.journal.plan(f"Follow deployment {run.inputs.deployment_id} on {run.inputs.endpoint}")
    return follow(run, Track(Target(run.inputs.deployment_id, by_id=True)), check=check_given)
