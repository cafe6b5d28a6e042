"""The questions of a file, asked of the version before a rollout and of the new one after it."""

from dataclasses import replace

from cerebras_deploy.decide.comparison import SuiteResult, said
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.suite import CaseResult, Round, Suite
from cerebras_deploy.errors import CallError, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.ask_all import ask_all
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.question import ask
from cerebras_deploy.tell.suite import case_line, start_lines, totals
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.tell.tone import Tone
from cerebras_deploy.text import sentence

FAILURES_SHOWN = 10  # lines in the log


def ask_all_before(context: Context, suite: Suite, of: str) -> None:
    """Ask the version that serves now, in the deployment with that ID, for the new one to be compared with it.

    Raises a `Stop`: refused if the key is, timed out at the deadline.
    """
    context.facts.wait_for("asking the previous version")
    who = context.facts.serving.text
    context.show(Change(f"asking {who} the same {len(suite.cases)} questions first, to compare", "Before", "asking"))
    try:
        ask(context, suite.cases[0])  # the first answer is not measured: neither version's is
    except CallError as error:
        context.journal.say(sentence(str(error)), "warning")
    before = ask_all(context, replace(suite, repeat=1), _nothing, is_cold=False)
    if context.patience.is_over:
        raise Stop(context.patience.deadline.end())
    context.journal.say(sentence(f"{who}: {totals(before)}"))
    context.facts.asked_before(before, of)


def announce(context: Context, suite: Suite) -> None:
    """Say what is asked."""
    asking, *notes = start_lines(suite, context.inputs.endpoint)
    context.show(Change(asking, "Smoke test", "asking"))
    for note in notes:
        context.journal.say(note)


def ask_all_after(context: Context, suite: Suite, *, is_cold: bool) -> End | None:
    """Ask the new version, and judge it. None: it is good. `is_cold`: see `ask_all`.

    Raises a `Stop`: refused if the key is, timed out at the deadline, unless the version has surely failed by then.
    """
    now = ask_all(context, suite, _Failures(context).tell, is_cold=is_cold)
    result = SuiteResult(suite, now, _before(context, suite))
    verdict = result.verdict
    if context.patience.is_over and verdict == "unanswered":
        raise Stop(context.patience.deadline.end()._replace(reason=result.statement))
    context.facts.smoke_tested(SmokeTestResult(verdict, rate=result.now.rate, suite=result))
    tone: Tone = "good" if verdict == "passed" else "bad"
    context.show(Change(f"smoke test {verdict}: {result.told}", "Smoke test", verdict, tone=tone))
    if result.slowdown:
        context.journal.say(f"Compared with the previous version: {said(result.slowdown)}.")
    for limit in result.unjudged if verdict == "passed" else ():
        context.journal.warn_once("Limit not judged", sentence(limit))
    return End(Result.SMOKE_TEST_FAILED, result.reason) if result.reason else None


def _before(context: Context, suite: Suite) -> Round | None:
    """Return what the version before answered, if it is to be compared and answered at least half."""
    if suite.max_slowdown is None:
        return None
    before, why = context.facts.before, _why_not_compared(context)
    if not why:
        return before
    context.journal.warn_once("Slowdown not measured", f"`max-slowdown` was not judged: {why}.")
    return None


def _why_not_compared(context: Context) -> str:
    """Say why the version before is not compared; empty if it is. It must be the one that this step replaced."""
    facts = context.facts
    if facts.found_live_already:
        return "this version was already live"
    if not facts.deploy_call.is_accepted:
        return "this step did not start the rollout"
    if facts.is_replacing:
        return "this is a rollback"
    if facts.before:
        return "" if facts.before.is_half_answered else "the previous version answered fewer than half of the questions"
    return (
        "the endpoint served more than one version before the rollout"
        if facts.previous
        else "the endpoint served nothing before"
    )


def _nothing(_: CaseResult) -> None:
    """Say nothing: what the version before fails is not news."""


class _Failures:
    """Tells the log of the first failures, one line each."""

    def __init__(self, context: Context) -> None:
        self._context, self._failed = context, 0

    def tell(self, case: CaseResult) -> None:
        """Hear of a case that was judged."""
        self._failed += case.verdict == "failed"
        if case.verdict == "failed" and self._failed <= FAILURES_SHOWN:
            self._context.journal.say(case_line(case), "bad")
        if case.verdict == "failed" and self._failed == FAILURES_SHOWN + 1:
            self._context.journal.say("More questions failed. The job summary lists them.")
