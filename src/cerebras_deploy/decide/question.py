"""One question, and what its answer is judged to be."""

from typing import Literal, NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.text import plain

Judged = Literal["passed", "failed", "unanswered"]  # `failed` judges the version, `unanswered` says nothing about it


class Question(NamedTuple):
    """What is asked, and what the answer must be like.

    `contains` is literal text, ignoring case, and `expect` a regular expression; empty: any answer that is not empty.
    `most_latency` is in seconds, None for no limit.
    """

    prompt: str
    contains: str = ""
    expect: str = ""
    most_latency: float | None = None


class Judgment(NamedTuple):
    """What an answer is judged to be, and why if it is not good. `is_late`: it is good, but slow."""

    verdict: Judged
    reason: str = ""
    is_late: bool = False


def judge(question: Question, answer: Completion, latency: float, *, matches: bool | None = None) -> Judgment:
    """Judge an answer that took `latency` seconds. `matches`: whether `expect` does; None if it was not tried.

    An answer that is empty, or was cut off before it matched, judges the version only if the model ended it itself.
    """
    ended = f"(finish_reason `{plain(answer.finish_reason, 40)}`)" if answer.finish_reason else "(no finish_reason)"
    if not answer.text.strip():
        return Judgment("failed" if answer.finish_reason == "stop" else "unanswered", f"the answer is empty {ended}")
    missing = _missing(question, answer.text, matches=matches)
    if missing and answer.finish_reason == "length":
        return Judgment("unanswered", f"{missing}, and it was cut off {ended}")
    if missing:
        return Judgment("failed", missing)
    if question.most_latency is not None and latency > question.most_latency:
        reason = f"it took {latency:.2f} s, more than the {question.most_latency:g} s allowed"
        return Judgment("failed", reason, is_late=True)
    return Judgment("passed")


def _missing(question: Question, text: str, *, matches: bool | None) -> str:
    """Say what the answer was to have and has not; empty if nothing is missing."""
    if question.contains and question.contains.casefold() not in text.casefold():
        return f"«{plain(question.contains, 100)}» is not in the answer"
    return f"`{plain(question.expect, 100)}` is not in the answer" if matches is False else ""
