"""Asks the endpoint one question after the rollout, until it is answered or the warm-up is over."""

from collections.abc import Sequence
from contextlib import suppress

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Question
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.decide.smoke_test import BAD_ERRORS, UNANSWERED, result_of
from cerebras_deploy.errors import CallError, Fate, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.inference import is_the_versions, is_well, raise_if_refused
from cerebras_deploy.steps.question import Answer, ask
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import plain

RETRIES = 3  # of 429 and lost connections, after the warm-up


def smoke_test(context: Context) -> End | None:
    """Ask the question, if there is one. None: there is none, or the answer is good.

    Raises a `Stop`: refused if the key is, timed out at the deadline. Neither says anything about the version.
    """
    inputs = context.inputs
    question = Question(
        inputs.smoke_test_prompt, inputs.smoke_test_contains, inputs.smoke_test_expect, inputs.smoke_test_max_latency
    )
    if not question.prompt:
        return None
    context.facts.wait_for("awaiting the smoke test's answer")
    context.show(Change(f"asking {inputs.endpoint}: {plain(question.prompt, 200)}", "Smoke test", "asking"))
    answer = _ask_until_warm(context, question)
    return _answered(context, question, answer) if isinstance(answer, Answer) else _unanswered(context, answer)


def _ask_until_warm(context: Context, question: Question) -> Answer | list[CallError]:
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
            answer = ask(context, question)
        except CallError as error:
            raise_if_refused(error)
            errors.append(error)
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


def _answered(context: Context, question: Question, answer: Answer) -> End | None:
    verdict, reason, _ = answer.judgment
    result = result_of(answer.completion, answer.latency, verdict)
    context.facts.smoke_tested(result)
    text = f"smoke test {verdict}, {result.figures}: {result.answer or 'no text'}"
    context.show(Change(text, "Smoke test", verdict, tone="good" if verdict == "passed" else "bad"))
    _compare_fingerprint(context, answer.completion)
    if result.answer and reason:
        reason += f"; to «{plain(question.prompt, 100)}» came «{result.answer}»"
    return End(Result.SMOKE_TEST_FAILED, reason) if reason else None


def _unanswered(context: Context, errors: Sequence[CallError]) -> End:
    """Judge a version that gave no answer. Its own errors count against it, if the inference API itself is well."""
    last = errors[-1]
    judges = all(is_the_versions(error) for error in errors) and is_well(context)
    context.facts.smoke_tested(BAD_ERRORS if judges else UNANSWERED)
    verdict = context.facts.smoke_test.verdict
    well = ", while the inference API is well" if judges else ""
    context.show(Change(f"smoke test {verdict}: no answer{well} ({last})", "Smoke test", verdict, tone="bad"))
    return End(Result.SMOKE_TEST_FAILED, f"no answer came{well}: {last}", last.hint)


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
