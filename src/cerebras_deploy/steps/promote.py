"""Moves aliases to the deployed version, one after the other.

The API wants an alias removed from its holder before another version gets it. So there is a gap in which the alias is
unassigned. It is as small as a read and a call, and if the second half fails, the first is undone.
"""

from dataclasses import dataclass

from cerebras_deploy.decide.aliases import Holding, curl, with_alias
from cerebras_deploy.decide.rollout import end_of, left_because, may_have_left
from cerebras_deploy.errors import Interrupted, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.follow import tracked
from cerebras_deploy.steps.write_alias import HALF, AliasWriter, not_promoted
from cerebras_deploy.times import span

LEAST = 30.0  # seconds until the deadline, for a move to start
HOLD = 6.0  # seconds that an interrupt is held back while an alias is unassigned
PUT_BACK = 60.0  # seconds of trying to give it back, and past the deadline at most
LONGER = "set a longer `timeout`, and re-run the step"


def promote(context: Context) -> None:
    """Move each alias of `promote-aliases`. Raises a `Stop`: promotion failed, which says where each alias is."""
    aliases = context.inputs.promote_aliases
    if not aliases:
        return
    model = context.facts.model
    if model is None or not context.facts.has_integer:
        raise not_promoted("the integer ID of the deployed version is unknown", "set `model` and `alias`")
    for number, alias in enumerate(aliases, 1):
        context.facts.alias_begun(alias)
        try:
            _check_still_ours(context)
            _Move(context, AliasWriter(context, model, alias)).make()
        except Stop as stop:
            if stop.end.result in _OWN_ENDS:
                raise
            raise _failed(stop.end, alias, aliases[number:]) from stop


# Ends that say more than that an alias was not moved: of the job, and of the deployment.
_OWN_ENDS = {Result.INTERRUPTED, Result.SUPERSEDED, Result.ROLLED_BACK, Result.CANCELLED, Result.FAILED}


def _check_still_ours(context: Context) -> None:
    """Raise a `Stop` if the deployment has not stayed what it was: done, and the newest one that is."""
    context.patience.read(context.read_endpoint)
    track = tracked(context)
    end = end_of(track)
    if end and end.result is not Result.SUCCEEDED:
        raise Stop(end)
    if why := left_because(track) or may_have_left(track):
        raise not_promoted(why, f"check what {context.inputs.endpoint} serves")


def _failed(end: End, alias: str, rest: tuple[str, ...]) -> Stop:
    """Return the failure of the promotion: of one alias, and what happened to the others."""
    is_told = end.result is Result.PROMOTION_FAILED
    when = " before the timeout" if end.result is Result.TIMED_OUT else ""
    reason = end.reason if is_told else f"alias {alias} was not moved{when}: {end.reason}"
    left = [f"not tried: {', '.join(rest)}"] if rest else []
    hint = LONGER if end.result is Result.TIMED_OUT else end.hint or "re-run the step"
    return not_promoted("; ".join([reason, *left]), hint, alias, is_unassigned=end.is_unassigned)


def _end_of(error: Exception) -> End:
    """Return why a move failed. Raises the error again if it says already where the alias is."""
    if not isinstance(error, Stop):
        return End(Result.PROMOTION_FAILED, f"bug in the action: {type(error).__name__}: {error}")
    if error.end.result is Result.PROMOTION_FAILED:
        raise error
    return error.end


@dataclass(frozen=True)
class _Move:
    """One alias on its way from the version that holds it, if any, to ours."""

    context: Context
    writer: AliasWriter

    def make(self) -> None:
        """Move it. Raises a `Stop` that says where the alias is."""
        first = self.writer.look()
        ours, before = f"version {self.writer.ours.version}", first.holder and f"version {first.holder.model.version}"
        if first.held_by == self.writer.ours:
            self._done(f"already on {ours}")
            return
        self._check_time(f"it is at {before}" if before else "it is unassigned")
        self.context.journal.say(f"Moving alias {self.writer.alias} from {before or 'unassigned'} to {ours}.")
        self.context.facts.wait_for(f"moving alias {self.writer.alias}, and {self._unassigned}")
        with self.context.patience.clock.hold(HOLD):
            self._move(first)
        self._done(f"{before or 'unassigned'} → {ours}")

    def _check_time(self, where: str) -> None:
        if (left := self.context.patience.left) < LEAST:
            reason = f"a move takes up to {span(LEAST)}, and the timeout is reached in {span(left)}"
            raise not_promoted(f"alias {self.writer.alias} was not moved, {where}: {reason}", LONGER)

    def _done(self, how: str) -> None:
        self.context.facts.alias_moved(self.writer.alias, how)
        self.context.journal.say(f"Alias {self.writer.alias}: {how}.")

    def _move(self, now: Holding) -> None:
        try:
            while now.held_by != self.writer.ours:
                now = self.writer.write_next(self.writer.within(HALF), now, self.writer.ours)
        except Interrupted as stop:
            raise Interrupted(self._repair()) from stop
        except Exception as error:  # noqa: BLE001 - not even a bug may leave the alias to nobody
            self._undo(_end_of(error))

    def _undo(self, end: End) -> None:
        """Give it back to the version that held it, and raise the failure of the whole. Returns if ours holds it."""
        origin = self.writer.origin
        if origin is None:
            raise not_promoted(
                f"{self._unassigned}. Moving it failed: {end.reason}", self._repair(), is_unassigned=True
            )
        patience, now = self.writer.within(PUT_BACK, late=PUT_BACK), None
        try:
            while now is None or now.held_by not in {origin, self.writer.ours}:
                now = self.writer.write_next(patience, now, origin)
        except Interrupted as stop:
            self.context.facts.wait_for(
                f"putting alias {self.writer.alias} back, and {self._unassigned}. Moving it failed: {end.reason}"
            )
            raise Interrupted(self._repair()) from stop
        except Exception as error:
            why = f"Moving it failed: {end.reason}. Putting it back failed: {_end_of(error).reason}"
            raise not_promoted(f"{self._unassigned}. {why}", self._repair(), is_unassigned=True) from error
        if now.held_by == origin:
            held = f"{'back' if self.writer.is_taken else 'still'} on version {origin.version}, which held it before"
            reason = f"alias {self.writer.alias} is {held}. Moving it failed: {end.reason}"
            raise not_promoted(reason, end.hint or "re-run the step")

    def _repair(self) -> str:
        """Say how to give the alias to our version."""
        line = curl(self.context.inputs.base_url, self.writer.ours, with_alias(self.writer.own, self.writer.alias))
        return f"run this command to set the aliases of version {self.writer.ours.version}: {line}"

    @property
    def _unassigned(self) -> str:
        origin = self.writer.origin
        held = f"version {origin.version} held it before" if origin else "no version was listed with it before"
        return f"alias {self.writer.alias} may be unassigned ({held})"
