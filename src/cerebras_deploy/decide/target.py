"""The deployment that is followed: which entry is it, and which are older or newer.

A deployment is identified by its ID alone: other entries of the endpoint may be done too, and prove nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.api.names import ModelName
from cerebras_deploy.decide.entries import made_with, newest_first


@dataclass(frozen=True)
class Target:
    """The deployment to follow, by its ID and all forms of it. `created` is in unix seconds.

    `older` has the IDs of those that were listed before the deploy call, if that was ours. `model` is the version that
    was deployed, if it is known by its integer. `by_id`: the workflow named the ID, so that the endpoint may have no
    such deployment.
    """

    id: str
    created: float | None = None
    older: frozenset[str] | None = None
    by_id: bool = False
    forms: frozenset[str] = frozenset()
    model: ModelName | None = None

    @property
    def ids(self) -> frozenset[str]:
        """All forms of its ID."""
        return self.forms | {self.id}

    def is_it(self, entry: DeployedModel) -> bool:
        """Whether the entry is of this deployment."""
        return entry.id in self.ids

    def in_order(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint with times that keep the order: what was listed before our deploy call is older."""
        older, entries = self.older, endpoint.deployed_models
        if older is None:
            return endpoint
        times = (entry.created for entry in entries if entry.id in older)
        before = max((time for time in times if time is not None), default=-math.inf)

        def moved(entry: DeployedModel) -> DeployedModel:
            if entry.created is None or entry.id in older or entry.created > before:
                return entry
            return entry.model_copy(update={"created": before + 1})

        return endpoint.model_copy(update={"deployed_models": tuple(map(moved, entries))})

    def newer_than_it(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries made after this deployment, newest first.

        What was first listed after our deploy call is newer, whatever the clocks say; for a deployment that this step
        did not start, what has a later time. An entry without a time is never taken for newer.
        """
        return newest_first([entry for entry in entries if not self.is_it(entry) and self._is_newer(entry)])

    def may_be_newer(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries that are newer, or may be: those without a time that were not there before the call.

        So may be those of the same second, if the call was not ours.
        """
        known = self.ids | (self.older or frozenset())
        untimed = [entry for entry in entries if entry.created is None and entry.id not in known]
        return [*self.newer_than_it(entries), *untimed, *self.made_with_it(entries)]

    def made_with_it(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries of other versions that were made in its second, if nothing else tells which is newer."""
        mine = next((entry for entry in entries if self.is_it(entry)), None)
        if self.older is not None or mine is None or mine.created is None:
            return []
        return made_with(mine, entries)

    def _is_newer(self, entry: DeployedModel) -> bool:
        if entry.created is None:
            return False
        if self.older is not None:
            return entry.id not in self.older
        return self.created is not None and entry.created > self.created

    def older_than_it(self, entries: Sequence[DeployedModel]) -> list[DeployedModel]:
        """Return the entries made before this deployment: those listed before the deploy call, or else by time.

        For a deployment that this step did not start, one without a time may be older.
        """
        if self.older is not None:
            return [entry for entry in entries if entry.id in self.older]
        mine = self.created
        others = [entry for entry in entries if not self.is_it(entry)]
        return [e for e in others if mine is not None and (e.created is None or e.created <= mine)]

    def is_of_another_version(self, entry: DeployedModel) -> bool:
        """Whether an entry names another version than the one that was deployed: an alias of either is no evidence."""
        mine, listed = self.model, entry.name
        if mine is None or listed is None or not (mine.has_integer and listed.has_integer):
            return False
        return listed.version != mine.version
