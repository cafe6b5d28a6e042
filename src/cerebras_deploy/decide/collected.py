"""What the answers to many questions come to, as they come in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Judged, Judgment, Question
from cerebras_deploy.decide.smoke_test import result_of
from cerebras_deploy.decide.suite import CaseResult, Round, case_verdict
from cerebras_deploy.text import plain

PROMPT_SHOWN, REASON_SHOWN, ANSWER_SHOWN = 100, 300, 200  # characters that are kept of each


@dataclass
class AskedCase:
    """A case that was asked and is not judged yet. `latency`, in seconds, is of its first answer that was judged."""

    number: int
    question: Question
    answers: list[Judged] = field(default_factory=list)
    tries: int = 0  # of the answer that is asked for now, and failed
    latency: float | None = None
    reason: str = ""
    text: str = ""


class Collected:
    """The results so far. A case that failed is asked until there are `repeat` answers."""

    def __init__(self, questions: Sequence[Question], repeat: int) -> None:
        self._questions, self._repeat = questions, repeat
        self._results: list[CaseResult | None] = [None] * len(questions)
        self._latencies: list[float] = []
        self._rates: list[float] = []
        self.done = 0

    def heard(self, case: AskedCase, answer: Completion, latency: float, judgment: Judgment) -> CaseResult | None:
        """Add an answer that took so many seconds; see `add`."""
        if judgment.verdict != "unanswered":
            self._latencies.append(latency)
            rate = result_of(answer, latency, judgment.verdict).rate
            self._rates += [] if rate is None else [rate]
            case.latency = latency if case.latency is None else case.latency
        return self.add(case, judgment.verdict, judgment.reason, answer.text)

    def add(self, case: AskedCase, verdict: Judged, reason: str, text: str = "") -> CaseResult | None:
        """Add an answer to a case. Return what becomes of the case; None if it is to be asked again."""
        case.tries = 0
        case.answers.append(verdict)
        if verdict == "failed" or not case.reason:
            case.reason, case.text = plain(reason, REASON_SHOWN), plain(text, ANSWER_SHOWN)
        whole = case_verdict(case.answers, self._repeat)
        if whole is None:
            return None
        why = ("", "") if whole == "passed" else (case.reason, case.text)
        result = CaseResult(*_who(case.question), whole, case.latency, *why)
        self._results[case.number] = result
        self.done += 1
        return result

    def round(self, why: str) -> Round:
        """Return what it all comes to. `why` says why those that are left were not asked."""
        left = (CaseResult(*_who(question), "unanswered", None, why) for question in self._questions)
        cases = tuple(result or given_up for result, given_up in zip(self._results, left, strict=True))
        return Round(cases, tuple(self._latencies), tuple(self._rates))


def _who(question: Question) -> tuple[str, str]:
    return question.name, plain(question.prompt, PROMPT_SHOWN)
