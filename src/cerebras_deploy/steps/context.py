"""What every step of a run is given: the inputs, the API, patience, the log, and the facts; and how to look."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple

from cerebras_deploy.api.management import Api
from cerebras_deploy.api.names import NAME_PART, ModelName
from cerebras_deploy.api.wire import Endpoint, Version
from cerebras_deploy.clock import Stopwatch
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.plan import Plan, make_plan
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.errors import CallError, refused
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.patience import Patience
from cerebras_deploy.tell.journal import Journal
from cerebras_deploy.tell.outputs import outputs_so_far
from cerebras_deploy.tell.runner import Runner
from cerebras_deploy.tell.timeline import Change, Section, change_of


class Look(NamedTuple):
    """The endpoint and the wanted version, read one after the other."""

    endpoint: Endpoint
    version: Version


@dataclass(frozen=True)
class Context:
    """What every step of a run is given. `is_rollback`: it is about the rollback's deployment, with its own facts."""

    inputs: Inputs
    api: Api
    patience: Patience
    time: Stopwatch
    journal: Journal
    runner: Runner
    facts: Facts
    is_rollback: bool = False

    def for_rollback(self, model: ModelName) -> "Context":
        """Return the context of a rollback to that version, with facts of its own."""
        return replace(self, facts=self.facts.rollback_begun(model), is_rollback=True)

    def publish(self) -> None:
        """Write the outputs as they stand, since the job may be killed before better ones are known."""
        if self.is_rollback:
            self.runner.write_outputs({"rollback-deployment-id": self.facts.deployment_id})
        else:
            self.runner.write_outputs(outputs_so_far(self.facts))

    def show(self, change: Change, *, line: str = "") -> None:
        """Show in the log what is so now; see `Journal.show`."""
        self.journal.show(change, self.patience.left, line=line)

    @property
    def section(self) -> Section:
        """Where its rollout stands in the timeline."""
        return "Rollback" if self.is_rollback else "Rollout"

    def show_progress(self, progress: Progress, *, listed: bool = True, line: str = "") -> None:
        """Show in the log how far the rollout is."""
        self.show(change_of(progress, self.section, listed=listed), line=line)

    def read_endpoint(self) -> Endpoint:
        """Read the endpoint once. The hint of a 404 names the endpoints that there are."""
        try:
            endpoint = self.api.endpoint(self.inputs.endpoint, self.patience.call_bound)
        except CallError as error:
            if error.status == HTTPStatus.NOT_FOUND and self.inputs.model and self.inputs.model.org:
                raise error.with_hint(self._known_endpoints(self.inputs.model.org)) from error
            raise
        self.facts.saw_endpoint(endpoint)
        return endpoint

    def _known_endpoints(self, org: str) -> str:
        try:
            found = self.api.endpoints(org, self.patience.call_bound).endpoints
        except CallError:
            return ""
        names = ", ".join(item.endpoint_id for item in found[:10]) or "none"
        return f"the endpoints of {org} are: {names}"

    def read_version(self, endpoint: Endpoint, architecture: str, org: str, ref: str) -> Version:
        """Read a version by alias or integer once; without `org`, that of the endpoint."""
        org = org or endpoint.managing_org_name or ""
        if not NAME_PART.fullmatch(org):
            raise refused(
                f"{self.inputs.endpoint} does not say which organisation manages it",
                "give `model` as `orgs/<org>/models/<arch>`",
            )
        wanted = ModelName(org, architecture, ref)
        version = self.api.version(wanted, self.patience.call_bound)
        if version.model[:2] != wanted[:2] or (ref.isdigit() and version.model.version != ref):
            raise refused(f"asked for {wanted}, the API answered for {version.model}", "report this to Cerebras")
        return version

    def find_version(self, model: ModelName) -> Version | None:
        """Read a version by integer or alias, with patience; None if there is none."""
        return self.patience.read(lambda: self.api.find_version(model, self.patience.call_bound))

    def look(self) -> Look:
        """Read endpoint and version once. The first look resolves the alias; later ones keep to its integer."""
        endpoint = self.read_endpoint()
        ref = self.inputs.model
        if ref is None:
            raise ValueError("there is no model to look for")
        pinned = self.facts.model.version if self.facts.model else self.inputs.version_ref
        version = self.read_version(endpoint, ref.architecture, ref.org, pinned)
        self.facts.saw_version(version)
        return Look(endpoint, version)

    def plan(self, look: Look) -> Plan:
        """Decide what to do."""
        self.facts.saw_before_deploying(look.endpoint.deployed_models)
        return make_plan(*look, if_current=self.inputs.if_current, if_busy=self.inputs.if_busy)
