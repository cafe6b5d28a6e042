"""One question, and what its answer is judged to be."""

import re
import unicodedata
from collections.abc import Collection
from typing import Literal, NamedTuple

from cerebras_deploy.api.completion import ANSWER_TOKENS, Completion, Message
from cerebras_deploy.text import is_blank, is_hidden, plain

SHOWN = 3  # of the texts of which an answer must contain any
_WORD = re.compile(r"\S{1,1000}")  # to compose a text takes the square of its length, if it is made for that
Judged = Literal["passed", "failed", "unanswered"]  # `failed` judges the version, `unanswered` says nothing about it


class Question(NamedTuple):
    """What is asked, and what the answer must be like: one of the inputs, or a case of a file.

    `contains` is literal text, ignoring case and how blanks and accents are encoded, of which any is enough. `expect`
    and `reject` are regular expressions. Without `contains` and `expect`, any answer that is not empty has what it must
    have. `most_latency` is in seconds, None for no limit; `most_tokens` includes those of reasoning. `name` is for
    people.
    """

    messages: tuple[Message, ...]
    contains: tuple[str, ...] = ()
    expect: str = ""
    reject: str = ""
    most_latency: float | None = None
    most_tokens: int = ANSWER_TOKENS
    name: str = ""

    @property
    def prompt(self) -> str:
        """What is asked, for people: the last message; empty if nothing is."""
        return self.messages[-1].content if self.messages else ""

    @property
    def expressions(self) -> tuple[str, ...]:
        """The expressions that are to be looked for in the answer."""
        return tuple(filter(None, (self.expect, self.reject)))


def asking(prompt: str) -> tuple[Message, ...]:
    """Return the messages that ask just that."""
    return (Message("user", prompt),)


class Judgment(NamedTuple):
    """What an answer is judged to be, and why if it is not good. `is_late`: it is good, but slow."""

    verdict: Judged
    reason: str = ""
    is_late: bool = False


def judge(question: Question, answer: Completion, latency: float, found: Collection[str] = ()) -> Judgment:
    """Judge an answer that took `latency` seconds. `found` has those of the question's expressions that match.

    An answer that is empty, or was cut off before it matched, judges the version only if the model ended it itself. One
    that was cut off may yet have had what must not be in it.
    """
    ended = f"(finish_reason `{plain(answer.finish_reason, 40)}`)" if answer.finish_reason else "(no finish_reason)"
    if is_blank(answer.text):
        return Judgment("failed" if answer.finish_reason == "stop" else "unanswered", f"the answer is empty {ended}")
    if question.reject and question.reject in found:
        return Judgment("failed", f"`{plain(question.reject, 100)}` is in the answer")
    missing = _missing(question, answer.text, found)
    if (missing or question.reject) and answer.was_cut_off:
        unseen = f"`{plain(question.reject, 100)}` is not in the answer so far"
        return Judgment("unanswered", f"{missing or unseen}, and it was cut off {ended}")
    if missing:
        return Judgment("failed", missing)
    if question.most_latency is not None and latency > question.most_latency:
        reason = f"the answer took {latency:.2f} s, and the limit is {question.most_latency:g} s"
        return Judgment("failed", reason, is_late=True)
    return Judgment("passed")


def _missing(question: Question, text: str, found: Collection[str]) -> str:
    """Say what the answer was to have and has not; empty if nothing is missing."""
    folded = _folded(text) if question.contains else ""
    if question.contains and not any(_folded(one) in folded for one in question.contains):
        shown = " or ".join(f'"{plain(one, 100)}"' for one in question.contains[:SHOWN])
        return f"the answer doesn't contain {shown}{' or others' if len(question.contains) > SHOWN else ''}"
    is_missing = question.expect and question.expect not in found
    return f"the answer doesn't match `{plain(question.expect, 100)}`" if is_missing else ""


def _folded(text: str) -> str:
    """Return what one sees of a text, without its case, and with blanks, accents and hyphens encoded in one way."""
    seen = "".join(one for one in text if one.isspace() or not is_hidden(one))
    composed = _WORD.sub(lambda word: unicodedata.normalize("NFKC", word[0]), seen)
    return re.sub(r"\s+", " ", composed.replace("\u2010", "-").casefold())
