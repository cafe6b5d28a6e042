"""Asks one question until the version is warm: until it is answered, or the warm-up is over."""

from collections.abc import Sequence

from cerebras_deploy.decide.question import Question
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.errors import CallError, Fate, Stop
from cerebras_deploy.result import End, Result
from cerebras_deploy.steps.context import Context
from cerebras_deploy.steps.inference import is_about_the_question, raise_if_refused
from cerebras_deploy.steps.question import Answer, ask

RETRIES = 3  # of 429 and lost connections, after the warm-up


def ask_until_warm(
    context: Context, question: Question, warm_up: float, *, is_one_of_many: bool = False
) -> Answer | list[CallError]:
    """Return the first answer that counts, or all errors, if none came.

    In the warm-up, which lasts so many seconds, errors and late answers do not count. After it, only 429 and lost
    connections are tried again. A no to one of many questions is the last error: others may be answered.
    """
    patience, clock = context.patience, context.patience.clock
    warm, tries, after = clock.now() + warm_up, 0, 0
    errors: list[CallError] = []
    failed: CallError | None
    while True:
        tries += 1
        is_warm = clock.now() >= warm
        try:
            answer = ask(context, question)
        except CallError as error:
            errors.append(error)
            if is_one_of_many and is_about_the_question(error):
                return errors
            raise_if_refused(error)
            failed, may_pass = error, is_worth_another_try(error)
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


def is_worth_another_try(error: CallError) -> bool:
    """Whether it was a 429, or no reply came at all."""
    return error.fate is Fate.THROTTLED or error.status is None


def _too_late(context: Context, errors: Sequence[CallError]) -> Stop:
    context.facts.wait_for("")  # the reason says it
    why = f" ({errors[-1]})"
    return Stop(End(Result.TIMED_OUT, f"{context.inputs.endpoint} gave no answer to the smoke test{why}"))
