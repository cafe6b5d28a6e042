"""Asks one question, once, and has its answer judged."""

from typing import NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Judgment, Question, judge
from cerebras_deploy.errors import NoThreadError
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.matcher import NotMatchedError, found
from cerebras_deploy.text import plain


class Answer(NamedTuple):
    """An answer, how many seconds it took, and what it was judged to be."""

    completion: Completion
    latency: float
    judgment: Judgment


def ask(context: Context, question: Question) -> Answer:
    """Ask it once. Raises a `CallError` if no answer came."""
    clock = context.patience.clock
    sent = clock.now()
    completion = context.api.chat(context.inputs.endpoint, question.prompt, context.patience.call_bound)
    latency = clock.now() - sent
    try:
        matches = _matches(context, question.expect, completion.text)
    except NotMatchedError as error:
        reason = f"`{plain(question.expect, 100)}` could not be matched: {error}"
        return Answer(completion, latency, Judgment("unanswered", reason))
    return Answer(completion, latency, judge(question, completion, latency, matches=matches))


def _matches(context: Context, expression: str, text: str) -> bool | None:
    """Whether it does; None if there is nothing to match. The time of a match does not count as the answer's."""
    if not expression or not text.strip():
        return None
    within = context.patience.call_bound
    try:
        return context.patience.clock.call(lambda: found(expression, text, within), within + 1)
    except TimeoutError as error:
        raise NotMatchedError(f"the match was not done after {within:.0f} s") from error
    except NoThreadError as error:
        raise NotMatchedError(str(error)) from error
