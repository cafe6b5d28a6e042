"""What is known so far. Facts change by their own methods only, which set together what belongs together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import PUBLISHED, Status, Unknown
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.deploy_call import DeployCall
from cerebras_deploy.decide.entries import live, may_serve, previous
from cerebras_deploy.decide.evidence import Evidence, Snapshot
from cerebras_deploy.decide.plan import PlanName
from cerebras_deploy.decide.progress import NOTHING_SEEN, Progress
from cerebras_deploy.decide.rollout import Track
from cerebras_deploy.decide.serving import NOTHING, Serving, serving
from cerebras_deploy.decide.smoke_test import NOT_ASKED, SmokeTestResult
from cerebras_deploy.decide.target import Target

RollbackVerdict = Literal["succeeded", "failed", "skipped"]


@dataclass
class Facts:
    """What is known of one deployment to one endpoint. `steps/` and `step.py` call its methods; nobody assigns a field.

    `asked` is the version as the workflow named it. With `deployment-id` it stays empty until that deployment is known
    to be of this version. `model` is the version's full name, with its integer where the API told it, and `version` the
    API's reply about it. `track` is the deployment that is followed, `previous` was live before it, and `serving` is
    what the endpoint serves by the last read. Times are in seconds since the run began.
    """

    endpoint: str
    asked: str = ""
    model: ModelName | None = None
    version: Version | None = None
    evidence: Evidence = field(default_factory=lambda: Evidence(PUBLISHED), repr=False)
    has_seen_endpoint: bool = False
    seen_at: float = 0.0  # when the latest reply about the endpoint was made, as `Patience.answered_time`
    track: Track | None = None
    is_confirmed: bool = False  # the deployment that the workflow named is of the version that it named, if any
    found_live_already: bool = False  # the version was live before this step, so that nothing was deployed
    previous: DeployedModel | None = None
    was_live_before: bool = False  # the version, by the latest look before anything was deployed
    is_replacing: bool = False  # `previous` is what was to be replaced, whatever was live
    serving: Serving = NOTHING
    deploy_call: DeployCall = field(default_factory=DeployCall)
    waiting_for: str = ""  # what the step is waiting for now, in words, where that is not the rollout
    planned: PlanName = ""
    plan_rows: list[tuple[str, str]] = field(default_factory=list)  # of a dry run: a heading and its text
    smoke_test: SmokeTestResult = NOT_ASKED
    promoted: list[str] = field(default_factory=list)  # a line for each alias
    rollback: "Facts | None" = None
    rollback_outcome: str = ""
    rollback_verdict: RollbackVerdict = "skipped"
    began: float | None = None  # when the accepted deploy call was sent, or the step attached
    ended: float | None = None

    @property
    def deployment_id(self) -> str:
        """ID of the deployment that is followed, or of the one that was found live; empty if there is none."""
        return self.track.target.id if self.track else ""

    @property
    def was_named(self) -> bool:
        """Whether the workflow named the deployment by its ID."""
        return self.track is not None and self.track.target.by_id

    @property
    def has_integer(self) -> bool:
        """Whether the version is known by its integer: an alias may have moved."""
        return self.model is not None and self.model.has_integer

    @property
    def progress(self) -> Progress:
        """How far the rollout is, as last seen."""
        return self.track.progress if self.track else NOTHING_SEEN

    @property
    def status(self) -> str:
        """The `status` output: the last one seen, in the API's words."""
        match self.progress.status:
            case Status() as status:
                return status.value
            case Unknown(word):
                return "unknown" if word else ""
            case never:
                assert_never(never)

    @property
    def under_way(self) -> bool:
        """Whether the rollout, as last seen, may go on by itself."""
        status = self.progress.status
        return not isinstance(status, Status) or status.under_way

    @property
    def changed(self) -> str:
        """The `changed` output: whether a deployment was accepted; `unknown` while a call is in doubt."""
        calls = [facts.deploy_call for facts in (self, self.rollback) if facts]
        if any(call.is_accepted for call in calls):
            return "true"
        return "unknown" if any(call.in_doubt for call in calls) else "false"

    @property
    def duration(self) -> float | None:
        """Seconds from the accepted deploy call, or the attach, to the end of the run; None until both are known."""
        return None if self.began is None or self.ended is None else self.ended - self.began

    @property
    def what(self) -> str:
        """The version for people, with the alias by which it was asked for."""
        if self.model is None:
            return f"version {self.asked}" if self.asked else "an unknown version"
        alias = f" (alias {self.asked})" if self.asked and self.asked != self.model.version else ""
        return f"{self.model.architecture} version {self.model.version}{alias}"

    def saw_endpoint(self, read: Endpoint, at: float) -> Snapshot | None:
        """Add a read of the endpoint to what is known; `at` is `Patience.answered_time`.

        Return it with the judgment of each entry; None if the reply is no evidence, since it is older than one before.
        """
        followed = self.track.target.ids if self.track else frozenset[str]()
        snapshots = self.evidence.take(read, at, followed)
        for snapshot in snapshots:
            self._saw(snapshot.endpoint, snapshot.at)
        return snapshots[-1] if snapshots else None

    def _saw(self, endpoint: Endpoint, at: float) -> None:
        self.has_seen_endpoint, self.seen_at = True, at
        self.serving = serving(self.track.target.in_order(endpoint) if self.track else endpoint)
        if self.track is None:
            return
        self.track = self.track.read(endpoint, at)
        if self.track.entry:
            self.learn_model(self.track.entry)
            self._learn_previous(self.track.target.older_than_it(endpoint.deployed_models))

    def saw_version(self, version: Version) -> None:
        """Note the version, by its integer."""
        self.model, self.version = version.model, version

    def saw_details(self, version: Version) -> None:
        """Note the API's reply about the version that is known already."""
        self.version = version

    def saw_before_deploying(self, entries: Sequence[DeployedModel]) -> None:
        """Note what is live before anything is deployed. It may be replaced by another, but never by nothing."""
        now = live(entries)
        self.was_live_before = bool(now and self.model and may_serve(now, self.model))
        self._learn_previous(entries)

    def saw_plan(self, name: PlanName) -> None:
        """Note what the latest look found to do."""
        self.planned = name

    def wait_for(self, what: str) -> None:
        """Note what the step is waiting for now, in words."""
        self.waiting_for = what

    def dry_run_planned(self, rows: list[tuple[str, str]]) -> None:
        """Note what a dry run has found."""
        self.plan_rows = rows

    def learn_model(self, entry: DeployedModel) -> None:
        """Note the version of a deployment that the workflow named by its ID."""
        self.model = self.model or entry.name

    def confirm_asked(self, version_ref: str) -> None:
        """Note that the deployment that the workflow named is of the version that it named, if it named one."""
        self.asked, self.is_confirmed = version_ref, True

    def found_live(self, entry: DeployedModel) -> None:
        """Note that the version is live already."""
        self.found_live_already = True
        self.track = Track(Target(entry.id, entry.created)).listed(entry, 0.0)

    def left_as_it_is(self, entry: DeployedModel) -> None:
        """Note that another version is live than the one that was to be replaced: nothing is deployed."""
        self.model, self.version, self.asked = entry.name, None, ""
        self.found_live(entry)

    def replaces(self, bad: DeployedModel, version: Version) -> None:
        """Note that this version is deployed in place of another."""
        self.previous, self.is_replacing, self.asked = bad, True, ""
        self.saw_version(version)

    def deployed(self, track: Track) -> None:
        """Note the deployment that came of the deploy call that was sent last."""
        self.deploy_call.accepted()
        self.model = track.target.model or self.model
        self._follow(track, self.deploy_call.began)

    def attached(self, track: Track, at: float) -> None:
        """Note a deployment that this step did not start."""
        self._follow(track, at)

    def smoke_tested(self, result: SmokeTestResult) -> None:
        """Note what the smoke test came to."""
        self.smoke_test, self.waiting_for = result, ""

    def alias_moved(self, line: str) -> None:
        """Note an alias that is where it was to go."""
        self.promoted.append(line)
        self.waiting_for = ""

    def rollback_begun(self, model: ModelName) -> "Facts":
        """Return the facts of the rollback to that version, which begins now. Until it ends it counts as failed."""
        self.rollback_verdict = "failed"
        self.rollback = Facts(
            self.endpoint, model=model, evidence=self.evidence, has_seen_endpoint=True, serving=self.serving
        )
        return self.rollback

    def rollback_given_up(self) -> None:
        """Note that the rollback is not needed after all."""
        self.rollback, self.rollback_verdict = None, "skipped"

    def rollback_ended(self, verdict: RollbackVerdict, outcome: str) -> None:
        """Note what came of the rollback; `outcome` says it for people."""
        self.rollback_verdict, self.rollback_outcome = verdict, outcome
        if self.rollback:
            self.serving = self.rollback.serving

    def finished(self, at: float) -> None:
        """Note when the run ended."""
        self.ended = at

    def _follow(self, track: Track, began: float) -> None:
        self.track, self.began, self.waiting_for = track, began, ""

    def _learn_previous(self, older: Sequence[DeployedModel]) -> None:
        """Note what was live before. What is known is replaced only by what came after it."""
        if self.model is None or not self.has_integer or self.is_replacing:
            return
        found = previous(older, self.model)
        if found and (self.previous is None or (found.created or 0.0) >= (self.previous.created or 0.0)):
            self.previous = found
