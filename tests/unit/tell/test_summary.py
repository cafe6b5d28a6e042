"""The job summary: what stands on the page for which facts, and in which order."""

import re

import pytest

from cerebras_deploy.api.message import Call
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import Result
from cerebras_deploy.tell.steps_table import Asked
from cerebras_deploy.tell.summary import render_summary, shortened
from cerebras_deploy.tell.timeline import Change, Timeline
from helpers import make

GOOD = Outcome(Result.SUCCEEDED, "Deployed", "All is well.", serving="version 2")
BAD = Outcome(Result.TIMED_OUT, "Timed out", "No time was left.", "version 1", "a b/c", advice="Follow it.")
ID = "550e8400-e29b-41d4-a716-446655440000"


def facts_at(end: float, *, state: str = "in_progress", deployment: str = ID, asked: str = "production") -> Facts:
    facts = Facts(make.ENDPOINT, asked)
    facts.saw_version(make.version())
    facts.attached(Track(Target(deployment, 20)).listed(make.entry(f"{deployment} 2 {state} 20"), 1.0), 1.0)
    facts.finished(end)
    return facts


def timeline(*changes: tuple[float, Change]) -> Timeline:
    made = Timeline()
    for at, change in changes:
        made.add(at, change)
    return made


def rollout(label: str, text: str = "") -> Change:
    return Change(text or label, "Rollout", label)


def facts_of(page: str) -> dict[str, str]:
    """The first of the tables that are folded, by what stands in the first column."""
    first = page.partition("<details>")[2].partition("\n\n")[2].partition("\n\n")[0]
    cells = [line.strip("| ").split(" | ", 1) for line in first.splitlines() if re.match(r"\| (?!---)", line)]
    return {name: rest[0] if rest else "" for name, *rest in cells}


class TestTheHead:
    def test_a_failure_says_what_is_served_and_what_to_do_before_what_happened_and_why(self) -> None:
        page = render_summary(facts_at(60), BAD, Timeline())

        assert page.startswith(
            "### ❌ Timed out: `my-org-gpt-oss-120b`\n\n"
            "**Serving now:** version 1. **Next:** Follow it.\n\n"
            "No time was left. Reason: a `b/c`\n\n"
        )

    def test_a_success_is_one_line(self) -> None:
        page = render_summary(Facts("e"), GOOD, Timeline())

        assert page.startswith("### ✅ Deployed: `e`\n\n**Serving now:** version 2. All is well.\n\n<details>")

    def test_outside_text_is_harmless_in_the_heading(self) -> None:
        page = render_summary(Facts("<e>"), Outcome(Result.REFUSED, "Superseded by <b>", "x"), Timeline())

        assert page.startswith("### ❌ Superseded by `<b>`: `<e>`\n")

    def test_bad_inputs_are_listed_in_place_of_the_sentence(self) -> None:
        outcome = Outcome(Result.INVALID_INPUT, "Invalid input", "a; b", problems=("`a` is <b>", "`b` is bad"))

        page = render_summary(Facts(""), outcome, Timeline())

        assert "### ❌ Invalid input\n\n- `a` is `<b>`\n- `b` is bad\n\nNo request was sent.\n\n<details>" in page
        assert "a; b" not in page

    def test_why_a_rollback_has_not_succeeded_is_told(self) -> None:
        outcome = Outcome(
            Result.FAILED, "Rollout failed", "It failed.", asked=(("Rollback", "no"), ("Aliases", "none"))
        )
        facts, back = facts_at(60), facts_at(60)
        facts.rollback_ended("failed", "no")
        back.rollback_ended("succeeded", "no")

        assert "\n\nIt failed. Rollback: no\n\n" in render_summary(facts, outcome, Timeline())
        assert "\n\nIt failed.\n\n" in render_summary(back, outcome, Timeline())


class TestTheOrder:
    def test_steps_come_before_the_details_and_the_question_is_one_of_these(self) -> None:
        facts = facts_at(202)
        facts.smoke_tested(SmokeTestResult("failed", 0.5, answer="no"))
        made = timeline((0, rollout("in progress")), (150, rollout("done")))

        page = render_summary(facts, BAD, made, Asked(Question(asking("Say hello."))))

        parts = ("**Next:**", "```yaml", "| Step |", "<details>", "| Result |", "| Prompt |", "```mermaid", "| Time |")
        places = [page.index(part) for part in (*parts, "</details>")]
        assert places == sorted(places)


