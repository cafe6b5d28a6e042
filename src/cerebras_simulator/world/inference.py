"""How versions answer chat completions: by the scenario, and by what was chosen for all versions or for one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, Self


@dataclass(frozen=True)
class Inference:
    """How a version answers chat completions.

    Args:
        says: the content of its answers; None says what the world has good versions say.
        empty: all tokens go into reasoning, and none are left for content.
        seconds: until an answer comes, in seconds of the clock, whatever the speed of the world.
        tokens_per_second: the rate at which it writes, after that time; None writes everything at once.
        cold: how many calls it answers with 503 first.
        down_for: seconds of the clock after its rollout in which it answers with 503.
        marked: whether its fingerprint shows the version's suffix.
        answers: what it says to questions that contain a text, by that text, whatever else it says.

    """

    says: str | None = None
    empty: bool = False
    seconds: float = 0.25
    tokens_per_second: float | None = None
    cold: float = 0
    down_for: float = 0
    marked: bool = True
    answers: tuple[tuple[str, str], ...] = ()

    def to(self, question: str) -> str | None:
        """Give what it says to that question; None if it is not one of those with an answer of their own."""
        asked = question.casefold()
        return next((answer for text, answer in self.answers if text.casefold() in asked), None)


#: The figures that can be chosen, by the field of `Inference` that they replace.
Figure = Literal["seconds", "tokens_per_second", "down_for"]
_VERSION: Final = r"(?:([1-9]\d{0,8})%s)?(.*)"


@dataclass(frozen=True)
class Choice:
    """A figure for one version, or for all."""

    figure: Figure
    value: float
    version: int | None = None

    @classmethod
    def parse(cls, figure: Figure, text: str) -> Self:
        """Read `NUMBER` or `VERSION=NUMBER`. Raises a ValueError that says what is wrong."""
        found = re.fullmatch(_VERSION % "=", text)
        if (
            not found
            or not re.fullmatch(r"\d+(\.\d+)?", found[2])
            or (figure == "tokens_per_second" and not float(found[2]))
        ):
            raise ValueError(f"not of the form NUMBER or VERSION=NUMBER: {text!r}")
        return cls(figure, float(found[2]), int(found[1]) if found[1] else None)


@dataclass(frozen=True)
class Answer:
    """What a version, or every good version, says to questions that contain a text."""

    question: str
    text: str
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `QUESTION=TEXT` or `VERSION:QUESTION=TEXT`. Raises a ValueError that says what is wrong."""
        found = re.fullmatch(_VERSION % ":", text, re.DOTALL)
        question, separator, answer = found[2].partition("=") if found else ("", "", "")
        if not found or not question.strip() or not separator:
            raise ValueError(f"not of the form QUESTION=TEXT or VERSION:QUESTION=TEXT: {text!r}")
        return cls(question.strip(), answer, int(found[1]) if found[1] else None)


def chosen(inference: Inference, version: int, choices: Iterable[Choice | Answer]) -> Inference:
    """Apply what was chosen for this version, and what was chosen for all where that says nothing.

    Of several, the first counts. A version that answers badly by its scenario keeps doing so, unless an answer was
    chosen for it by number.
    """
    mine = sorted((one for one in choices if one.version in {None, version}), key=lambda one: one.version is None)
    good = inference.says is None and not inference.empty
    answers = [one for one in mine if isinstance(one, Answer) and (good or one.version is not None)]
    for one in reversed(mine):
        if isinstance(one, Choice):
            inference = _with(inference, one)
    return replace(inference, answers=(*((one.question, one.text) for one in answers), *inference.answers))


def _with(inference: Inference, choice: Choice) -> Inference:
    match choice.figure:
        case "seconds":
            return replace(inference, seconds=choice.value)
        case "tokens_per_second":
            return replace(inference, tokens_per_second=choice.value)
        case "down_for":
            return replace(inference, down_for=choice.value)
