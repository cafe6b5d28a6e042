"""The simulated world: all of its state is a function of scenario, requests received, and the time now."""

import random
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cerebras_simulator.faults.rules import Rules
from cerebras_simulator.world.inference import Answer, Choice, Inference, chosen
from cerebras_simulator.world.inventory import ORG, Endpoint, stock
from cerebras_simulator.world.refusals import Refusal
from cerebras_simulator.world.registry import AliasChange, Registry
from cerebras_simulator.world.rollouts import Deployment, Standing, VersionName, replicas, serving, standings
from cerebras_simulator.world.scenarios import SETTLED, WELL, Rollout, Scenario, find
from cerebras_simulator.world.second_writer import SecondWriter

#: The endpoint's status speaks of `state`, of which one word is published: `complete` (a rollout status of
#: `done`); `failed` comes from a third-party client. The rest is the deploy call's own vocabulary.
STATE_WORDS: Final = {"done": "complete", "error": "failed"}
#: For a server that uses the deploy call's words everywhere.
ROLLOUT_WORDS: Final[Mapping[str, str]] = {}

DEFAULT_KEY: Final = "sim-management-key"
DEFAULT_INFERENCE_KEY: Final = "sim-inference-key"
DEFAULT_ANSWER: Final = "Hello from {architecture} version {version}."
DAY: Final = 86400


@dataclass
class Request:
    """A request received: `time` in unix seconds, `status` 0 before or without a reply, `changed` if it had effect.

    Its reply is to come `delay` seconds late: up to who brings it to the caller.
    """

    time: float
    method: str
    path: str
    status: int = 0
    changed: bool = False
    delay: float = 0


