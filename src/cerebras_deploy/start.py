"""Looks until the plan can be carried out, and starts the rollout, or finds that there is none to start."""

from typing import assert_never

from cerebras_deploy.errors import Refused
from cerebras_deploy.follow import attach
from cerebras_deploy.journal import State
from cerebras_deploy.plan import Attach, Deploy, NotPossible, Unchanged, WaitFirst, unknown_others, version_of
from cerebras_deploy.rollout import Progress, Track
from cerebras_deploy.run import Run, Sight
from cerebras_deploy.submit import Submission
from cerebras_deploy.wire import DeployedModel


def start(run: Run) -> Track | None:
    """Look until the plan can be carried out, then do so. None: the version is live already."""
    submission = Submission(run)
    for sight in run.watch.snapshots(run.look):
        plan, run.facts.waiting = run.plan(sight), ""
        _tell(run, sight)
        match plan:
            case Unchanged(live):
                run.facts.deployment_id, run.facts.progress = live.id, Progress.of_entry(live)
                return None
            case Attach(entry):
                return attach(run, sight, entry)
            case Deploy():
                if track := submission.send(sight):
                    return track
            case WaitFirst(entry):
                _wait_first(run, sight, entry)
            case NotPossible(reason, hint):
                raise Refused(reason, hint)
            case never:
                assert_never(never)
    raise AssertionError("a watch ends by raising")


def _tell(run: Run, sight: Sight) -> None:
    """Say once what is to be done, and what the log's reader might wonder about."""
    serving = f"serves {version_of(run.facts.serving)}" if run.facts.serving else "serves nothing yet"
    run.journal.plan(f"Deploy {run.facts.what} to {run.inputs.endpoint}, which {serving}")
    for entry in unknown_others(sight.endpoint.deployed_models, sight.version.model):
        text = f"deployment {entry.id} ({version_of(entry)}) is {Progress.of_entry(entry)}; it blocks nothing"
        run.journal.warn_once("Unknown rollout state", text)


def _wait_first(run: Run, sight: Sight, entry: DeployedModel | None) -> None:
    if entry:
        label = "another rollout"
        what = f"waiting for deployment {entry.id} ({version_of(entry)}): {Progress.of_entry(entry)}"
    else:
        word = sight.version.sync_status or "no word on them"
        label = "weights"
        what = f"waiting for the weights of version {sight.version.model.version} to sync: {word}"
    run.facts.waiting = what
    run.journal.state(State(what, "Before", label), run.watch.left)
