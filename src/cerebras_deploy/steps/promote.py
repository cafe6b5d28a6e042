"""Moves aliases to the deployed version.

The API wants an alias removed from its holder before another version gets it, and takes the whole list each time. So
there is a gap in which the alias is unassigned. It is kept small, and if the second half fails, the first is undone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.version import Version
from cerebras_deploy.errors import CallError, Fate, Interrupted, Stop, refused
from cerebras_deploy.patience import Patience
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import tracked
from cerebras_deploy.steps.look import find_version

HOLD = 6.0  # seconds that an interrupt is held back while an alias is unassigned
HALF = 20.0  # seconds of trying, for either half
PUT_BACK = 60.0  # seconds of trying to give it back, even past the deadline

Edit = Callable[[tuple[str, ...]], tuple[str, ...]]


def promote(context: Context) -> None:
    """Move each alias of `promote-aliases`. Raises a `Stop`: promotion failed, which says which version holds each."""
    if not context.inputs.promote_aliases:
        return
    model = context.facts.model
    if model is None or not context.facts.has_integer:
        raise _failed("the deployed version is not known by its integer", "give `model` and `alias`")
    for alias in context.inputs.promote_aliases:
        context.facts.wait_for(f"moving alias {alias}")
        try:
            _check_still_ours(context)
            _Move(context, model, alias).make()
        except Stop as stop:
            if stop.end.result in {Result.INTERRUPTED, Result.PROMOTION_FAILED, Result.SUPERSEDED}:
                raise
            raise _failed(f"alias {alias} was not moved: {stop.end.reason}", stop.end.hint) from stop


def _check_still_ours(context: Context) -> None:
    """Raise a `Stop` if another version has taken the endpoint meanwhile."""
    context.patience.read(context.read_endpoint)
    end = tracked(context).end
    if end and end.result is Result.SUPERSEDED:
        raise Stop(end)


def _failed(reason: str, hint: str) -> Stop:
    return Stop(End(Result.PROMOTION_FAILED, reason, hint))


@dataclass(frozen=True)
class _Move:
    """One alias on its way from the version that holds it, if any, to ours."""

    context: Context
    ours: ModelName
    alias: str

    def make(self) -> None:
        """Move it, with the smallest gap."""
        holder = find_version(self.context, self.ours._replace(version=self.alias))
        target = find_version(self.context, self.ours)
        if target is None:
            raise refused(f"version {self.ours.version} is gone")
        if holder and holder.model == self.ours:
            self._done(f"{self.alias}: version {self.ours.version} held it already")
            return
        for version in filter(None, (holder, target)):
            if not version.has_integer:
                raise refused(f"the API does not tell the integer of the version that is named {version.model.version}")
            if version.aliases is None:
                raise refused(f"the API does not tell the aliases of version {version.model.version}")
        self.context.facts.wait_for(f"moving alias {self.alias}, and {self._unassigned(holder)}")
        with self.context.patience.clock.hold(HOLD):
            self._move(holder, target)
        before = f"version {holder.model.version}" if holder else "free"
        self._done(f"{self.alias}: {before} → version {self.ours.version}")

    def _move(self, holder: Version | None, target: Version) -> None:
        try:
            if holder:
                self._set(self._within(HALF), holder, self._without)
            self._set(self._within(HALF), target, self._with)
        except Interrupted as stop:
            raise self._interrupted(target) from stop
        except Stop as stop:
            raise self._undone(holder, target, stop.end) from stop

    def _interrupted(self, target: Version) -> Interrupted:
        return Interrupted(f"to repair the alias, {_call(target, self._with)}")

    def _done(self, line: str) -> None:
        self.context.facts.alias_moved(line)
        self.context.journal.say(f"alias {line}")

    def _without(self, aliases: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(alias for alias in aliases if alias != self.alias)

    def _with(self, aliases: tuple[str, ...]) -> tuple[str, ...]:
        return aliases if self.alias in aliases else (*aliases, self.alias)

    def _within(self, seconds: float) -> Patience:
        return self.context.patience.within(seconds)

    def _set(self, patience: Patience, version: Version, edit: Edit, *, just_read: bool = True) -> None:
        """Edit a version's aliases. A call that may or may not have arrived is repeated after another read."""
        fresh = [version] if just_read else []

        def once() -> None:
            now = fresh.pop() if fresh else self.context.api.version(version.model, patience.call_bound)
            wanted = edit(_known(now))
            if set(wanted) == set(_known(now)):
                return
            reply = self.context.api.set_aliases(version.model, wanted, patience.call_bound)
            if set(reply.version_aliases) != set(wanted):
                shown = ", ".join(reply.version_aliases) or "none"
                raise CallError(
                    Fate.UNKNOWN, f"the aliases of version {version.model.version} are {shown} after the call"
                )

        patience.read(once)

    def _undone(self, holder: Version | None, target: Version, end: End) -> Stop:
        """Undo the first half, and return the failure of the whole."""
        reason, repair = _reason(end), _call(target, self._with)
        if holder is None:
            return _failed(f"alias {self.alias} was free, and is not set: {end.reason}", repair)
        try:
            self._set(self._within(PUT_BACK), holder, self._with, just_read=False)
        except Interrupted:
            self.context.facts.wait_for(f"putting alias {self.alias} back, and {self._unassigned(holder)}: {reason}")
            return self._interrupted(target)
        except Stop as second:
            return _failed(f"{self._unassigned(holder)}: {reason}; then {_reason(second.end)}", repair)
        held = f"version {holder.model.version}, which held it before"
        return _failed(f"alias {self.alias} is back at {held}: {reason}", "re-run the step")

    def _unassigned(self, holder: Version | None) -> str:
        held = f" (version {holder.model.version} held it before)" if holder else ""
        return f"alias {self.alias} may point nowhere{held}"


def _reason(end: End) -> str:
    """Say why a half failed: the call's own reason, since the time limit of a half is not the workflow's."""
    return end.call_error or end.reason


def _known(version: Version) -> tuple[str, ...]:
    """Return a version's aliases; a list that is not told must not be replaced."""
    if version.aliases is None:
        raise CallError(Fate.UNKNOWN, f"the API does not tell the aliases of version {version.model.version}")
    return version.aliases


def _call(version: Version, edit: Edit) -> str:
    aliases = json.dumps({"version_aliases": edit(version.aliases or ())})
    return f"send `PATCH /management/v1/{version.model} with {aliases}`"
