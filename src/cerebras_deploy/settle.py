"""What the step concluded: facts gathered on the way, and the outcome that they add up to, on every path."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never

from cerebras_deploy.errors import InvalidInput, PromotionFailed, Result, Stop
from cerebras_deploy.names import ModelName
from cerebras_deploy.plan import version_of
from cerebras_deploy.rollout import NOTHING_SEEN, Progress, Verdict
from cerebras_deploy.times import span
from cerebras_deploy.wire import DeployedModel, Status, Unknown, Version


@dataclass(frozen=True)
class Smoke:
    """What a smoke test came to. `latency` is in seconds, `rate` in tokens a second."""

    verdict: Literal["passed", "failed", "skipped"] = "skipped"
    latency: float = 0.0
    tokens: int | None = None
    rate: float | None = None
    fingerprint: str = ""
    answer: str = ""

    @property
    def figures(self) -> str:
        """Say the figures: `0.42 s, 12 tokens, 310 tokens/s, fp_…`."""
        tokens = f"{self.tokens} tokens" if self.tokens is not None else ""
        rate = f"{self.rate:.0f} tokens/s" if self.rate is not None else ""
        return ", ".join(part for part in (f"{self.latency:.2f} s", tokens, rate, self.fingerprint) if part)


NOT_ASKED = Smoke()


@dataclass
class Facts:
    """What is known so far. `asked` is the version as the workflow named it; times are in seconds of the run."""

    endpoint: str = ""
    asked: str = ""
    model: ModelName | None = None
    deployment_id: str = ""
    progress: Progress = NOTHING_SEEN
    version: Version | None = None  # of which `model` is the name, if it was read
    previous: DeployedModel | None = None  # the newest done entry of another version, older than ours
    serving: DeployedModel | None = None
    began: float | None = None
    waiting: str = ""  # for what, before the deploy call
    smoke: Smoke = NOT_ASKED
    promoted: list[str] = field(default_factory=list)  # a line for each alias
    rollback: "Facts | None" = None
    afterwards: str = ""  # what came of a rollback
    plan: list[tuple[str, str]] = field(default_factory=list)  # of a dry run: what, and its description
    in_doubt: bool = False  # a deploy call went out, and nobody knows yet whether it was accepted

    @property
    def what(self) -> str:
        """Name the version for people, with the alias it was asked for by."""
        if self.model is None:
            return f"version {self.asked}" if self.asked else "an unknown version"
        alias = f" (alias {self.asked})" if self.asked and self.asked != self.model.version else ""
        return f"{self.model.architecture} version {self.model.version}{alias}"

    @property
    def status(self) -> str:
        """The `status` output: the last one seen, in the API's words."""
        match self.progress.status:
            case Status() as status:
                return status.value
            case Unknown(""):
                return ""
            case Unknown():
                return "unknown"


