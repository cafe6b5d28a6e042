"""Many questions for people: lines of the log, and tables of the job summary."""

from collections.abc import Iterator

from cerebras_deploy.decide.comparison import SuiteResult, said
from cerebras_deploy.decide.suite import CaseResult, Round, Suite, middle
from cerebras_deploy.tell.markdown import table
from cerebras_deploy.text import code, plain, prose

FAILED_SHOWN = 50  # cases in the summary
REASONS_SHOWN = 10  # why questions went unanswered


def start_lines(suite: Suite, endpoint: str) -> Iterator[str]:
    """Say what is asked, and what of the file asks for nothing."""
    count = len(suite.cases)
    yield f"asking {endpoint} {count} questions, {suite.concurrency} at a time"
    again = f" A question that fails is asked {suite.repeat} times." if suite.repeat > 1 else ""
    yield f"Required: {', '.join((f'{suite.need} of {count} pass', *_limits(suite)))}.{again}"
    easy = sum(not (case.contains or case.expect or case.reject) for case in suite.cases)
    if easy:
        yield f"{easy} of {count} questions accept any non-empty answer."
    if suite.ignored:
        names = ", ".join(f"`{plain(name, 40)}`" for name in suite.ignored[:10])
        yield f"Ignored keys in `cases`: {names}{' and others' if len(suite.ignored) > 10 else ''}."  # noqa: PLR2004 - as above


def _limits(suite: Suite) -> Iterator[str]:
    if suite.p95_latency is not None:
        yield f"p95 latency at most {suite.p95_latency:g} s"
    if suite.least_rate is not None:
        yield f"at least {suite.least_rate:g} tokens/s"
    if suite.max_slowdown is not None:
        yield f"at most {suite.max_slowdown:.0%} slower than the previous version"


def case_line(case: CaseResult) -> str:
    """Say why a case failed."""
    answer = f'. Answer: "{case.answer}"' if case.answer else "."
    return f'Failed: {case.name} ("{case.prompt}"): {case.reason}{answer}'


def totals(asked: Round) -> str:
    """Say how many questions one version passed."""
    counts = asked.counts
    return ", ".join(
        f"{counts[one]} {one}" for one in ("passed", "failed", "unanswered") if counts[one] or one == "passed"
    )


def suite_tables(result: SuiteResult) -> list[list[str]]:
    """Return what the summary says of many questions: figures, beside those of the version before, and failed cases."""
    return [_figures(result), _failures(result), _unanswered(result)]


def _figures(result: SuiteResult) -> list[str]:
    rounds = [result.now, *([result.before] if result.before else [])]
    heads = ("Questions", "This version", *(("Previous version",) if result.before else ()))
    rows = [
        ("Passed", *(f"{one.counts['passed']} of {len(one.cases)}" for one in rounds)),
        ("Failed", *(f"{one.counts['failed']}" for one in rounds)),
        ("Unanswered", *(f"{one.counts['unanswered']}" for one in rounds)),
        ("Median latency", *(_seconds(middle(one.latencies)) for one in rounds)),
        ("p95 latency", *(_seconds(one.p95) for one in rounds)),
        ("Median tokens/s", *("" if one.rate is None else f"{one.rate:.0f}" for one in rounds)),
    ]
    pairs = ["", f"Paired comparison: {said(result.slowdown)}."] if result.slowdown else []
    unjudged = ["", " ".join(prose(f"{limit}.") for limit in result.unjudged)] if result.unjudged else []
    return [*table(heads, rows), *pairs, *unjudged]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


def _failures(result: SuiteResult) -> list[str]:
    cases, regressed = result.failed, len(result.regressions)
    if not cases:
        return []
    rows = [_row(case, is_new=at < regressed) for at, case in enumerate(cases[:FAILED_SHOWN])]
    first = [f"The previous version passed {regressed} of the {len(cases)} failed questions. They come first.", ""]
    more = len(cases) - FAILED_SHOWN
    failures = table(("Failed question", "Why", "Answer"), rows)
    return [*(first if regressed else []), *failures, *(["", f"{more} more failed."] if more > 0 else [])]


def _row(case: CaseResult, *, is_new: bool) -> tuple[str, ...]:
    question = f"{code(case.name, 60)} {code(case.prompt)}{' (passed before)' if is_new else ''}"
    return question, code(case.reason, 200), code(case.answer)


def _unanswered(result: SuiteResult) -> list[str]:
    """Say why questions went unanswered, each reason once."""
    reasons: dict[str, int] = {}
    for case in result.now.cases:
        if case.verdict == "unanswered":
            reasons[case.reason] = reasons.get(case.reason, 0) + 1
    most = sorted(reasons.items(), key=lambda one: -one[1])[:REASONS_SHOWN]
    return table(("Unanswered", "Why"), ((str(count), code(reason, 200)) for reason, count in most))
