"""How what is known is learned. Facts change by these methods and those of `seen.py` only.

Each method sets together what belongs together.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.known import RollbackVerdict
from cerebras_deploy.decide.plan import PlanName
from cerebras_deploy.decide.seen import Seen
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track

if TYPE_CHECKING:
    from cerebras_deploy.decide.suite import Round


@dataclass
class Facts(Seen):
    """What is known, how reads add to it, and how the step itself does.

    Only `steps/` and `step.py` have it in this form, and call its methods.
    """

    def saw_plan(self, name: PlanName) -> None:
        """Note what the latest look found to do."""
        self.planned = name

    def wait_for(self, what: str) -> None:
        """Note what the step is waiting for now, in words."""
        self.waiting_for = what

    def dry_run_planned(self, rows: list[tuple[str, str]]) -> None:
        """Note what a dry run has found."""
        self.plan_rows = rows

    def found_live(self, entry: DeployedModel) -> None:
        """Note that the version is live already."""
        self.found_live_already = True
        self.track = Track(Target(entry.id, entry.created)).listed(entry, 0.0)

    def left_as_it_is(self, entry: DeployedModel) -> None:
        """Note that another version is live than the one that was to be replaced: nothing is deployed."""
        self.model, self.version, self.asked, self.had_nothing_to_replace = entry.name, None, "", True
        self.found_live(entry)

    def replaces(self, bad: DeployedModel, version: Version) -> None:
        """Note that this version is deployed in place of another."""
        self.previous, self.is_replacing, self.asked = bad, True, ""
        self.saw_version(version)

    def deployed(self, track: Track) -> None:
        """Note the deployment that the latest deploy request created."""
        self.deploy_call.accepted()
        self.model = track.target.model or self.model
        self._follow(track, self.deploy_call.began)

    def attached(self, track: Track, at: float) -> None:
        """Note a deployment that this step did not start."""
        self._follow(track, at)

    def asked_before(self, answers: "Round", of: str) -> None:
        """Note what the version answered that served before the rollout, in the deployment with that ID."""
        self.before, self.before_of, self.waiting_for = answers, of, ""

    def nothing_to_compare(self) -> None:
        """Note that no single version serves just before the rollout: what another one answered is not of it."""
        self.before, self.before_of = None, ""

    def smoke_test_begun(self) -> None:
        """Note that the smoke test begins."""
        self.is_asking, self.waiting_for = True, "waiting for the smoke test's answer"

    def smoke_tested(self, result: SmokeTestResult) -> None:
        """Note the smoke test's result."""
        self.smoke_test, self.is_asking, self.waiting_for = result, False, ""

    def alias_begun(self, alias: str) -> None:
        """Note that an alias is being moved."""
        self.moving_alias, self.waiting_for = alias, f"moving alias {alias}"

    def alias_moved(self, alias: str, how: str) -> None:
        """Note an alias that is where it was to go; `how` says from where, for people."""
        self.promoted[alias] = how
        self.moving_alias = self.waiting_for = ""

    def rollback_begun(self, model: ModelName) -> "Facts":
        """Return the facts of the rollback to that version, which begins now. Until it ends it counts as failed."""
        self.rollback_verdict = "failed"
        begun = Facts(self.endpoint, model=model, evidence=self.evidence, has_seen_endpoint=True)
        self.rollback = begun
        return begun

    def previous_is_lost(self) -> None:
        """Note that what was live before cannot be deployed again."""
        self.cannot_restore = True

    def rollback_given_up(self) -> None:
        """Note that the rollback is not needed after all."""
        self.rollback, self.rollback_verdict = None, "skipped"

    def rollback_ended(self, verdict: RollbackVerdict, outcome: str) -> None:
        """Note the rollback's result. `outcome` says it for people."""
        self.rollback_verdict, self.rollback_outcome = verdict, outcome

    def finished(self, at: float) -> None:
        """Note when the run ended."""
        self.ended = at

    def _follow(self, track: Track, began: float) -> None:
        self.track, self.began, self.waiting_for = track, began, ""
