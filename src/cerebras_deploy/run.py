"""What every step of a run needs: the inputs, the API, patience, the journal and the facts found so far."""

from dataclasses import dataclass
from typing import NamedTuple

from cerebras_deploy.client import Api
from cerebras_deploy.errors import CallError, Refused
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.journal import Journal, State
from cerebras_deploy.names import NAME_PART, ModelName
from cerebras_deploy.plan import Plan, live, plan, previous
from cerebras_deploy.report import outputs
from cerebras_deploy.rollout import NOTHING_SEEN, Progress, Track
from cerebras_deploy.runner import Runner, Tone
from cerebras_deploy.settle import Facts
from cerebras_deploy.summary import Section, label_of
from cerebras_deploy.watch import Watch
from cerebras_deploy.wire import Endpoint, Status, Unknown, Version

_TONES: dict[Status | Unknown, Tone] = {
    Status.DONE: "good",
    Status.ERROR: "bad",
    Status.CANCELLED: "bad",
    Status.ROLLING_BACK: "bad",
    Status.ROLLED_BACK: "bad",
}


class Sight(NamedTuple):
    """One look: the endpoint and the version, read one after the other."""

    endpoint: Endpoint
    version: Version


@dataclass
class Run:
    """One run of the step."""

    inputs: Inputs
    api: Api
    watch: Watch
    journal: Journal
    runner: Runner
    facts: Facts
    rolling_back: bool = False  # these are the facts of a rollback

    @property
    def section(self) -> Section:
        """Where its rollout stands in the timeline."""
        return "Rollback" if self.rolling_back else "Rollout"

    def state(self, progress: Progress, *, listed: bool = True) -> State:
        """Return a rollout's progress as the log and the timeline show it."""
        text = str(progress) if listed or progress == NOTHING_SEEN else f"{progress}, not listed yet"
        line = f"{text} {progress.bar}" if progress.bar else ""
        return State(text, self.section, label_of(progress.status), line, _TONES.get(progress.status, "plain"))

    def publish(self) -> None:
        """Write the outputs as they stand: the job may be killed before better ones are known."""
        if self.rolling_back:
            self.runner.outputs({"rollback-deployment-id": self.facts.deployment_id})
        else:
            self.runner.outputs(outputs(self.facts, None, self.journal.elapsed))

    def read_endpoint(self) -> Endpoint:
        """Read the endpoint; a 404 names the endpoints that there are."""
        try:
            endpoint = self.api.endpoint(self.inputs.endpoint, self.watch.bound)
        except CallError as error:
            if error.status == 404 and self.inputs.model and self.inputs.model.org:  # noqa: PLR2004 - not found
                error.hint = self._known_endpoints(self.inputs.model.org) or error.hint
            raise
        self.facts.serving = live(endpoint.deployed_models)
        return endpoint

    def _known_endpoints(self, org: str) -> str:
        try:
            found = self.api.endpoints(org, self.watch.bound).endpoints
        except CallError:
            return ""
        names = ", ".join(item.endpoint_id for item in found[:10]) or "none"
        return f"the endpoints of {org} are: {names}"

    def read_version(self, endpoint: Endpoint, architecture: str, org: str, ref: str) -> Version:
        """Read a version by alias or integer; without an org, in that of the endpoint."""
        org = org or endpoint.managing_org_name or ""
        if not NAME_PART.fullmatch(org):
            raise Refused(
                f"{self.inputs.endpoint} does not say which organisation manages it",
                "give `model` as `orgs/<org>/models/<arch>`",
            )
        wanted = ModelName(org, architecture, ref)
        version = self.api.version(wanted, self.watch.bound)
        if version.model[:2] != wanted[:2] or (ref.isdigit() and version.model.version != ref):
            raise Refused(f"asked for {wanted}, the API answered for {version.model}", "report this to Cerebras")
        return version

    def find_version(self, model: ModelName) -> Version | None:
        """Read a version by integer or alias; None if there is none: an alias that is not found is free."""
        try:
            return self.watch.patiently(lambda: self.api.version(model, self.watch.bound))
        except Refused as refusal:
            if isinstance(refusal.__cause__, CallError) and refusal.__cause__.status == 404:  # noqa: PLR2004 - not found
                self.journal.forgive()
                return None
            raise

    def look(self) -> Sight:
        """Read endpoint and version. The alias is resolved at the first look, and the integer is pinned."""
        endpoint = self.read_endpoint()
        ref = self.inputs.model
        if ref is None:
            raise ValueError("there is no model to look for")
        pinned = self.facts.model.version if self.facts.model else self.inputs.version_ref
        version = self.read_version(endpoint, ref.architecture, ref.org, pinned)
        self.facts.model, self.facts.version = version.model, version
        return Sight(endpoint, version)

    def plan(self, sight: Sight) -> Plan:
        """Decide what to do."""
        self.facts.previous = previous(sight.endpoint.deployed_models, sight.version.model, None)
        return plan(*sight, if_current=self.inputs.if_current, if_busy=self.inputs.if_busy)

    def tracked(self, track: Track, endpoint: Endpoint) -> None:
        """Take over what a snapshot showed of the deployment that is followed."""
        changed = track.progress.status != self.facts.progress.status
        self.facts.progress = track.progress
        if changed and not self.rolling_back:
            self.runner.outputs({"status": self.facts.status})
        if track.seen and self.facts.model:
            self.facts.previous = previous(endpoint.deployed_models, self.facts.model, track.target.created)
