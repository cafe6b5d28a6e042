"""What to do, decided from one look at the endpoint and the version.

Entries are ordered by the server's `created`, and have the status that `evidence.py` has judged. *Live* is the newest
done entry. *In flight* is an entry newer than the live one that is under way; a young one in an unknown word counts as
such.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.status import Status
from cerebras_deploy.api.tolerance import same_form
from cerebras_deploy.api.version import Version, Weights
from cerebras_deploy.decide.entries import deployment_of, doubts, in_flight, live, serves

PlanName = Literal["deploy", "attach", "wait", "none", "refuse", ""]  # as the `plan` output has it


@dataclass(frozen=True)
class Unchanged:
    """The version is live: no deploy call."""

    live: DeployedModel
    name: ClassVar[PlanName] = "none"


@dataclass(frozen=True)
class Attach:
    """The version is already rolling out: follow that deployment."""

    entry: DeployedModel
    name: ClassVar[PlanName] = "attach"


@dataclass(frozen=True)
class Deploy:
    """Send the deploy call."""

    name: ClassVar[PlanName] = "deploy"


@dataclass(frozen=True)
class WaitFirst:
    """Look again later: the version's weights are syncing, or `entry` holds the endpoint."""

    entry: DeployedModel | None = None
    name: ClassVar[PlanName] = "wait"


@dataclass(frozen=True)
class NotPossible:
    """Nothing can be done: why, and what the user can do about it."""

    reason: str
    hint: str
    name: ClassVar[PlanName] = "refuse"


Plan = Unchanged | Attach | Deploy | WaitFirst | NotPossible


def make_plan(
    endpoint: Endpoint,
    version: Version,
    *,
    if_current: Literal["skip", "deploy"] = "skip",
    if_busy: Literal["wait", "queue", "fail"] = "wait",
) -> Plan:
    """Decide what to do. The order of the questions matters: it keeps false successes and second deployments out."""
    wanted, entries = version.model, endpoint.deployed_models
    if no := _unfit(endpoint, version):
        return no
    if version.weights is Weights.SYNCING:
        return WaitFirst()
    if flying := next(iter(in_flight(entries)), None):
        is_ours = serves(flying, wanted) and not flying.was_rolling_back and flying.status is not Status.ROLLING_BACK
        if is_ours and not (if_current == "deploy" and if_busy == "queue"):
            return Attach(flying)
        return Deploy() if is_ours else _busy(flying, if_busy)
    now = live(entries)
    if now and if_current == "skip" and serves(now, wanted) and not doubts(endpoint, now):
        return Unchanged(now)
    return Deploy()


def _unfit(endpoint: Endpoint, version: Version) -> NotPossible | None:
    wanted = version.model
    if same_form(endpoint.model_arch_id) != same_form(wanted.architecture):
        return NotPossible(
            f"the endpoint runs architecture {endpoint.model_arch_id}, the model is {wanted.architecture}",
            "choose a version of the endpoint's architecture, or another endpoint",
        )
    if version.weights is Weights.FAILED:
        return NotPossible(
            f"the weights of {wanted.architecture} version {wanted.version} did not sync ({version.sync_status})",
            "check the bucket and its policy, then upload the version again",
        )
    return None


def _busy(entry: DeployedModel, if_busy: Literal["wait", "queue", "fail"]) -> Plan:
    match if_busy:
        case "wait":
            return WaitFirst(entry)
        case "queue":
            return Deploy()
        case "fail":
            return NotPossible(
                f"{deployment_of(entry)} is rolling out on the endpoint, and `if-busy` is `fail`",
                "re-run the step when it has ended, or set `if-busy: wait` or `if-busy: queue`",
            )
