"""Is what serves any good? One question to the endpoint, after the rollout."""

import json
import subprocess
import sys
from contextlib import suppress

from cerebras_deploy.errors import CallError, Fate, Refused, Result, TimedOut, Unreachable
from cerebras_deploy.journal import State
from cerebras_deploy.rollout import Verdict
from cerebras_deploy.run import Run
from cerebras_deploy.schedule import retry_delay
from cerebras_deploy.settle import Smoke
from cerebras_deploy.text import plain
from cerebras_deploy.wire import Completion

WARM_UP = 30.0  # seconds in which errors and slow answers are forgiven
LEAST_TRIES = 2  # the first may take all of the warm-up
MATCH_SECONDS = 1.0
PYTHON_START = 0.5  # seconds, for the process that matches
_KEY_HINT = (
    "`inference-api-key` must be an inference key of the endpoint's organisation; a management key is another one"
)
_SEARCH = "import json, re, sys; sys.exit(0 if re.search(*json.load(sys.stdin)) else 1)"


def smoke_test(run: Run) -> Verdict | None:
    """Ask the question, if there is one. None: there is none, or the answer is good.

    Raises `Refused` when the key is turned away, `Unreachable` when no answer comes: neither says anything on the
    version.
    """
    if not run.inputs.smoke_test_prompt:
        return None
    run.facts.waiting = "awaiting the smoke test's answer"
    asking = f"asking {run.inputs.endpoint}: {plain(run.inputs.smoke_test_prompt, 200)}"
    run.journal.state(State(asking, "Smoke test", "asking"), run.watch.left)
    answer, latency = _ask(run)
    why = _fault(run, answer, latency)
    run.facts.smoke = smoke = _report(answer, latency, passed=not why)
    said = f"smoke test {smoke.verdict}, {smoke.figures}: {smoke.answer}"
    run.journal.state(State(said, "Smoke test", smoke.verdict, tone="bad" if why else "good"), run.watch.left)
    _compare_fingerprint(run, answer)
    run.facts.waiting = ""
    return Verdict(Result.SMOKE_TEST_FAILED, why) if why else None


def _ask(run: Run) -> tuple[Completion, float]:
    """Return the first answer that can be judged, and its latency in seconds."""
    clock, watch = run.watch.clock, run.watch
    warm, tries, slow, failure = clock.now() + WARM_UP, 0, None, None
    while tries < LEAST_TRIES or clock.now() < warm:
        tries += 1
        before = clock.now()
        try:
            answer = run.api.chat(run.inputs.endpoint, run.inputs.smoke_test_prompt, watch.bound)
        except CallError as error:
            failure = _forgiven(error)
            run.journal.failing(failure, max(warm - clock.now(), 0.0))
        else:
            slow = (answer, clock.now() - before)
            if not _too_slow(run, slow[1]) or _mismatch(run, answer):
                return slow
        if watch.over:
            break
        retry_after = failure.retry_after if failure else None
        watch.pause(min(retry_delay(tries, retry_after, watch.rng), WARM_UP))
    if slow:
        return slow
    reason = f"{run.inputs.endpoint} gave no answer to the smoke test ({failure})"
    if watch.over:
        raise TimedOut(reason)
    raise Unreachable(reason, failure.hint if failure else "")


def _forgiven(error: CallError) -> CallError:
    """Return an error that may belong to the warm-up; raise `Refused` for any other."""
    if error.fate is Fate.DENIED and error.status != 404:  # noqa: PLR2004 - not found yet
        hint = _KEY_HINT if error.status in {401, 403} else error.hint
        raise Refused(str(error), hint) from error
    return error


def _too_slow(run: Run, latency: float) -> bool:
    return run.inputs.smoke_test_max_latency is not None and latency > run.inputs.smoke_test_max_latency


def _fault(run: Run, answer: Completion, latency: float) -> str:
    """Say what is wrong with an answer; empty if nothing is."""
    if wrong := _mismatch(run, answer):
        return wrong
    if _too_slow(run, latency):
        return f"it took {latency:.2f} s, more than the {run.inputs.smoke_test_max_latency:g} s allowed"
    return ""


def _mismatch(run: Run, answer: Completion) -> str:
    expected = run.inputs.smoke_test_expect
    if not expected:
        return ""
    asked = f"to «{plain(run.inputs.smoke_test_prompt, 100)}» came «{plain(answer.text, 200)}»"
    bound = MATCH_SECONDS + PYTHON_START
    try:
        found = run.watch.clock.call(lambda: _found(expected, answer.text, bound), bound + 1)
    except (TimeoutError, subprocess.TimeoutExpired):
        return f"`{plain(expected, 100)}` took more than {MATCH_SECONDS:g} s to match the answer; {asked}"
    return "" if found else f"`{plain(expected, 100)}` is not in the answer; {asked}"


def _found(expression: str, text: str, within: float) -> bool:
    """Search in a process of its own: `re` cannot be interrupted, and some expressions take for ever."""
    command = [sys.executable, "-I", "-S", "-c", _SEARCH]
    question = json.dumps([expression, text]).encode()
    return subprocess.run(command, input=question, timeout=within, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own text; the expression goes in by stdin


def _report(answer: Completion, latency: float, *, passed: bool) -> Smoke:
    usage, times = answer.usage, answer.time_info
    tokens = usage.completion_tokens if usage else None
    seconds = (times and times.completion_time) or latency
    return Smoke(
        verdict="passed" if passed else "failed",
        latency=latency,
        tokens=tokens,
        rate=tokens / seconds if tokens and seconds > 0 else None,
        fingerprint=plain(answer.system_fingerprint or "", 100),
        answer=plain(answer.text, 200),
    )


def _compare_fingerprint(run: Run, answer: Completion) -> None:
    """Warn if the answer does not bear the version's mark: that it does is inferred, so it is no failure."""
    if run.facts.version is None and run.facts.model:  # followed by id
        with suppress(CallError):
            run.facts.version = run.api.version(run.facts.model, run.watch.bound)
    details = run.facts.version.response if run.facts.version else None
    suffix = (details and details.system_fingerprint_suffix) or ""
    if suffix and not (answer.system_fingerprint or "").endswith(suffix):
        came = plain(answer.system_fingerprint or "none", 100)
        run.journal.warn_once(
            "Fingerprint of another version",
            f"{run.inputs.endpoint} answered with fingerprint {came}, which does not end with {plain(suffix, 100)}, "
            f"the suffix of {run.facts.what}",
        )
