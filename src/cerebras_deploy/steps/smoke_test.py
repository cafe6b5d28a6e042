"""Asks the endpoint one question after the rollout, and judges the answer."""

from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.decide.smoke_test import BAD_ERRORS, UNANSWERED, Judgment, judge, result_of
from cerebras_deploy.errors import CallError, Fate, Stop, refused
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.matcher import NotMatchedError, found
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import plain

RETRIES = 3  # of 429 and lost connections, after the warm-up
KEY_TRY = 5.0  # seconds, for the call that tries the inference key
_KEY_HINT = (
    "`inference-api-key` must be an inference key of the endpoint's organisation; a management key is another one"
)


class _Answer(NamedTuple):
    """An answer, how many seconds it took, and what it was judged to be."""

    completion: Completion
    latency: float
    judgment: Judgment


def try_key(context: Context) -> None:
    """Try the inference key, if there is a question to ask, before anything is deployed.

    Raises a `Stop`: refused if the API turns the key away. Whatever else happens to this one call is a warning.
    """
    if not context.inputs.smoke_test_prompt or not context.inputs.inference_api_key:
        return
    try:
        context.api.models(min(KEY_TRY, context.patience.call_bound))
    except CallError as error:
        if error.status == HTTPStatus.UNAUTHORIZED and not error.is_page:
            raise refused(str(error), _KEY_HINT) from error
        context.journal.warn_once("Inference key not tried", f"the inference API could not be asked: {error}")


def smoke_test(context: Context) -> End | None:
    """Ask the question, if there is one. None: there is none, or the answer is good.

    Raises a `Stop`: refused if the key is, timed out at the deadline. Neither says anything about the version.
    """
    prompt = context.inputs.smoke_test_prompt
    if not prompt:
        return None
    context.facts.wait_for("awaiting the smoke test's answer")
    context.show(Change(f"asking {context.inputs.endpoint}: {plain(prompt, 200)}", "Smoke test", "asking"))
    answer = _ask(context)
    if not isinstance(answer, _Answer):
        return _unanswered(context, answer)
    verdict, reason, _ = answer.judgment
    result = result_of(answer.completion, answer.latency, verdict)
    context.facts.smoke_tested(result)
    text = f"smoke test {verdict}, {result.figures}: {result.answer or 'no text'}"
    context.show(Change(text, "Smoke test", verdict, tone="good" if verdict == "passed" else "bad"))
    _compare_fingerprint(context, answer.completion)
    if result.answer and reason:
        reason += f"; to «{plain(prompt, 100)}» came «{result.answer}»"
    return End(Result.SMOKE_TEST_FAILED, reason) if reason else None


def _ask(context: Context) -> _Answer | list[CallError]:
    """Return the first answer that counts, or all errors, if none came.

    In the warm-up, errors and late answers do not count. After it, only 429 and lost connections are tried again.
    """
    patience, clock = context.patience, context.patience.clock
    warm, tries, after = clock.now() + context.inputs.smoke_test_warm_up, 0, 0
    errors: list[CallError] = []
    failed: CallError | None
    while True:
        tries += 1
        is_warm = clock.now() >= warm
        try:
            answer = _ask_once(context)
        except CallError as error:
            errors.append(_forgiven(error))
            failed, may_pass = error, error.fate is Fate.THROTTLED or error.status is None
        else:
            if not answer.judgment.is_late or is_warm:
                return answer
            errors.append(
                CallError(Fate.UNKNOWN, f"a good answer, but {answer.judgment.reason}")
            )  # so that it has answered
            failed, may_pass = None, True
        after += is_warm
        if patience.is_over:
            raise _too_late(context, errors)
        if after > RETRIES or (after and not may_pass):
            return errors
        if failed:
            context.journal.failing(failed, max(warm - clock.now(), 0.0))
        patience.pause(retry_delay(tries, failed.retry_after if failed else None, patience.rng))


def _too_late(context: Context, errors: Sequence[CallError]) -> Stop:
    context.facts.wait_for("")  # the reason says it
    why = f" ({errors[-1]})"
    return Stop(End(Result.TIMED_OUT, f"{context.inputs.endpoint} gave no answer to the smoke test{why}"))


def _unanswered(context: Context, errors: Sequence[CallError]) -> End:
    """Judge a version that gave no answer. Its own errors count against it, if the inference API itself is well."""
    last = errors[-1]
    judges = all(_is_the_versions(error) for error in errors) and _inference_is_well(context)
    context.facts.smoke_tested(BAD_ERRORS if judges else UNANSWERED)
    verdict = context.facts.smoke_test.verdict
    well = ", while the inference API is well" if judges else ""
    context.show(Change(f"smoke test {verdict}: no answer{well} ({last})", "Smoke test", verdict, tone="bad"))
    return End(Result.SMOKE_TEST_FAILED, f"no answer came{well}: {last}", last.hint)


def _is_the_versions(error: CallError) -> bool:
    """Whether an error may come from the version: anything but JSON or an empty body comes from what stands between."""
    status = error.status or 0
    return not error.is_page and (status == HTTPStatus.NOT_FOUND or status >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _inference_is_well(context: Context) -> bool:
    try:
        context.api.models(context.patience.call_bound)
    except CallError:
        return False
    return True


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
    try:
        missing = _missing(context, completion.text)
    except NotMatchedError as error:
        reason = f"`{plain(inputs.smoke_test_expect, 100)}` could not be matched: {error}"
        return _Answer(completion, latency, Judgment("unanswered", reason))
    judgment = judge(completion, latency, missing=missing, most_latency=inputs.smoke_test_max_latency)
    return _Answer(completion, latency, judgment)


def _missing(context: Context, text: str) -> str:
    """Say what the answer was to have and has not; empty if nothing is missing."""
    contains, expression = context.inputs.smoke_test_contains, context.inputs.smoke_test_expect
    if contains and contains.casefold() not in text.casefold():
        return f"«{plain(contains, 100)}» is not in the answer"
    if expression and text.strip() and not _matches(context, expression, text):
        return f"`{plain(expression, 100)}` is not in the answer"
    return ""


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
