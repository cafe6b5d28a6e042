"""What reads of the API have shown, added to what is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.version import Version
from cerebras_deploy.decide.entries import is_of_one_version, may_be_live, may_serve, previous
from cerebras_deploy.decide.evidence import Snapshot
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.serving import serving


@dataclass
class Seen(Known):
    """What is known, and how reads of the API add to it."""

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
        self.served = serving(self.track.target.in_order(endpoint) if self.track else endpoint)
        if self.track is None:
            return
        self.track = self.track.read(endpoint, at)
        if self.track.entry:
            self.learn_model(self.track.entry)
            older = self.track.target.older_than_it(endpoint.deployed_models)
            if self.was_named:  # by then it was deployed already
                self._learn_live_before(older)
            self._learn_previous(older)

    def saw_new_endpoint(self, endpoint: Endpoint | None) -> None:
        """Note that the endpoint is listed, and has no status yet; None: it has one."""
        self.new_endpoint = endpoint

    def saw_version(self, version: Version) -> None:
        """Note the version, by its integer."""
        self.model, self.version = version.model, version

    def saw_details(self, version: Version) -> None:
        """Note the API's reply about the version that is known already."""
        self.version = version

    def saw_before_deploying(self, entries: Sequence[DeployedModel]) -> None:
        """Note what is live before anything is deployed. It may be replaced by another, but never by nothing."""
        self.was_live_before = self.is_unclear_before = False
        self._learn_live_before(entries)
        self._learn_previous(entries)

    def learn_model(self, entry: DeployedModel) -> None:
        """Note the version of a deployment that the workflow named by its ID."""
        self.model = self.model or entry.name

    def confirm_asked(self, version_ref: str) -> None:
        """Note that the deployment that the workflow named is of the version that it named, if it named one."""
        self.asked, self.is_confirmed = version_ref, True

    def _learn_live_before(self, older: Sequence[DeployedModel]) -> None:
        """Note whether the version was live before, or whether that is not clear. It is never forgotten."""
        candidates = may_be_live(older)
        is_one = is_of_one_version(candidates)
        self.is_unclear_before |= bool(candidates) and not is_one
        self.was_live_before |= is_one and self.model is not None and may_serve(candidates[0], self.model)

    def _learn_previous(self, older: Sequence[DeployedModel]) -> None:
        """Note the previous version. What is known is replaced only by something newer."""
        if self.model is None or not self.has_integer or self.is_replacing:
            return
        found = previous(older, self.model)
        if found and (self.previous is None or (found.created or 0.0) >= (self.previous.created or 0.0)):
            self.previous = found
