"""The smoke test after the rollout: one question, or many (`suite.py`)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from cerebras_deploy.api.completion import Completion
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.smoke_test import BAD_ERRORS, UNANSWERED, result_of
from cerebras_deploy.errors import CallError
from cerebras_deploy.inputs import Inputs
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.inference import is_the_versions, is_well
from cerebras_deploy.steps.question import Answer, ask_until_warm
from cerebras_deploy.tell.timeline import Change
from cerebras_deploy.text import plain, sentence

if TYPE_CHECKING:
    from cerebras_deploy.decide.suite import Suite


def question_of(inputs: Inputs) -> Question:
    """Return the question that the workflow wants to be asked. It has no prompt if there is to be no smoke test."""
    return Question(
        asking(inputs.smoke_test_prompt) if inputs.smoke_test_prompt else (),
        (inputs.smoke_test_contains,) if inputs.smoke_test_contains else (),
        inputs.smoke_test_expect,
        most_latency=inputs.smoke_test_max_latency,
    )


def smoke_test(context: Context) -> End | None:
    """Ask the question or questions, if there are any. Return None if there are none, or if the answers are good.

    Raises a `Stop`: refused if the key is, timed out at the deadline. Neither says anything about the version.
    """
    if context.suite:
        return _ask_many(context, context.suite)
    question = question_of(context.inputs)
    if not question.prompt:
        return None
    context.facts.smoke_test_begun()
    context.show(Change(f'asking {context.inputs.endpoint}: "{plain(question.prompt, 200)}"', "Smoke test", "asking"))
    answer = ask_until_warm(context, question, context.inputs.smoke_test_warm_up)
    return _answered(context, question, answer) if isinstance(answer, Answer) else _unanswered(context, answer)


def _ask_many(context: Context, suite: "Suite") -> End | None:
    """Ask the questions of the file, once the first one has been answered, or the warm-up is over.

    That first answer is not measured.
    """
    from cerebras_deploy.steps.suite import announce, ask_all_after  # noqa: PLC0415 - few runs have one

    warm_up = context.inputs.smoke_test_warm_up
    context.facts.smoke_test_begun()
    announce(context, suite)
    warm: Answer | list[CallError] | None = None
    if warm_up or suite.max_slowdown is not None:
        warm = ask_until_warm(context, suite.cases[0], warm_up, is_one_of_many=True)
    is_cold = isinstance(warm, list) and warm_up > 0 and _judges(context, warm)
    end = ask_all_after(context, suite, is_cold=is_cold)
    if isinstance(warm, Answer):
        _compare_fingerprint(context, warm.completion)
    return end


def _answered(context: Context, question: Question, answer: Answer) -> End | None:
    verdict, reason, _ = answer.judgment
    result = result_of(answer.completion, answer.latency, verdict)
    context.facts.smoke_tested(result)
    came = "inconclusive" if verdict == "unanswered" else verdict
    answered = f'"{result.answer}"' if result.answer else "none"
    text = f"smoke test {came}{f': {reason}' if reason else ''}. Answer: {answered} ({result.figures})"
    context.show(Change(text, "Smoke test", verdict, tone="good" if verdict == "passed" else "bad"))
    _compare_fingerprint(context, answer.completion)
    if result.answer and reason:
        reason += f'. Prompt: "{plain(question.prompt, 100)}" Answer: "{result.answer}"'
    return End(Result.SMOKE_TEST_FAILED, reason) if reason else None


def _unanswered(context: Context, errors: Sequence[CallError]) -> End:
    """Judge a version that gave no answer. Its own errors count against it, if the inference API itself is well."""
    last, judges = errors[-1], _judges(context, errors)
    context.facts.smoke_tested(BAD_ERRORS if judges else UNANSWERED)
    verdict = context.facts.smoke_test.verdict
    well = ", while the inference API itself works" if judges else ""
    text = f"smoke test {'failed: no answer' if judges else 'got no answer'}{well}. {sentence(str(last))}"
    context.show(Change(text, "Smoke test", verdict, tone="bad"))
    return End(Result.SMOKE_TEST_FAILED, f"no answer{well}: {last}", last.hint)


def _judges(context: Context, errors: Sequence[CallError]) -> bool:
    """Whether errors judge the version: all of them are its own, and the inference API itself is well."""
    return all(is_the_versions(error) for error in errors) and is_well(context)


def _compare_fingerprint(context: Context, answer: Completion) -> None:
    """Warn if the answer lacks the version's fingerprint. That it has one is inferred, so this is no failure."""
    facts = context.facts
    if facts.version is None and facts.model:  # followed by ID
        with suppress(CallError):
            facts.saw_details(context.api.version(facts.model, context.patience.call_bound))
    details = facts.version.response if facts.version else None
    suffix = details and details.system_fingerprint_suffix
    if suffix and not (answer.system_fingerprint or "").endswith(suffix):
        shown, ending = plain(answer.system_fingerprint or "none", 100), plain(suffix, 100)
        answered = f"{facts.endpoint} answered with fingerprint {shown}"
        text = f"{answered}, which doesn't end with {ending}, the suffix of {facts.what}."
        context.journal.warn_once("Fingerprint of another version", text)