@dataclass
class World:
    """Endpoints, model versions and deployments, and a record of what was asked.

    Args:
        now: the clock, in unix seconds; nothing else is asked for the time.
        scenario: what the default endpoint plays, by name or as a value of one's own.
        endpoints: further endpoints, name to scenario name.
        speed: natural seconds of a scenario for each second of the clock.
        seed: deployment IDs and the second writer repeat under the same seed and the same requests.
        key: the management key that is accepted.
        inference_key: the inference key that is accepted.
        answer: what good versions answer, with their {architecture} and {version}.
        choices: how versions answer, whatever their scenario: answers by question, and figures.
        second_writer: seconds of the clock, on average, between changes of aliases by somebody else; 0 for nobody.
        state_words: how the endpoint's status says a rollout status; a word that is not in it stays as it is.
        lists_alias: the endpoint's status names a version as it was asked for, and not by its integer id.
        shape: in which form the endpoint's status is told; see `api.shapes`.
        refuses_library_agents: refuse the User-Agents that HTTP libraries send by default, as the API does.

    """

    now: Callable[[], float]
    scenario: str | Scenario = "healthy"
    endpoints: Mapping[str, str] = field(default_factory=dict)
    speed: float = 1.0
    seed: int = 0
    key: str = DEFAULT_KEY
    inference_key: str = DEFAULT_INFERENCE_KEY
    answer: str = DEFAULT_ANSWER
    choices: Sequence[Answer | Choice] = ()
    second_writer: float = 0
    state_words: Mapping[str, str] = field(default_factory=lambda: STATE_WORDS)
    lists_alias: bool = False
    shape: str = "published"
    refuses_library_agents: bool = True
    requests: list[Request] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Take stock, and deploy what is served at the beginning."""
        played = find(self.scenario) if isinstance(self.scenario, str) else self.scenario
        self.inventory = stock(played, self.endpoints)
        self.started = self.now()
        self.faults = Rules(self.now)
        self._random = random.Random(self.seed)  # noqa: S311  # ids are to repeat under a seed
        writer = SecondWriter(self.seed, self.second_writer, self.started) if self.second_writer else None
        self.registry = Registry(self.inventory.architectures, self.now, self.speed, writer)
        #: The endpoints that were asked for.
        self.begun: set[str] = set()
        self._asked: Counter[str] = Counter()
        self._accepted: dict[str, list[Deployment]] = {name: [] for name in self.inventory.endpoints}
        for endpoint in self.inventory.endpoints.values():
            if endpoint.scenario.served is not None:
                self._accept(endpoint, Rollout(endpoint.scenario.served, 0, SETTLED), self.started - 30 * DAY)

    @property
    def deployments(self) -> list[Deployment]:
        """Every deployment accepted by now, by whomever, oldest first; listed by the API or not."""
        accepted = [one for many in self._accepted.values() for one in many if one.created <= self.now()]
        return sorted(accepted, key=lambda one: one.created)

    @property
    def alias_changes(self) -> list[AliasChange]:
        """Every change of aliases by now, oldest first."""
        return self.registry.alias_changes

    def endpoint(self, name: str) -> Endpoint:
        """Find an endpoint; the first look at it begins its scenario."""
        endpoint = self.inventory.endpoints.get(name)
        if endpoint is None:
            raise Refusal(404, f"Endpoint {name!r} not found")
        if name not in self.begun:
            self.begun.add(name)
            for rival in endpoint.scenario.rivals:
                self._accept(endpoint, rival, self.now())
        return endpoint

    def standings(self, endpoint: Endpoint) -> list[Standing]:
        """Tell where every deployment of the endpoint stands now, oldest first; listed by the API or not."""
        return standings(self._accepted[endpoint.name], self.now(), self.speed)

    def listed(self, endpoint: Endpoint) -> list[Standing]:
        """Tell where the deployments stand that the API shows."""
        youngest = self.now() - endpoint.scenario.listed_after / self.speed
        return [
            one
            for one in self.standings(endpoint)
            if one.moment.listed and (one.deployment.created <= youngest or one.deployment.by == "scenario")
        ]

    def standing(self, deployment_id: str) -> Standing:
        """Tell where one deployment stands now."""
        for endpoint in self.inventory.endpoints.values():
            for one in self.standings(endpoint):
                if one.deployment.id == deployment_id:
                    return one
        raise KeyError(deployment_id)

    def serving(self, endpoint_name: str) -> Deployment | None:
        """Give the deployment that the endpoint serves now."""
        found = serving(self.standings(self.inventory.endpoints[endpoint_name]))
        return found.deployment if found else None

    def inference(self, deployment: Deployment) -> Inference:
        """Tell how a deployment answers: the version that was served when it all began, well."""
        scenario = self.inventory.endpoints[deployment.endpoint].scenario
        natural = WELL if deployment.version == scenario.served else scenario.inference
        return chosen(natural, deployment.version, self.choices)

    def is_down(self, deployment: Deployment, answered: int) -> bool:
        """Whether a deployment that has answered so often answers with an error now."""
        inference, standing = self.inference(deployment), self.standing(deployment.id)
        rolled_out = standing.updated if standing.moment.status == "done" else self.now()
        return answered < inference.cold or self.now() < rolled_out + inference.down_for

    def answering(self, endpoint_name: str) -> tuple[Deployment, int] | None:
        """Choose a replica for the next answer; give the deployment that it runs, and how many it has answered yet.

        While a rollout replaces replicas, old and new ones take turns as often as there are of each.
        """
        running = [one for one in replicas(self.standings(self.endpoint(endpoint_name))) if one]
        if not running:
            return None
        # Calls are counted by endpoint, and by deployment. Five and the number of all replicas have no common divisor:
        # so each replica has its turn.
        chosen = running[self._asked[endpoint_name] * 5 % len(running)]
        self._asked.update((endpoint_name, chosen.id))
        return chosen, self._asked[chosen.id] - 1

    def deploy(self, endpoint_name: str, name: VersionName) -> Standing:
        """Accept a deployment by the caller, which is queued behind others, or refuse it."""
        endpoint = self.endpoint(endpoint_name)
        version = self.registry.version(name)
        if name.architecture != endpoint.architecture:
            raise Refusal(400, f"Endpoint {endpoint_name!r} serves {endpoint.architecture}, not {name.architecture}")
        if (sync := self.registry.sync_status(name.architecture, version)) != "done":
            raise Refusal(409, f"Weights of model version {str(name)!r} are not ready: sync status {sync}")
        scenario = endpoint.scenario
        again = version.number == scenario.served
        timeline = scenario.restored if again else scenario.rollout
        accepted = self._accept(endpoint, Rollout(version.number, 0, timeline), self.now(), name.reference)
        if scenario.follower is not None and not again:
            self._accept(endpoint, scenario.follower, self.now())
        return self.standing(accepted.id)

    def _accept(self, endpoint: Endpoint, rollout: Rollout, since: float, reference: str | None = None) -> Deployment:
        """Add a deployment; one without a reference is the scenario's own."""
        deployment = Deployment(
            id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            endpoint=endpoint.name,
            org=ORG,
            architecture=endpoint.architecture,
            version=rollout.version,
            reference=reference or str(rollout.version),
            created=since + rollout.at / self.speed,
            by="caller" if reference else "scenario",
            timeline=rollout.timeline,
            skew=self.faults.skew,
        )
        self._accepted[endpoint.name].append(deployment)
        return deployment
