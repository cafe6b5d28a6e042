"""Asks one question, once, and has its answer judged."""

from typing import NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.api.management import Api
from cerebras_deploy.decide.question import Judgment, Question, judge
from cerebras_deploy.errors import NoThreadError
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.matcher import NotMatchedError
from cerebras_deploy.text import plain


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
        found = NotMatchedError(str(error))
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
    return bool(question.expressions and heard.completion.text.strip())


def matched(context: Context, question: Question, heard: Heard) -> frozenset[str] | NotMatchedError:
    """Look for the question's expressions, which may block, and return those that match."""
    try:
        return context.matcher.found(question.expressions, heard.completion.text)
    except NotMatchedError as error:
        return error


def not_done(context: Context, within: float) -> NotMatchedError:
    """End a match that was given up after so many seconds."""
    context.matcher.close()
    return NotMatchedError(f"the match was not done after {within:.0f} s")


def judged(question: Question, heard: Heard, found: frozenset[str] | NotMatchedError = frozenset()) -> Answer:
    """Return what an answer is judged to be: nothing, if it is not known what matches."""
    if isinstance(found, NotMatchedError):
        shown = " or ".join(f"`{plain(expression, 100)}`" for expression in question.expressions)
        return Answer(*heard, Judgment("unanswered", f"{shown} could not be matched: {found}"))
    return Answer(*heard, judge(question, *heard, found))
