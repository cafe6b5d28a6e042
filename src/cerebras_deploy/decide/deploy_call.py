"""The deploy call of a run: whether it was accepted, as far as that is known, and what its reply says."""

from dataclasses import dataclass

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.operation import Operation
from cerebras_deploy.api.tolerance import same_form


@dataclass
class DeployCall:
    """The deploy call. It changes by its methods only. `began` is when the latest one was sent, in seconds of the run.

    `in_doubt`: it went out, and nobody knows yet whether it was accepted.
    """

    began: float = 0.0
    in_doubt: bool = False
    is_accepted: bool = False

    def sent(self, at: float) -> None:
        """Note that it goes out."""
        self.began = at

    def lost(self) -> None:
        """Note that nobody knows whether it was accepted."""
        self.in_doubt = True

    def not_accepted(self) -> None:
        """Note that it was not accepted after all."""
        self.in_doubt = False

    def accepted(self) -> None:
        """Note that it was accepted."""
        self.in_doubt, self.is_accepted = False, True


def own_ids(operation: Operation, listed_before: frozenset[str]) -> tuple[str, ...]:
    """Return the forms of the deployment's ID that the reply names. What was listed before the call is not ours."""
    return tuple(id_ for id_ in operation.ids if id_ not in listed_before)


def mismatch(operation: Operation, wanted: ModelName) -> str:
    """Say how the reply differs from what was asked for; empty if it does not."""
    reply = operation.response
    if reply is None:
        return ""
    asked = {"architecture": wanted.architecture}
    if wanted.has_integer:  # no integer can be compared with an alias
        asked["version"] = wanted.version
    version = None if reply.version_id is None else str(reply.version_id)
    got = {"architecture": reply.model_arch_id, "version": version}
    wrong = [
        key for key, value in asked.items() if (said := got[key]) is not None and same_form(said) != same_form(value)
    ]
    return ", ".join(f"{key} {got[key]} (asked for {asked[key]})" for key in wrong)
