"""What the answers to many questions come to, as they come in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Judged, Judgment, Question
from cerebras_deploy.decide.smoke_test import result_of
from cerebras_deploy.decide.suite import CaseResult, Round, case_verdict, settled
from cerebras_deploy.text import plain

PROMPT_SHOWN, REASON_SHOWN, ANSWER_SHOWN = 100, 300, 200  # characters that are kept of each


@dataclass
class AskedCase:
    """A case that was asked and is not judged yet.

    It was `sent` last at that time on the clock, as one of so many `at_a_time`. `latency` is of its first answer that
    was judged, in seconds, and was asked for as one of so many (`measured_at_a_time`).
    """

    number: int
    question: Question
    answers: list[Judged] = field(default_factory=list)
    tries: int = 0  # of the answer that is asked for now, and failed
    sent: float = 0.0
    at_a_time: int = 0
    latency: float | None = None
    measured_at_a_time: int = 0
    reason: str = ""
    text: str = ""


class Collected:
    """The results so far. A case that failed is asked until there are `repeat` answers."""

    def __init__(self, questions: Sequence[Question], repeat: int) -> None:
        self._questions, self._repeat = questions, repeat
        self._results: list[CaseResult | None] = [None] * len(questions)
        self._begun: dict[int, AskedCase] = {}  # those that were to be asked again, by number
        self._turned_away: dict[int, str] = {}  # what the last 429 said, by number
        self._latencies: list[float] = []
        self._rates: list[float] = []
        self.done = 0

    def heard(self, case: AskedCase, answer: Completion, latency: float, judgment: Judgment) -> CaseResult | None:
        """Add an answer that took so many seconds; see `add`."""
        if judgment.verdict != "unanswered":
            self._latencies.append(latency)
            rate = result_of(answer, latency, judgment.verdict).rate
            self._rates += [] if rate is None else [rate]
            if case.latency is None:
                case.latency, case.measured_at_a_time = latency, case.at_a_time
        return self.add(case, judgment.verdict, judgment.reason, answer.text)

    def add(self, case: AskedCase, verdict: Judged, reason: str, text: str = "") -> CaseResult | None:
        """Add an answer to a case. Return what becomes of the case; None if it is to be asked again."""
        case.tries = 0
        case.answers.append(verdict)
        if verdict == "failed" or not case.reason:
            case.reason, case.text = plain(reason, REASON_SHOWN), plain(text, ANSWER_SHOWN)
        whole = case_verdict(case.answers, self._repeat)
        if whole is None:
            self._begun[case.number] = case
            return None
        result = _result(case, whole)
        self._results[case.number] = result
        self.done += 1
        return result

    def turned_away(self, case: AskedCase, reason: str) -> None:
        """Note a 429, in case there is no answer after it."""
        self._turned_away[case.number] = reason

    def judge_errors(self, why: str) -> Iterator[CaseResult]:
        """Judge the cases that got an error in place of an answer, since `why`: it says what is wrong. Give them."""
        for number, result in enumerate(self._results):
            if result and result.verdict == "unanswered":
                judged = result._replace(verdict="failed", reason=plain(f"{why}: {result.reason}", REASON_SHOWN))
                self._results[number] = judged
                yield judged

    def round(self, why: str) -> Round:
        """Return what it all comes to. `why` says why those that are left have no answer."""
        cases = tuple(result or self._left(number, why) for number, result in enumerate(self._results))
        return Round(cases, tuple(self._latencies), tuple(self._rates))

    def _left(self, number: int, why: str) -> CaseResult:
        """Return what is proven of a case, whatever its other answers would have been."""
        begun = self._begun.get(number)
        if begun and (whole := settled(begun.answers, self._repeat)):
            return _result(begun, whole)
        last = self._turned_away.get(number)
        reason = plain(f"{why} ({last})" if last else why, REASON_SHOWN)
        latency, beside = (begun.latency, begun.measured_at_a_time) if begun else (None, 0)
        return CaseResult(*_who(self._questions[number]), "unanswered", latency, reason, at_a_time=beside)


def _result(case: AskedCase, verdict: Judged) -> CaseResult:
    why = ("", "") if verdict == "passed" else (case.reason, case.text)
    return CaseResult(*_who(case.question), verdict, case.latency, *why, at_a_time=case.measured_at_a_time)


def _who(question: Question) -> tuple[str, str]:
    return question.name, plain(question.prompt, PROMPT_SHOWN)
