"""Moves aliases to the deployed version.

The API wants an alias removed from its holder before another version gets it, and takes the whole list each time. So
there is a gap in which the alias points nowhere: it is kept small, and if the second half fails, the first is undone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from cerebras_deploy.errors import CallError, Fate, Interrupted, PromotionFailed, Refused, Stop
from cerebras_deploy.names import ModelName
from cerebras_deploy.run import Run
from cerebras_deploy.watch import Watch
from cerebras_deploy.wire import Version

HOLD = 6.0  # seconds that an interrupt is held back while an alias points nowhere
HALF = 20.0  # seconds of trying, for either half
PUT_BACK = 60.0  # seconds of trying to give it back, even past the deadline

Edit = Callable[[tuple[str, ...]], tuple[str, ...]]


def promote(run: Run) -> None:
    """Move each alias of `promote-aliases`. Raises `PromotionFailed`, which says which version holds each."""
    if not run.inputs.promote_aliases:
        return
    model = run.facts.model
    if model is None:
        raise PromotionFailed("the deployed version is not known by its integer", "give `model` and `alias`")
    for alias in run.inputs.promote_aliases:
        run.facts.waiting = f"moving alias {alias}"
        try:
            _Move(run, model, alias).make()
        except (Interrupted, PromotionFailed):
            raise
        except Stop as stop:
            raise PromotionFailed(f"alias {alias} was not moved: {stop.reason}", stop.hint) from stop
    run.facts.waiting = ""


@dataclass
class _Move:
    """One alias on its way from the version that holds it, if any, to ours."""

    run: Run
    ours: ModelName
    alias: str

    def make(self) -> None:
        """Move it, with the smallest gap."""
        holder = self.run.find_version(self.ours._replace(version=self.alias))
        target = self.run.find_version(self.ours)
        if target is None:
            raise Refused(f"version {self.ours.version} is gone")
        if holder and holder.model == self.ours:
            self._done(f"{self.alias}: version {self.ours.version} held it already")
            return
        for version in filter(None, (holder, target)):
            if version.aliases is None:
                raise Refused(f"the API does not tell the aliases of version {version.model.version}")
        with self.run.watch.clock.hold(HOLD):
            try:
                if holder:
                    self._set(self._for(HALF), holder, self._without)
                self._set(self._for(HALF), target, self._with)
            except Interrupted as stop:
                stop.reason += f", and {self._nowhere(holder)}; to repair it, {_call(target, self._with)}"
                raise
            except Stop as stop:
                self._put_back(holder, target, stop)
        before = f"version {holder.model.version}" if holder else "free"
        self._done(f"{self.alias}: {before} → version {self.ours.version}")

    def _done(self, moved: str) -> None:
        self.run.facts.promoted.append(moved)
        self.run.journal.say(f"alias {moved}")

    def _without(self, aliases: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(alias for alias in aliases if alias != self.alias)

    def _with(self, aliases: tuple[str, ...]) -> tuple[str, ...]:
        return aliases if self.alias in aliases else (*aliases, self.alias)

    def _for(self, seconds: float) -> Watch:
        watch = self.run.watch
        return Watch(watch.clock, watch.rng, watch.told, watch.interval, seconds)

    def _set(self, watch: Watch, version: Version, edit: Edit, *, just_read: bool = True) -> None:
        """Edit a version's aliases; a call whose fate is not known is repeated after a look at what there is."""
        fresh = [version] if just_read else []

        def once() -> None:
            now = fresh.pop() if fresh else self.run.api.version(version.model, watch.bound)
            wanted = edit(_known(now))
            if set(wanted) == set(_known(now)):
                return
            reply = self.run.api.set_aliases(version.model, wanted, watch.bound)
            if set(reply.version_aliases) != set(wanted):
                said = ", ".join(reply.version_aliases) or "none"
                raise CallError(
                    Fate.UNKNOWN, f"the aliases of version {version.model.version} are {said} after the call"
                )

        watch.patiently(once)

    def _put_back(self, holder: Version | None, target: Version, stop: Stop) -> None:
        """Undo the first half, and say that the move failed."""
        if holder is None:
            raise PromotionFailed(
                f"alias {self.alias} was free, and is not set: {stop.reason}", _call(target, self._with)
            )
        try:
            self._set(self._for(PUT_BACK), holder, self._with, just_read=False)
        except Stop as second:
            said = f"{_reason(stop)}; then {_reason(second)}"
            raise PromotionFailed(f"{self._nowhere(holder)}: {said}", _call(target, self._with)) from stop
        reason = f"alias {self.alias} is back at version {holder.model.version}, which held it before: {_reason(stop)}"
        raise PromotionFailed(reason, "re-run the step") from stop

    def _nowhere(self, holder: Version | None) -> str:
        held = f" (version {holder.model.version} held it before)" if holder else ""
        return f"alias {self.alias} may point nowhere{held}"


def _reason(stop: Stop) -> str:
    """Say why a half failed: the call's own reason, since the bound on a half is no matter of the workflow's."""
    return str(stop.__cause__) if isinstance(stop.__cause__, CallError) else stop.reason


def _known(version: Version) -> tuple[str, ...]:
    """Return a version's aliases; a list that is not told must not be replaced."""
    if version.aliases is None:
        raise CallError(Fate.UNKNOWN, f"the API does not tell the aliases of version {version.model.version}")
    return version.aliases


def _call(version: Version, edit: Edit) -> str:
    aliases = json.dumps({"version_aliases": edit(version.aliases or ())})
    return f"send `PATCH /management/v1/{version.model} with {aliases}`"
