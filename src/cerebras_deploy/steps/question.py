"""Asks one question, once or until the version is warm, and has its answer judged."""

from collections.abc import Sequence
from typing import NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.api.management import Api
from cerebras_deploy.decide.question import Judgment, Question, judge
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.errors import NO_ROOM_HINT, CallError, Fate, NoThreadError, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.inference import is_about_the_question, raise_if_refused
from cerebras_deploy.steps.matcher import NotMatchedError
from cerebras_deploy.text import is_blank, plain

RETRIES = 3  # of 429 and lost connections, after the warm-up


class Heard(NamedTuple):
    """An answer, and how many seconds it took."""

    completion: Completion
    latency: float


class Answer(NamedTuple):
    """An answer, how many seconds it took, and what it was judged to be."""

    completion: Completion
    latency: float
    judgment: Judgment


def ask(context: Context, question: Question) -> Answer:
    """Ask it once. Raises a `CallError` if no answer came."""
    heard = hear(context, context.api, question)
    if not is_to_be_matched(question, heard):
        return judged(question, heard)
    within = context.patience.call_bound
    found: frozenset[str] | NotMatchedError
    try:
        found = context.patience.clock.call(lambda: matched(context, question, heard), within)
    except TimeoutError:
        found = not_done(context, within)
    except NoThreadError as error:
        found = no_room(error)
    return judged(question, heard, found)


def hear(context: Context, api: Api, question: Question) -> Heard:
    """Send it, and return its answer. Raises a `CallError` if none came."""
    clock = context.patience.clock
    sent = clock.now()
    within = context.patience.call_bound
    completion = api.chat(context.inputs.endpoint, question.messages, question.most_tokens, within)
    return Heard(completion, clock.now() - sent)


def is_to_be_matched(question: Question, heard: Heard) -> bool:
    """Whether expressions are to be looked for in the answer. That time does not count as the answer's."""
    return bool(question.expressions) and not is_blank(heard.completion.text)


def matched(context: Context, question: Question, heard: Heard) -> frozenset[str] | NotMatchedError:
    """Look for the question's expressions, which may block, and return those that match."""
    try:
        return context.matcher.found(question.expressions, heard.completion.text)
    except NotMatchedError as error:
        return error


def not_done(context: Context, within: float) -> NotMatchedError:
    """End a match that was given up after so many seconds."""
    context.matcher.close()
    return NotMatchedError(f"the match didn't finish within {within:.0f} s")


def no_room(error: NoThreadError) -> NotMatchedError:
    """Return what it means that a match had no thread or no process to run in."""
    return NotMatchedError(f"{error}; {NO_ROOM_HINT}")


def judged(question: Question, heard: Heard, found: frozenset[str] | NotMatchedError = frozenset()) -> Answer:
    """Return what an answer is judged to be: nothing, if it is not known what matches."""
    if isinstance(found, NotMatchedError):
        shown = " or ".join(f"`{plain(expression, 100)}`" for expression in question.expressions)
        return Answer(*heard, Judgment("unanswered", f"{shown} couldn't be matched: {found}"))
    return Answer(*heard, judge(question, *heard, found))


def ask_until_warm(
    context: Context, question: Question, warm_up: float, *, is_one_of_many: bool = False
) -> Answer | list[CallError]:
    """Return the first answer that counts, or all errors, if none came.

    In the warm-up, which lasts so many seconds, errors and late answers do not count. After it, only 429 and lost
    connections are tried again. A no to one of many questions is the last error: others may be answered.
    """
    patience, clock = context.patience, context.patience.clock
    warm, tries, after = clock.now() + warm_up, 0, 0
    errors: list[CallError] = []
    failed: CallError | None
    while True:
        tries += 1
        is_warm = clock.now() >= warm
        try:
            answer = ask(context, question)
        except CallError as error:
            errors.append(error)
            if is_one_of_many and is_about_the_question(error):
                return errors
            raise_if_refused(error)
            failed, may_pass = error, is_worth_another_try(error)
        else:
            if not answer.judgment.is_late or is_warm:
                return answer
            errors.append(
                CallError(Fate.UNKNOWN, f"a good answer, but {answer.judgment.reason}")
            )  # so that it has answered
            failed, may_pass = None, True
        after += is_warm
        if patience.is_over:
            raise _too_late(context, errors)
        if after > RETRIES or (after and not may_pass):
            return errors
        if failed:
            context.journal.failing(failed, max(warm - clock.now(), 0.0))
        patience.pause(retry_delay(tries, failed.retry_after if failed else None, patience.rng))


def is_worth_another_try(error: CallError) -> bool:
    """Whether it was a 429, or no reply came at all."""
    return error.fate is Fate.THROTTLED or error.status is None


def _too_late(context: Context, errors: Sequence[CallError]) -> Stop:
    context.facts.wait_for("")  # the reason says it
    why = f" ({errors[-1]})"
    return Stop(End(Result.TIMED_OUT, f"the smoke test got no answer{why}"))
