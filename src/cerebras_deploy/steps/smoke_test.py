"""Asks the endpoint one question after the rollout, and judges the answer."""

from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.decide.smoke_test import Judged, result_of
from cerebras_deploy.errors import CallError, Fate, Stop, refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.matcher import NotMatchedError, found
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import plain

WARM_UP = 30.0  # seconds in which errors and slow answers are forgiven
LEAST_TRIES = 2  # since the first one may take all of the warm-up
_KEY_HINT = (
    "`inference-api-key` must be an inference key of the endpoint's organisation; a management key is another one"
)


class _Answer(NamedTuple):
    """An answer, how many seconds it took, what it was judged to be, and why. `is_late`: it is good, but slow."""

    completion: Completion
    latency: float
    verdict: Judged
    reason: str = ""
    is_late: bool = False


def smoke_test(context: Context) -> End | None:
    """Ask the question, if there is one. None: there is none, or the answer is good.

    Raises a `Stop`: refused if the key is, unreachable if no answer comes. Neither says anything about the version.
    """
    prompt = context.inputs.smoke_test_prompt
    if not prompt:
        return None
    context.facts.wait_for("awaiting the smoke test's answer")
    context.show(Change(f"asking {context.inputs.endpoint}: {plain(prompt, 200)}", "Smoke test", "asking"))
    answer = _ask(context)
    result = result_of(answer.completion, answer.latency, answer.verdict)
    context.facts.smoke_tested(result)
    text = f"smoke test {answer.verdict}, {result.figures}: {result.answer}"
    context.show(Change(text, "Smoke test", answer.verdict, tone="good" if answer.verdict == "passed" else "bad"))
    _compare_fingerprint(context, answer.completion)
    return End(Result.SMOKE_TEST_FAILED, answer.reason) if answer.reason else None


def _ask(context: Context) -> _Answer:
    """Return the first answer that counts: in the warm-up, errors and late answers do not."""
    patience, clock = context.patience, context.patience.clock
    warm, tries, late, failure = clock.now() + WARM_UP, 0, None, None
    while tries < LEAST_TRIES or clock.now() < warm:
        tries += 1
        try:
            answer = _ask_once(context)
        except CallError as error:
            failure = _forgiven(error)
            context.journal.failing(failure, max(warm - clock.now(), 0.0))
        else:
            if not answer.is_late:
                return answer
            late = answer
        if patience.is_over:
            break
        retry_after = failure.retry_after if failure else None
        patience.pause(min(retry_delay(tries, retry_after, patience.rng), WARM_UP))
    if late:
        return late
    context.facts.wait_for("")  # the reason says it
    result = Result.TIMED_OUT if patience.is_over else Result.UNREACHABLE
    hint = failure.hint if failure and not patience.is_over else ""
    raise Stop(End(result, f"{context.inputs.endpoint} gave no answer to the smoke test ({failure})", hint))


def _forgiven(error: CallError) -> CallError:
    """Return an error that may belong to the warm-up; any other ends the step."""
    if error.fate is Fate.DENIED and error.status != HTTPStatus.NOT_FOUND:
        is_key = error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise refused(str(error), _KEY_HINT if is_key else error.hint) from error
    return error


def _ask_once(context: Context) -> _Answer:
    inputs, clock = context.inputs, context.patience.clock
    sent = clock.now()
    completion = context.api.chat(inputs.endpoint, inputs.smoke_test_prompt, context.patience.call_bound)
    latency = clock.now() - sent
    asked = f"to «{plain(inputs.smoke_test_prompt, 100)}» came «{plain(completion.text, 200)}»"
    expression = f"`{plain(inputs.smoke_test_expect, 100)}`"
    try:
        matches = not inputs.smoke_test_expect or _matches(context, inputs.smoke_test_expect, completion.text)
    except NotMatchedError as error:
        return _Answer(completion, latency, "unanswered", f"{expression} could not be matched: {error}; {asked}")
    if not matches:
        return _Answer(completion, latency, "failed", f"{expression} is not in the answer; {asked}")
    most = inputs.smoke_test_max_latency
    if most is not None and latency > most:
        reason = f"it took {latency:.2f} s, more than the {most:g} s allowed"
        return _Answer(completion, latency, "failed", reason, is_late=True)
    return _Answer(completion, latency, "passed")


def _matches(context: Context, expression: str, text: str) -> bool:
    within = context.patience.call_bound
    try:
        return context.patience.clock.call(lambda: found(expression, text, within), within + 1)
    except TimeoutError as error:
        raise NotMatchedError(f"the match was not done after {within:.0f} s") from error


def _compare_fingerprint(context: Context, answer: Completion) -> None:
    """Warn if the answer lacks the version's fingerprint. That it has one is inferred, so this is no failure."""
    facts = context.facts
    if facts.version is None and facts.model:  # followed by ID
        with suppress(CallError):
            facts.saw_details(context.api.version(facts.model, context.patience.call_bound))
    details = facts.version.response if facts.version else None
    suffix = (details and details.system_fingerprint_suffix) or ""
    if suffix and not (answer.system_fingerprint or "").endswith(suffix):
        shown, ending = plain(answer.system_fingerprint or "none", 100), plain(suffix, 100)
        answered = f"{facts.endpoint} answered with fingerprint {shown}"
        text = f"{answered}, which does not end with {ending}, the suffix of {facts.what}"
        context.journal.warn_once("Fingerprint of another version", text)
