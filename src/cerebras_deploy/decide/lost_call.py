"""A deploy call whose reply was lost: whether reads show that it arrived, or that it did not."""

from dataclasses import dataclass

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.decide.entries import in_flight, newest_first

DOUBT_SECONDS, DOUBT_READS = 20.0, 5  # an accepted deployment is listed by then, or this is a stated limit


@dataclass
class LostCall:
    """A deploy call that may have arrived.

    `before` is the endpoint as it was before the call, and `listed_before` has the IDs of all deployments that the run
    had seen by then. `asked` is the version as the workflow named it, since an entry may name it like that. `since` is
    when the reply was lost, on the clock in seconds.
    """

    wanted: ModelName
    asked: str
    before: Endpoint
    listed_before: frozenset[str]
    since: float
    reads: int = 0  # that do not show it
    something_changed: bool = False  # in any of them

    def find(self, endpoint: Endpoint) -> DeployedModel | None:
        """Return the deployment of the wanted version that was not there before the call, whatever its time says."""
        forms = {str(self.wanted), str(self.wanted._replace(version=self.asked))}
        new = (entry for entry in newest_first(endpoint.deployed_models) if entry.id not in self.listed_before)
        return next((entry for entry in new if entry.model in forms), None)

    def read(self, endpoint: Endpoint, made: float) -> None:
        """Note a read that does not show it: whether anything else has changed meanwhile.

        `made` is when the reply was made, on the clock: one from before the call, out of a cache, says nothing.
        """
        if made < self.since:
            return
        self.reads += 1
        unreadable = len(endpoint.unreadable) > len(self.before.unreadable)
        moved = unreadable or endpoint.updated != self.before.updated
        appeared = any(entry.id not in self.listed_before for entry in endpoint.deployed_models)
        self.something_changed |= moved or appeared or bool(in_flight(endpoint.deployed_models))

    def is_undecided(self, now: float) -> bool:
        """Whether it is too early to say that it did not arrive."""
        return now - self.since < DOUBT_SECONDS or self.reads < DOUBT_READS
