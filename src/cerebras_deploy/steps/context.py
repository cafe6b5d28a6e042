"""What every step is given: the inputs, the API, patience, the log and the facts; and how the endpoint is read."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.management import Api
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.tolerance import raw_text, same_form
from cerebras_deploy.clock import Stopwatch
from cerebras_deploy.decide.evidence import teach
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.patience import Patience
from cerebras_deploy.steps.matcher import Matcher
from cerebras_deploy.tell.journal import Journal
from cerebras_deploy.tell.outputs import outputs_so_far
from cerebras_deploy.tell.runner import Runner
from cerebras_deploy.tell.timeline import Change, Section, change_of
from cerebras_deploy.text import plain

if TYPE_CHECKING:
    from cerebras_deploy.decide.suite import Suite

RAW_SHOWN = 500  # characters of an entry that are logged


@dataclass(frozen=True)
class Context:
    """What every step of a run is given.

    `suite` has the questions of a file, if there is one. `is_rollback`: it is about the rollback's deployment, with its
    own facts.
    """

    inputs: Inputs
    api: Api
    patience: Patience
    time: Stopwatch
    journal: Journal
    runner: Runner
    facts: Facts
    matcher: Matcher
    suite: "Suite | None" = None
    is_rollback: bool = False

    def for_rollback(self, model: ModelName) -> "Context":
        """Return the context of a rollback to that version, with facts of its own."""
        return replace(self, facts=self.facts.rollback_begun(model), is_rollback=True)

    def publish(self) -> None:
        """Write the outputs as they stand, since the job may be killed before better ones are known."""
        if self.is_rollback:
            begun = {
                "rollback": "failed",
                "rollback-deployment-id": self.facts.deployment_id,
            }  # should the job be killed
            self.runner.write_outputs(begun | {"changed": "true"})
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
        """Read the endpoint once, judge what the reply proves, and note it.

        Raises a `CallError` also for a reply that is older than one before it, or that lacks its list.
        """
        try:
            endpoint = self.api.endpoint(self.inputs.endpoint, self.patience.call_bound)
        except CallError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            endpoint = self.facts.new_endpoint or self._never_deployed_to(error)
            self.facts.saw_new_endpoint(endpoint)
        else:
            self.facts.saw_new_endpoint(None)
        return self._judged(endpoint)

    def _judged(self, read: Endpoint) -> Endpoint:
        what = f"endpoint {self.inputs.endpoint}"
        if not read.lists_models:
            if self.facts.has_seen_endpoint:
                raise CallError(Fate.UNKNOWN, f"{what}: the reply lacks `deployed_models`")
            text = f"The API's reply for {what} lacks `deployed_models`. The endpoint counts as serving nothing yet."
            self.journal.warn_once("Nothing listed", text)
        before = self.facts.status
        seen = self.facts.saw_endpoint(read, self.patience.answered_time)
        if seen is None:
            reason = f"Ignored an outdated reply for {what}, from a server that lags behind or from a cache."
            raise CallError(Fate.UNKNOWN, reason, is_stale=True)
        if self.facts.track and self.facts.status != before and not self.is_rollback:
            self.runner.write_outputs({"status": self.facts.status})
        for note in seen.notes:
            self.journal.warn_once("Contradictory status", note)
        return seen.endpoint

    def teach(self, entry: DeployedModel) -> str:
        """Say how to have an entry's word understood. The entry is cut only when no secret is in it any more."""
        word = entry.words[0].text if entry.words else ""
        return teach(self.runner.redact(word), plain(self.runner.redact(raw_text(entry.raw)), RAW_SHOWN))

    def _never_deployed_to(self, error: CallError) -> Endpoint:
        """Return the endpoint whose status call is 404, if the list of endpoints has it.

        Raises `error` otherwise, and for an endpoint that has had a status.
        """
        wanted = self.inputs.model
        if self.facts.has_seen_endpoint or wanted is None or not wanted.org:
            raise error
        try:
            found = self.api.endpoints(wanted.org, self.patience.call_bound).endpoints
        except CallError:
            raise error from None
        for item in found:
            if same_form(item.endpoint_id) == same_form(self.inputs.endpoint):
                text = f"The API lists {item.endpoint_id} but has no status for it. It counts as serving nothing yet."
                self.journal.warn_once("New endpoint", text)
                return Endpoint(model_arch_id=item.model_arch_id or wanted.architecture, deployed_models=())
        names = ", ".join(item.endpoint_id for item in found[:10]) or "none"
        raise error.with_hint(f"check the endpoint's name. Endpoints of {wanted.org}: {names}") from error
