"""Settles what becomes of each of many questions that was asked: its case is judged, or it is asked again."""

from collections.abc import Callable

from cerebras_deploy.decide.collected import AskedCase, Collected
from cerebras_deploy.decide.load import Load
from cerebras_deploy.decide.queue import Queue
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.decide.suite import CaseResult, Round, Suite
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.inference import is_about_the_question, is_the_versions, raise_if_refused
from cerebras_deploy.steps.matcher import NotMatchedError
from cerebras_deploy.steps.question import RETRIES, Heard, is_worth_another_try, judged
from cerebras_deploy.text import sentence

_ONLY_ERRORS = "no answer, while the inference API itself works"

Told = Callable[[CaseResult], None]


class Settling:
    """What has become of the cases of a suite so far. `told` and `is_cold`: see `ask_all`.

    What is to be asked again goes to the `queue`, and a limit that turned a question away lowers the `load`.
    """

    def __init__(self, context: Context, suite: Suite, told: Told, *, is_cold: bool) -> None:
        self._context, self._told = context, told
        self.load, self.queue = Load(suite.concurrency), Queue(suite.cases)
        self._clock = context.patience.clock
        self._is_cold = is_cold
        self._has_only_errors = is_cold  # nothing has come but the version's own errors, in the warm-up and since
        self._collected = Collected(suite.cases, suite.repeat)

    @property
    def done(self) -> int:
        """How many cases are judged."""
        return self._collected.done

    def round(self, why: str) -> Round:
        """Return the results. `why` says why the remaining questions have no answer."""
        if self._has_only_errors:
            for failed in self._collected.judge_errors(_ONLY_ERRORS):
                self._told(failed)
        return self._collected.round(why)

    def judge(self, case: AskedCase, heard: Heard, found: frozenset[str] | NotMatchedError = frozenset()) -> None:
        """Judge an answer, in which these expressions were found."""
        self._has_only_errors = False
        answer = judged(case.question, heard, found)
        self._settle(case, self._collected.heard(case, *answer))

    def failed(self, case: AskedCase, error: CallError) -> None:
        """Ask a case again that got no answer, or leave it unanswered: that says nothing about the version.

        Raises a `Stop`: refused if the key is.
        """
        if not is_about_the_question(error):
            raise_if_refused(error)
        if error.fate is Fate.THROTTLED:
            self._throttled(case, error)
            return
        case.tries += 1
        is_bad = is_the_versions(error)
        self._has_only_errors &= is_bad
        if is_worth_another_try(error) and case.tries <= RETRIES:
            delay = retry_delay(case.tries, error.retry_after, self._context.patience.rng)
            self.queue.again(case, self._clock.now() + delay)
        elif is_bad and self._is_cold and case.number == 0:
            self._settle(case, self._collected.add(case, "failed", f"{_ONLY_ERRORS}: {error.reason}"))
        else:
            self._settle(case, self._collected.add(case, "unanswered", error.reason))

    def _throttled(self, case: AskedCase, error: CallError) -> None:
        """Have a case that a limit has turned away asked again, more slowly, after all others; three times at most."""
        self._has_only_errors = False
        self.load.throttled(case.sent, self._clock.now(), error.retry_after, self._context.patience.rng)
        case.tries += 1
        if case.tries > RETRIES:
            self._settle(case, self._collected.add(case, "unanswered", error.reason))
        else:
            self._collected.turned_away(case, error.reason)
            self.queue.turned_away(case)
        if self._context.journal.first("asking slower"):
            self._context.journal.say(f"{sentence(error.reason)} Asking more slowly.", "warning")

    def _settle(self, case: AskedCase, result: CaseResult | None) -> None:
        """Tell a case's result, or have it asked again at once."""
        if result is None:
            self.queue.again(case, self._clock.now())
        else:
            self._told(result)
