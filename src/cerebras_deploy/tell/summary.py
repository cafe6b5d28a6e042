"""The job summary: a page of Markdown with the verdict, what is served now, the outcome of each step, and the details.

Text from outside stands in code spans, except for plain words in a heading or a sentence.
"""

from collections.abc import Iterable

from cerebras_deploy.api.names import NAME_PART
from cerebras_deploy.decide.entries import version_of
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.tell.drawing import drawing
from cerebras_deploy.tell.markdown import details, table, version
from cerebras_deploy.tell.steps_table import Asked, question_table, steps_table
from cerebras_deploy.tell.timeline import Timeline
from cerebras_deploy.text import code, plain, prose
from cerebras_deploy.times import span, stamp

OUTPUT_LIMIT = 60_000  # bytes; a later step must be able to put it into its environment
CUT = "\n\nThe rest is in the job summary.\n"
NOT_ASKED = Asked()


def render_summary(facts: Known, outcome: Outcome, timeline: Timeline, asked: Asked = NOT_ASKED) -> str:
    """Return the page."""
    about = f": {code(facts.endpoint)}" if facts.endpoint else ""
    inside = (
        table(("Result", code(outcome.result.value)), _facts(facts, timeline)),
        question_table(facts, asked),
        drawing(timeline.moments, facts.ended or 0.0),
        table(("Time", "For", "What"), _changes(timeline)),
    )
    parts = [
        [f"### {'✅' if outcome.result.is_success else '❌'} {prose(outcome.title)}{about}"],
        *([line] for line in _verdict(outcome, facts)),
        _snippet(facts, outcome),
        steps_table(facts, outcome, timeline, asked),
        table(("Plan", ""), ((name, code(text)) for name, text in facts.plan_rows)),
        *_suite(facts.smoke_test),
        details("Details", inside),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def shortened(page: str) -> str:
    """Return the page as it fits into an output: without its last lines, if it is very long."""
    whole = page.encode()
    if len(whole) <= OUTPUT_LIMIT:
        return page
    end = f"\n\n</details>{CUT}" if "<details>" in page else CUT
    return whole[: OUTPUT_LIMIT - len(end)].decode("utf-8", "ignore").rpartition("\n")[0] + end


def _verdict(outcome: Outcome, facts: Known) -> Iterable[str]:
    """Give the paragraphs below the heading: what it means for production, what to do, what happened and why."""
    if outcome.problems:
        yield "\n".join([*(f"- {prose(problem)}" for problem in outcome.problems), "", "No request was sent."])
        return
    serving = f"**Serving now:** {prose(outcome.serving)}." if outcome.serving else ""
    reason = prose(f"Reason: {outcome.reason}") if outcome.reason else ""
    back = [f"Rollback: {prose(text)}" for name, text in outcome.asked if name == "Rollback" and _is_lost(facts)]
    happened = " ".join(filter(None, (prose(outcome.statement), reason, *back)))
    if outcome.advice:
        yield " ".join(filter(None, (serving, f"**Next:** {prose(outcome.advice)}")))
        yield happened
    else:
        yield " ".join(filter(None, (serving, happened)))


def _is_lost(facts: Known) -> bool:
    """Whether a rollback was wanted and has not put the previous version back: then it is told why."""
    return facts.rollback_verdict != "succeeded"


def _facts(facts: Known, timeline: Timeline) -> Iterable[tuple[str, str]]:
    integer = facts.model.version if facts.model and facts.has_integer else ""
    rows = {
        "Endpoint": code(facts.endpoint),
        "Model": code(str(facts.model or "")),
        "Alias": f"{code(facts.asked)} → {integer}" if integer and facts.asked != integer and facts.asked else "",
        "Deployment": code(facts.deployment_id),
        "Last status": code(facts.status),
        "Previous version": _version(version_of(facts.previous)) if facts.previous else "",
        "Smoke test": code(facts.smoke_test.figures),
        "Took": span(facts.ended or 0.0),
        "API calls": f"{timeline.calls}, {timeline.failed_calls} of them failed",
    }
    return ((name, value) for name, value in rows.items() if value)


def _suite(result: SmokeTestResult) -> list[list[str]]:
    """Return what is to be said of many questions."""
    if result.suite is None:
        return []
    from cerebras_deploy.tell.suite import suite_tables  # noqa: PLC0415 - few runs have one

    return suite_tables(result.suite)


def _version(words: str) -> str:
    """Return `version 1` with the name alone as code, where it is one."""
    head, blank, name = words.rpartition(" ")
    return f"{head}{blank}{version(name)}" if head == "version" else code(words)


def _snippet(facts: Known, outcome: Outcome) -> list[str]:
    """Return what follows a rollout that may go on, to be copied into the step."""
    id_ = facts.deployment_id
    if outcome.result.is_success or not facts.under_way or not NAME_PART.fullmatch(id_):
        return []
    operation = ["  operation: deploy"] if facts.is_replacing else []  # the step's own would roll this back, too
    return ["```yaml", "with:", f"  endpoint: {plain(facts.endpoint)}", *operation, f"  deployment-id: {id_}", "```"]


def _changes(timeline: Timeline) -> Iterable[tuple[str, ...]]:
    moments = timeline.moments
    ends = [moment.at for moment in moments[1:]]
    for number, (at, change) in enumerate(moments):
        lasted = span(int(ends[number]) - int(at)) if number < len(ends) else ""  # of whole seconds, as shown beside it
        section = f"{change.section}: " if change.section in {"Before", "Rollback"} else ""
        yield stamp(at), lasted, f"{section}{code(change.text)}"
        if timeline.left_out and number == len(moments) // 2 - 1:
            yield "…", "", f"{timeline.left_out} changes are left out"