class TestTheFacts:
    def test_those_that_are_known_have_a_row_each(self) -> None:
        facts = facts_at(202)
        facts.saw_before_deploying([make.entry("old 1 done 10")])
        facts.smoke_tested(SmokeTestResult("failed", 0.5, 12, answer="a|b"))
        made = Timeline()
        for ok in (True, False, False):
            made.called(0.0, Call("GET", "/", "HTTP 200", 0.1, ok))

        assert facts_of(render_summary(facts, BAD, made)) == {
            "Result": "`timed-out`",
            "Endpoint": "`my-org-gpt-oss-120b`",
            "Model": "`orgs/my-org/models/gpt-oss-120b/versions/2`",
            "Alias": "`production` → 2",
            "Deployment": f"`{ID}`",
            "Last status": "`in_progress`",
            "Previous version": "version 1",
            "Smoke test": "`0.50 s, 12 tokens`",
            "Took": "3m22s",
            "API calls": "3, 2 of them failed",
        }

    def test_those_that_are_not_known_have_none(self) -> None:
        assert facts_of(render_summary(Facts("e"), GOOD, Timeline())).keys() == {
            *("Result", "Endpoint", "Took", "API calls")
        }

    @pytest.mark.parametrize("asked", ["2", ""])
    def test_a_version_that_was_not_asked_for_by_alias_has_no_alias(self, asked: str) -> None:
        assert "Alias" not in facts_of(render_summary(facts_at(60, asked=asked), GOOD, Timeline()))

    def test_an_alias_whose_integer_is_not_known_points_nowhere(self) -> None:
        by_alias = Facts("e", "latest")
        by_alias.saw_version(make.version("production"))

        for facts in (Facts("e", "latest"), by_alias):
            assert "Alias" not in facts_of(render_summary(facts, GOOD, Timeline()))

    def test_the_plan_of_a_dry_run_has_a_table_that_is_not_folded(self) -> None:
        facts = Facts("e")
        facts.dry_run_planned([("serves", "version 1"), ("would", "deploy version 2")])

        page = render_summary(facts, GOOD, Timeline())

        plan = "| Plan |  |\n| --- | --- |\n| serves | `version 1` |\n| would | `deploy version 2` |\n"
        assert plan in page.partition("<details>")[0]


@pytest.mark.parametrize(
    ("facts", "outcome", "is_there"),
    [
        (facts_at(60), BAD, True),
        (facts_at(60), GOOD, False),
        (facts_at(60, state="error"), BAD, False),
        (facts_at(60, deployment="a:b"), BAD, False),  # would be other YAML
        (Facts("e"), BAD, False),
    ],
    ids=["under way", "green", "over", "an id that is no name", "no deployment"],
)
def test_a_red_run_whose_rollout_may_go_on_ends_with_what_follows_it(
    facts: Facts, outcome: Outcome, *, is_there: bool
) -> None:
    snippet = f"```yaml\nwith:\n  endpoint: my-org-gpt-oss-120b\n  deployment-id: {ID}\n```\n\n"

    page = render_summary(facts, outcome, Timeline())

    assert (snippet in page, "```yaml" in page) == (is_there, is_there)


class TestTheTimeline:
    def test_it_has_a_row_for_each_change_with_its_time_and_how_long_it_lasted(self) -> None:
        made = timeline(
            (0, Change("waiting", "Before", "weights")),
            (61.9, rollout("in progress", "in progress `x`")),
            (125.2, Change("asking e: hi", "Smoke test", "asking")),
            (126, Change("done", "Rollback", "done")),
        )

        assert render_summary(facts_at(119), GOOD, made).endswith(
            "| Time | For | What |\n| --- | --- | --- |\n"
            "| 00:00 | 1m01s | Before: `waiting` |\n"
            "| 01:01 | 1m04s | `in progress 'x'` |\n"
            "| 02:05 | 1s | `asking e: hi` |\n"
            "| 02:06 |  | Rollback: `done` |\n\n</details>\n"
        )

    def test_where_changes_are_left_out_it_says_how_many(self) -> None:
        made = timeline(*((number, rollout("in progress", f"state {number}")) for number in range(203)))

        page = render_summary(facts_at(300), GOOD, made)

        assert "`state 99` |\n| … |  | 3 changes are left out |\n| 01:43 | 1s | `state 103` |" in page
        assert page.count("left out") == 1
        assert "left out" not in render_summary(facts_at(300), GOOD, timeline((0, rollout("done"))))


class TestAsAnOutput:
    """A later step must be able to put it into its environment."""

    def test_a_page_that_fits_stays_as_it_is(self) -> None:
        page = "x" * 59_999 + "\n"

        assert shortened(page) == page

    def test_a_longer_one_loses_its_last_lines(self) -> None:
        page = "".join(f"| {number} é |\n" for number in range(10_000))

        short = shortened(page)

        whole, _, rest = short.partition("\n\nThe rest is in the job summary.\n")
        assert (page.startswith(whole + "\n"), rest) == (True, "")
        assert 59_900 < len(short.encode()) <= 60_000

    def test_what_is_folded_ends_before_it_says_so(self) -> None:
        short = shortened("<details>\n" + "x\n" * 40_000 + "</details>\n")

        assert short.endswith("\nx\n\n</details>\n\nThe rest is in the job summary.\n")
        assert len(short.encode()) <= 60_000
