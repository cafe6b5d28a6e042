"""What a smoke test came to."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.text import plain

Judged = Literal["passed", "failed", "unanswered"]  # `failed` judges the version, `unanswered` says nothing about it


@dataclass(frozen=True)
class SmokeTestResult:
    """What a smoke test came to. `latency` is in seconds, None if no answer came; `rate` in tokens per second."""

    verdict: Judged | Literal["skipped"] = "skipped"
    latency: float | None = None
    tokens: int | None = None
    rate: float | None = None
    fingerprint: str = ""
    answer: str = ""

    @property
    def figures(self) -> str:
        """The figures for people: `0.42 s, 12 tokens, 310 tokens/s, fp_…`."""
        tokens = f"{self.tokens} tokens" if self.tokens is not None else ""
        rate = f"{self.rate:.0f} tokens/s" if self.rate is not None else ""
        latency = f"{self.latency:.2f} s" if self.latency is not None else ""
        return ", ".join(part for part in (latency, tokens, rate, self.fingerprint) if part)


NOT_ASKED = SmokeTestResult()
UNANSWERED = SmokeTestResult("unanswered")
BAD_ERRORS = SmokeTestResult("failed")  # there was no answer but errors, and the inference API itself is well


class Judgment(NamedTuple):
    """What an answer is judged to be, and why if it is not good. `is_late`: it is good, but slow."""

    verdict: Judged
    reason: str = ""
    is_late: bool = False


def judge(answer: Completion, latency: float, *, missing: str = "", most_latency: float | None = None) -> Judgment:
    """Judge an answer that took `latency` seconds. `missing` says what it was to have and has not; empty if nothing.

    An answer that is empty, or was cut off before it matched, judges the version only if the model ended it itself.
    """
    ended = f"(finish_reason `{plain(answer.finish_reason, 40)}`)" if answer.finish_reason else "(no finish_reason)"
    if not answer.text.strip():
        return Judgment("failed" if answer.finish_reason == "stop" else "unanswered", f"the answer is empty {ended}")
    if missing and answer.finish_reason == "length":
        return Judgment("unanswered", f"{missing}, and it was cut off {ended}")
    if missing:
        return Judgment("failed", missing)
    if most_latency is not None and latency > most_latency:
        reason = f"it took {latency:.2f} s, more than the {most_latency:g} s allowed"
        return Judgment("failed", reason, is_late=True)
    return Judgment("passed")


def result_of(answer: Completion, latency: float, verdict: Judged) -> SmokeTestResult:
    """Return what an answer came to. The rate is by the API's own time, or else by the latency."""
    usage, times = answer.usage, answer.time_info
    tokens = usage.completion_tokens if usage else None
    seconds = (times and times.completion_time) or latency
    return SmokeTestResult(
        verdict=verdict,
        latency=latency,
        tokens=tokens,
        rate=tokens / seconds if tokens and seconds > 0 else None,
        fingerprint=plain(answer.system_fingerprint or "", 100),
        answer=plain(answer.text, 200),
    )
