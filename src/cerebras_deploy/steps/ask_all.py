"""Asks all cases of a suite, several at a time, and has their answers matched.

What decides runs here, in the main thread: threads only wait for answers and for matches (`Clock.start`). One match is
made at a time, since its process has but one CPU.
"""

from collections import deque
from functools import partial
from typing import cast

from cerebras_deploy.api.message import Call
from cerebras_deploy.clock import Ended
from cerebras_deploy.decide.collected import AskedCase
from cerebras_deploy.decide.giving_up import FAILURE_BUDGET
from cerebras_deploy.decide.suite import Round, Suite
from cerebras_deploy.errors import CallError, Fate, NoThreadError
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.matcher import NotMatchedError
from cerebras_deploy.steps.question import Heard, hear, is_to_be_matched, matched, no_room, not_done
from cerebras_deploy.steps.settle import Settling, Told

PROGRESS = 15.0  # seconds between two lines that say how far it is
_NOBODY_ANSWERS = "gave up, because no question got an answer for 5 minutes"
_NO_TIME = "gave up, because no time was left"


def ask_all(context: Context, suite: Suite, told: Told, *, is_cold: bool) -> Round:
    """Ask every case, and return what came of it. `told` hears of each case when it is judged.

    `is_cold`: for the whole warm-up the first case got nothing but the version's own errors, while the inference API
    was well. So another such error fails it, and all cases if nothing else comes to any of them. It ends at the
    deadline; what was not asked by then is unanswered. Raises a `Stop`: refused if the key is, interrupted.
    """
    return _Asking(context, suite, told, is_cold=is_cold).to_the_end()


class _Asking:
    def __init__(self, context: Context, suite: Suite, told: Told, *, is_cold: bool) -> None:
        self._context, self._suite = context, suite
        self._clock = context.patience.clock
        self._calls: list[Call] = []
        self._api = context.api.observed_by(self._calls.append)  # threads call it; the journal is the main thread's
        self._settling = Settling(context, suite, told, is_cold=is_cold)
        self._load, self._queue = self._settling.load, self._settling.queue
        self._asked: dict[int, AskedCase] = {}  # by the number that the clock gave
        self._unmatched: deque[tuple[AskedCase, Heard]] = deque()
        self._matching: tuple[int, AskedCase, Heard, float] | None = None
        self._answered_at = self._spoke_at = self._clock.now()

    def to_the_end(self) -> Round:
        while self._start() or self._asked or self._matching:
            ended = self._clock.ended(self._until_next())
            for call in self._drained():
                self._context.journal.called(call)
            if ended:
                self._heard(ended)
            self._tell_progress()
        why = _NO_TIME if self._context.patience.is_over else _NOBODY_ANSWERS
        return self._settling.round(why)

    @property
    def _is_over(self) -> bool:
        silent = self._clock.now() - self._answered_at
        return self._context.patience.is_over or silent >= FAILURE_BUDGET

    @property
    def _under_way(self) -> int:
        return len(self._asked) + len(self._unmatched) + (self._matching is not None)

    def _start(self) -> bool:
        """Start what may be started now, and return whether something is left to be started later."""
        while self._unmatched and self._matching is None:
            self._match(*self._unmatched.popleft())
        while not self._is_over and self._load.has_room(self._under_way, now := self._clock.now()):
            has_place = self._load.has_room(self._under_way + self._queue.places, now)
            case = self._queue.due(now, has_place=has_place)
            if case is None:
                break
            self._ask(case)
        return not self._is_over and not self._queue.is_empty

    def _ask(self, case: AskedCase) -> None:
        case.sent, case.at_a_time = self._clock.now(), self._under_way + 1
        self._load.asked(case.sent)
        asking = partial(hear, self._context, self._api, case.question)
        self._asked[self._clock.start(asking, self._context.patience.call_bound)] = case

    def _until_next(self) -> float:
        """Return for how long nothing is to be done, unless an answer comes."""
        now = self._clock.now()
        times = [self._spoke_at + PROGRESS, self._context.patience.deadline.at, self._answered_at + FAILURE_BUDGET]
        times += [self._load.not_before, self._queue.next_at]
        return min((time for time in times if time > now), default=now + PROGRESS) - now

    def _drained(self) -> list[Call]:
        calls = self._calls[:]  # threads may add more meanwhile
        del self._calls[: len(calls)]
        return calls

    def _heard(self, ended: Ended) -> None:
        """Take what came of a question, or of a match."""
        if ended.error is not None and not isinstance(ended.error, CallError | NoThreadError | TimeoutError):
            raise ended.error
        if self._matching and self._matching[0] == ended.number:
            _, case, heard, within = self._matching
            self._matching = None
            found = ended.value if ended.error is None else self._not_matched(ended.error, within)
            self._settling.judge(case, heard, cast("frozenset[str] | NotMatchedError", found))
            return
        case = self._asked.pop(ended.number)
        if ended.error is None:
            self._answered(case, cast("Heard", ended.value))
        elif isinstance(ended.error, CallError):
            self._settling.failed(case, ended.error)
        else:
            self._settling.failed(case, CallError(Fate.UNKNOWN, str(ended.error) or "the answer took too long"))

    def _answered(self, case: AskedCase, heard: Heard) -> None:
        self._load.answered(case.sent)
        self._answered_at = self._clock.now()
        if is_to_be_matched(case.question, heard):
            self._unmatched.append((case, heard))
        else:
            self._settling.judge(case, heard)

    def _match(self, case: AskedCase, heard: Heard) -> None:
        """Start a match; past the deadline there is no time for it."""
        if self._is_over:
            self._settling.judge(case, heard, NotMatchedError("no time was left"))
            return
        within = self._context.patience.call_bound
        number = self._clock.start(lambda: matched(self._context, case.question, heard), within)
        self._matching = number, case, heard, within

    def _not_matched(self, error: BaseException, within: float) -> NotMatchedError:
        return no_room(error) if isinstance(error, NoThreadError) else not_done(self._context, within)

    def _tell_progress(self) -> None:
        now = self._clock.now()
        if now - self._spoke_at >= PROGRESS:
            self._spoke_at = now
            self._context.journal.say(f"{self._settling.done} of {len(self._suite.cases)} questions answered.", "faint")
