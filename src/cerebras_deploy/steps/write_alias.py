"""Reads who holds an alias, and writes one list of aliases at a time.

The API takes a version's whole list, with nothing that shows whether it has changed since it was read. So a list is
read just before each write and compared after it, and what was read before a retry is never written: the moment in
which a list that somebody else writes can be overwritten is one call.
"""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from cerebras_deploy.api.names import ModelName
from cerebras_deploy.api.version import Versions
from cerebras_deploy.decide.aliases import Elsewhere, Holding, Unclear, Write, find_holding, next_step, told
from cerebras_deploy.errors import CallError, Fate, Stop
from cerebras_deploy.patience import Patience
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context

HALF = 20.0  # seconds of trying, for either half of a move


def not_promoted(reason: str, hint: str, alias: str = "", *, is_unassigned: bool = False) -> Stop:
    """Return the stop of a promotion that failed, of that alias; `is_unassigned`: no version may have it now."""
    return Stop(End(Result.PROMOTION_FAILED, reason, hint, alias=alias, is_unassigned=is_unassigned))


class AliasWriter:
    """The calls for one alias, which is to move to version `ours`. `look` comes first."""

    origin: ModelName | None  # the version that held it at first
    is_taken: bool  # it has left that version

    def __init__(self, context: Context, ours: ModelName, alias: str) -> None:
        """Begin with nothing known of it."""
        self.context, self.ours, self.alias = context, ours, alias
        self.own: tuple[str, ...] = ()  # the aliases of our version, as last listed

    def look(self) -> Holding:
        """Find who holds it, with all patience for calls that fail. What is unclear is read again for 20 s."""
        patience = self.context.patience
        first = find_holding(patience.read(lambda: self._list(patience)), self.alias, self.ours)
        if isinstance(first, Unclear):
            within = self.within(HALF)
            first = _tried(within, lambda: self._list_clearly(within, self.ours))
        self.origin, self.is_taken = first.held_by, False
        return first

    def write_next(self, patience: Patience, now: Holding | None, target: ModelName) -> Holding:
        """Make the next write, and return what a list shows after it. A write that is repeated begins with a read."""
        fresh = [now] if now else []

        def once() -> Holding:
            before = fresh.pop() if fresh else self._read(patience, target)
            match next_step(before, None if self.is_taken else self.origin):
                case Write() as write:
                    self._send(patience, before, write)
                    return self._changed(before, self._read(patience, target))
                case Elsewhere(version) if version == self.origin:
                    again = f"alias {self.alias} on version {version.version} again"
                    raise CallError(Fate.UNKNOWN, f"the version list shows {again}")
                case Elsewhere(version) if version != self.ours:
                    raise self._taken_by(version)
                case _:
                    return before

        return _tried(patience, once)

    def within(self, seconds: float, *, late: float = 0.0) -> Patience:
        """Return patience for so many seconds, but for `late` past the deadline at most."""
        return self.context.patience.within(min(seconds, max(self.context.patience.left + late, 0.0)))

    def _list(self, patience: Patience) -> Versions:
        listed = self.context.api.versions(self.ours, patience.call_bound)
        own = told(listed.model_versions, self.ours)
        if own:
            self.own = own.aliases or ()
        return listed

    def _list_clearly(self, patience: Patience, target: ModelName) -> Holding:
        now = find_holding(self._list(patience), self.alias, target)
        if isinstance(now, Unclear):
            raise CallError(Fate.UNKNOWN, now.reason)
        return now

    def _read(self, patience: Patience, target: ModelName) -> Holding:
        now = self._list_clearly(patience, target)
        self.is_taken |= now.held_by != self.origin
        return now

    def _send(self, patience: Patience, before: Holding, write: Write) -> None:
        """Write a list. A refusal counts only if nothing has changed since the list was read, and never a conflict."""
        version = write.version.version
        try:
            reply = self.context.api.set_aliases(write.version, write.aliases, patience.call_bound).version_aliases
        except CallError as error:
            conflict = error.status == HTTPStatus.CONFLICT
            if conflict or (error.fate is Fate.DENIED and self._read(patience, before.target.model) != before):
                raise replace(error, fate=Fate.UNKNOWN) from error
            raise
        if set(reply) != set(write.aliases):
            shown = ", ".join(reply) or "none"
            raise CallError(Fate.UNKNOWN, f"the aliases of version {version} are {shown} after the request")
        self.is_taken |= write.version == self.origin

    def _changed(self, before: Holding, after: Holding) -> Holding:
        if after.held_by == before.held_by:
            raise CallError(Fate.UNKNOWN, f"the version list shows alias {self.alias} where it was before the request")
        return after

    def _taken_by(self, version: ModelName) -> Stop:
        reason = f"alias {self.alias} was moved to version {version.version} by someone else"
        return not_promoted(
            reason, f"check with whoever moved it, or re-run the step to move it to version {self.ours.version}"
        )


def _tried(patience: Patience, part: Callable[[], Holding]) -> Holding:
    """Try it with patience. Its end is told in the failed call's words: the time limit is not the workflow's."""
    try:
        return patience.read(part)
    except Stop as stop:
        if not stop.end.call_error:
            raise
        raise Stop(stop.end._replace(result=Result.REFUSED, reason=stop.end.call_error)) from stop