@dataclass(frozen=True)
class Outcome:
    """What the step concluded: `title` is a few words, `said` what, where and why, `advice` what to do next.

    `details` say the same, a line each, where a sentence is hard to read.
    """

    result: Result
    title: str
    said: str
    advice: str = ""
    details: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One sentence of all."""
        return "; ".join(filter(None, (self.said, self.advice)))

    def mapped(self, change: Callable[[str], str]) -> "Outcome":
        """Return it with its texts changed."""
        details = tuple(map(change, self.details))
        return replace(self, said=change(self.said), advice=change(self.advice), details=details)


def settle(end: Verdict | Stop, facts: Facts, elapsed: float) -> Outcome:
    """Put the end of the run into words: what, where, why, and what next. `elapsed` is in seconds."""
    if isinstance(end, Stop):
        details = end.problems if isinstance(end, InvalidInput) else ()
        return Outcome(end.result, _TITLES[end.result], *_stopped(end, facts), details)
    return Outcome(end.result, _TITLES[end.result], *_judged(end, facts, elapsed))


_TITLES = {
    Result.SUCCEEDED: "Rollout succeeded",
    Result.UNCHANGED: "Already live",
    Result.TRIGGERED: "Deployment started",
    Result.FAILED: "Rollout failed",
    Result.ROLLED_BACK: "Rollout rolled back",
    Result.CANCELLED: "Rollout cancelled",
    Result.SUPERSEDED: "Rollout superseded",
    Result.PLANNED: "Dry run",
    Result.SMOKE_TEST_FAILED: "Smoke test failed",
    Result.PROMOTION_FAILED: "Promotion failed",
    Result.TIMED_OUT: "Timed out",
    Result.INTERRUPTED: "Interrupted",
    Result.REFUSED: "Refused",
    Result.UNREACHABLE: "API unreachable",
    Result.INVALID_INPUT: "Invalid input",
}


_Said = tuple[str, str]  # what is so, and what to do next


def _stopped(stop: Stop, facts: Facts) -> _Said:
    if isinstance(stop, InvalidInput):
        return f"{stop.reason}; nothing was sent", ""
    if isinstance(stop, PromotionFailed):
        return f"{facts.endpoint} serves {facts.what}, but {stop.reason}", stop.hint
    if facts.rollback:
        return _stopped_rolling_back(stop, facts, facts.rollback)
    if facts.deployment_id:
        what, after = _left_behind(stop.result, facts), _follow(facts)
    elif facts.in_doubt:
        what = f"the deployment of {facts.what} to {facts.endpoint} may have been accepted"
        after = "re-run the step: it attaches to it"
    else:
        waiting = f" while {facts.waiting}" if facts.waiting else ""
        return f"{stop.reason}{waiting}: nothing was deployed to {facts.endpoint}", stop.hint
    return f"{stop.reason}: {what}" if stop.reason else what, "; ".join(filter(None, (stop.hint, after)))


def _follow(facts: Facts) -> str:
    """Say how to go on with a deployment that was left behind."""
    if facts.progress.status is Status.DONE:
        return "re-run the step: it deploys nothing, and goes on from there"
    return f"follow it with `deployment-id: {facts.deployment_id}`"


def _stopped_rolling_back(stop: Stop, facts: Facts, back: Facts) -> _Said:
    bad = f"deployment {facts.deployment_id} of {facts.what}, which was found bad"
    if back.deployment_id:
        return f"{stop.reason} during the rollback: {_left_behind(stop.result, back)}; it replaces {bad}", _follow(back)
    sent = "the rollback may have been accepted" if back.in_doubt else "nothing was rolled back"
    said = f"{stop.reason} before the rollback of {bad}: {sent}"
    return said, f"look at what {facts.endpoint} serves, and deploy again"


def _left_behind(result: Result, facts: Facts) -> str:
    """Say what is known of a deployment that is not followed any more."""
    deployment = f"deployment {facts.deployment_id} of {facts.what} to {facts.endpoint}"
    if not facts.status:
        return f"nothing has been seen of {deployment}"
    ended = isinstance(facts.progress.status, Status) and not facts.progress.status.under_way
    goes_on = "" if ended else " and may go on or not" if result is Result.UNREACHABLE else " and goes on"
    return f"{deployment} was last seen {facts.progress}{goes_on}"


def _judged(verdict: Verdict, facts: Facts, elapsed: float) -> _Said:  # noqa: C901, PLR0911 - a sentence for each
    what, endpoint = facts.what, facts.endpoint
    rollout, serving = f"the rollout of {what} to {endpoint}", facts.afterwards or _serving(facts)
    why = f": {verdict.why}" if verdict.why else ""
    match verdict.result:
        case Result.SUCCEEDED:
            took = span(elapsed - (facts.began or 0.0))
            overtaken = facts.serving is not None and facts.deployment_id != facts.serving.id
            now = f"{endpoint} serves {what}, {took} after the start of the rollout"
            said = f"{rollout} succeeded after {took}, and {serving} by now" if overtaken else f"{now}{_extras(facts)}"
            return said, ""
        case Result.UNCHANGED:
            return f"{endpoint} serves {what} already: nothing was deployed{_extras(facts)}", ""
        case Result.PLANNED:
            return f"dry run: a real one would {verdict.why}", ""
        case Result.SMOKE_TEST_FAILED:
            advice = "" if facts.afterwards else "deploy a good version, or have this done by `on-failure: rollback`"
            return f"{endpoint} was given {what}, and its smoke test failed{why}; {serving}", advice
        case Result.TRIGGERED:
            said = f"deployment {facts.deployment_id} of {what} to {endpoint} is started and not awaited"
            return said, f"follow it with `deployment-id: {facts.deployment_id}`"
        case Result.FAILED:
            said = f"{rollout} failed{why or ': the API gives no reason'}; {serving}"
            return said, "fix the cause and deploy again"
        case Result.ROLLED_BACK:
            return f"{rollout} was rolled back{why}; {serving}", "fix the cause and deploy again"
        case Result.CANCELLED:
            return f"{rollout} was cancelled{why}; {serving}", "ask who did it, or re-run the step"
        case Result.SUPERSEDED:
            by = verdict.newer
            newer = f"deployment {by.id} ({version_of(by)})" if by else "a newer deployment"
            said = f"{rollout} was superseded by {newer}{why}; {serving}"
            return said, "agree who deploys, or re-run the step"
        case Result.REFUSED:
            return f"{endpoint} does not list deployment {facts.deployment_id}", "check the id and the endpoint"
        case (
            Result.PROMOTION_FAILED | Result.TIMED_OUT | Result.INTERRUPTED | Result.UNREACHABLE | Result.INVALID_INPUT
        ):
            raise ValueError(f"{verdict.result} is no verdict on a rollout")
        case never:
            assert_never(never)


def _extras(facts: Facts) -> str:
    """Say what went well after the rollout."""
    asked = ["its smoke test passed"] if facts.smoke.verdict == "passed" else []
    return "".join(f"; {said}" for said in (*asked, *(f"alias {moved}" for moved in facts.promoted)))


def _serving(facts: Facts) -> str:
    serving = version_of(facts.serving) if facts.serving else "no version that is known"
    return f"{facts.endpoint} serves {serving}"
