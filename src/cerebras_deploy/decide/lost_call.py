"""A deploy call whose reply was lost: whether reads show that it arrived, or that it did not."""

from dataclasses import dataclass

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.wire import DeployedModel, Endpoint
from cerebras_deploy.decide.plan import in_flight, newest_first

DOUBT_SECONDS, DOUBT_READS = 20.0, 5  # an accepted deployment is listed by then, or this is a stated limit


@dataclass
class LostCall:
    """A deploy call that may have arrived. `before` is the endpoint as it was before the call.

    `asked` is the version as the workflow named it, since an entry may name it like that. `since` is when the reply was
    lost, on the clock in seconds.
    """

    wanted: ModelName
    asked: str
    before: Endpoint
    since: float
    reads: int = 0  # that do not show it
    something_changed: bool = False  # in the latest of them

    @property
    def listed_before(self) -> frozenset[str]:
        """IDs of the deployments that were there before the call."""
        return frozenset(entry.id for entry in self.before.deployed_models)

    def find(self, endpoint: Endpoint) -> DeployedModel | None:
        """Return the deployment of the wanted version that was not there before the call."""
        forms = {str(self.wanted), str(self.wanted._replace(version=self.asked or self.wanted.version))}
        return next((entry for entry in self._new(endpoint) if entry.model in forms), None)

    def read(self, endpoint: Endpoint) -> None:
        """Note a read that does not show it: whether anything else has changed meanwhile."""
        in_progress = bool(in_flight(endpoint.deployed_models))
        self.reads += 1
        self.something_changed = bool(self._new(endpoint)) or in_progress or endpoint.updated != self.before.updated

    def is_undecided(self, now: float) -> bool:
        """Whether it is too early to say that it did not arrive."""
        return now - self.since < DOUBT_SECONDS or self.reads < DOUBT_READS

    def _new(self, endpoint: Endpoint) -> list[DeployedModel]:
        return [entry for entry in newest_first(endpoint.deployed_models) if entry.id not in self.listed_before]
