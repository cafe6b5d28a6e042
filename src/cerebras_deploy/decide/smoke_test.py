"""The result of a smoke test."""

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Judged
from cerebras_deploy.text import plain

if TYPE_CHECKING:
    from cerebras_deploy.decide.comparison import SuiteResult


@dataclass(frozen=True)
class SmokeTestResult:
    """The result of a smoke test. `latency` is in seconds, None if no answer came; `rate` in tokens per second.

    `suite` is there if many questions were asked; then all but verdict and rate is in it.
    """

    verdict: Judged | Literal["skipped"] = "skipped"
    latency: float | None = None
    tokens: int | None = None
    rate: float | None = None
    fingerprint: str = ""
    answer: str = ""
    suite: "SuiteResult | None" = None

    @property
    def figures(self) -> str:
        """The figures for people: `0.42 s, 12 tokens, 310 tokens/s, fp_…`."""
        if self.suite:
            return self.suite.figures
        tokens = f"{self.tokens} token{'s' * (self.tokens != 1)}" if self.tokens is not None else ""
        rate = f"{self.rate:.0f} tokens/s" if self.rate is not None else ""
        latency = f"{self.latency:.2f} s" if self.latency is not None else ""
        return ", ".join(part for part in (latency, tokens, rate, self.fingerprint) if part)


NOT_ASKED = SmokeTestResult()
UNANSWERED = SmokeTestResult("unanswered")
BAD_ERRORS = SmokeTestResult("failed")  # there was no answer but errors, and the inference API itself is well


def result_of(answer: Completion, latency: float, verdict: Judged) -> SmokeTestResult:
    """Return the result of an answer. The rate is based on the API's own time, or else on the latency."""
    usage, times = answer.usage, answer.time_info
    tokens = usage.completion_tokens if usage else None
    seconds = (times and times.completion_time) or latency
    rate = tokens / seconds if tokens and seconds > 0 else None
    return SmokeTestResult(
        verdict=verdict,
        latency=latency,
        tokens=tokens,
        rate=rate if rate and isfinite(rate) else None,
        fingerprint=plain(answer.system_fingerprint or "", 100),
        answer=plain(answer.text, 200),
    )
