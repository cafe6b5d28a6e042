"""What is known so far, to read. It is learned by the methods of `decide/seen.py` and `decide/facts.py` only."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, assert_never

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.status import PUBLISHED, Status, Unknown
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.deploy_call import DeployCall
from cerebras_deploy.decide.evidence import Evidence
from cerebras_deploy.decide.plan import PlanName
from cerebras_deploy.decide.progress import NOTHING_SEEN, Progress
from cerebras_deploy.decide.serving import NOTHING, Serving
from cerebras_deploy.decide.smoke_test import NOT_ASKED, SmokeTestResult
from cerebras_deploy.decide.track import Track

if TYPE_CHECKING:
    from cerebras_deploy.decide.suite import Round

RollbackVerdict = Literal["succeeded", "failed", "skipped"]


@dataclass
class Known:
    """What is known of one deployment to one endpoint. Nobody assigns a field.

    `asked` is the version as the workflow named it. With `deployment-id` it stays empty until that deployment is known
    to be of this version. `model` is the version's full name, with its integer where the API told it, and `version` the
    API's reply about it. `track` is the deployment that is followed, `previous` was live before it, and `served` is
    what the endpoint serves by the last read for it; see `serving`. Times are in seconds since the run began.
    """

    endpoint: str
    asked: str = ""
    timeout: float = 0.0  # seconds: the time limit of the whole step
    rollback_wanted: bool = False  # the workflow has set `on-failure: rollback`
    deploys_again: bool = False  # the workflow has set `if-current: deploy`, so that a re-run deploys
    model: ModelName | None = None
    version: Version | None = None
    evidence: Evidence = field(default_factory=lambda: Evidence(PUBLISHED), repr=False)
    has_seen_endpoint: bool = False
    new_endpoint: Endpoint | None = None  # as the list of endpoints has it, while the API has no status for it
    seen_at: float = 0.0  # when the latest reply about the endpoint was made, as `Patience.answered_time`
    track: Track | None = None
    is_confirmed: bool = False  # the deployment that the workflow named is of the version that it named, if any
    found_live_already: bool = False  # the version was live before this step, so that nothing was deployed
    previous: DeployedModel | None = None
    was_live_before: bool = False  # the version, by the latest look before anything was deployed
    is_unclear_before: bool = False  # which version was live by then: entries have no time, or the same
    cannot_restore: bool = False  # `previous` cannot be deployed again, for example since its weights are gone
    had_nothing_to_replace: bool = False  # what was to be replaced is not live
    is_replacing: bool = False  # `previous` is what was to be replaced, whatever was live
    served: Serving = NOTHING
    deploy_call: DeployCall = field(default_factory=DeployCall)
    is_asking: bool = False  # the smoke test has begun, and has come to nothing yet
    waiting_for: str = ""  # what the step is waiting for now, in words, where that is not the rollout
    planned: PlanName = ""
    plan_rows: list[tuple[str, str]] = field(default_factory=list)  # of a dry run: a heading and its text
    before: "Round | None" = None  # what the version before answered, when it was asked to compare
    before_of: str = ""  # ID of the deployment that answered then
    smoke_test: SmokeTestResult = NOT_ASKED
    moving_alias: str = ""  # the alias that is being moved
    promoted: dict[str, str] = field(default_factory=dict)  # of each alias, from where to where it has moved
    rollback: "Known | None" = None
    rollback_outcome: str = ""
    rollback_verdict: RollbackVerdict = "skipped"
    began: float | None = None  # when the accepted deploy call was sent, or the step attached
    ended: float | None = None

    @property
    def deployment_id(self) -> str:
        """ID of the deployment that is followed, or of the one that was found live; empty if there is none."""
        return self.track.target.id if self.track else ""

    @property
    def serving(self) -> Serving:
        """What the endpoint serves by the last read, be it for this deployment or for the rollback's."""
        back = self.rollback
        return back.served if back and back.seen_at > self.seen_at else self.served

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
