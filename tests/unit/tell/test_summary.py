"""The job summary: what stands on the page for which facts, and how the timeline is drawn."""

import re

import pytest

from cerebras_deploy.api.message import Call
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import Result
from cerebras_deploy.tell.summary import render_summary, shortened
from cerebras_deploy.tell.timeline import Change, Timeline
from helpers import make

GOOD = Outcome(Result.SUCCEEDED, "Rollout succeeded", "all is well")
BAD = Outcome(Result.TIMED_OUT, "Timed out", "no time was left", "follow it")
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


def rows(page: str) -> dict[str, str]:
    """The page's tables, by what stands in the first column."""
    cells = [line.strip("| ").split(" | ", 1) for line in page.splitlines() if re.match(r"\| (?!---)", line)]
    return {first: rest[0] if rest else "" for first, *rest in cells}


class TestTheHead:
    def test_it_has_verdict_statement_and_advice_and_outside_text_in_code_spans(self) -> None:
        page = render_summary(facts_at(60), BAD, Timeline())

        assert page.startswith(
            "### ❌ Timed out: `gpt-oss-120b version 2 (alias production)` on `my-org-gpt-oss-120b`\n\n"
            "no time was left\n\n"
            "**Next:** follow it\n\n"
        )

    def test_before_a_version_is_known_the_title_stands_alone_and_without_advice_there_is_no_next(self) -> None:
        page = render_summary(Facts("e"), GOOD, Timeline())

        assert page.startswith("### ✅ Rollout succeeded\n\nall is well\n\n| Result | `succeeded` |\n")

    def test_several_bad_inputs_are_listed_in_place_of_the_sentence(self) -> None:
        outcome = Outcome(Result.INVALID_INPUT, "Invalid input", "a; b", details=("`a` is <b>", "`b` is bad"))

        page = render_summary(Facts(""), outcome, Timeline())

        assert "\n\n- `a` is `<b>`\n- `b` is bad\n\n" in page
        assert "a; b" not in page


class TestTheFacts:
    def test_those_that_are_known_have_a_row_each(self) -> None:
        facts = facts_at(202)
        facts.saw_endpoint(make.endpoint("old 1 done 10", f"{ID} 2 in_progress 20"), 2.0)
        facts.saw_before_deploying([make.entry("old 1 done 10")])
        facts.smoke_tested(SmokeTestResult("failed", 0.5, 12, answer="a|b"))
        facts.alias_moved("stable: version 1 → version 2")
        facts.alias_moved("canary: free → version 2")
        facts.rollback_begun(make.name("1")).attached(Track(Target("back")), 0)
        made = Timeline()
        for ok in (True, False, False):
            made.called(0.0, Call("GET", "/", "HTTP 200", 0.1, ok))

        assert rows(render_summary(facts, BAD, made)) == {
            "Result": "`timed-out`",
            "Endpoint": "`my-org-gpt-oss-120b`",
            "Model": "`orgs/my-org/models/gpt-oss-120b/versions/2`",
            "Alias": "`production` → 2",
            "Deployment": f"`{ID}`",
            "Last status": "`in_progress`",
            "Served before": "`version 1`",
            "Serves now": "`unclear`",
            "Smoke test": "`failed: 0.50 s, 12 tokens`",
            "Answer": "`a¦b`",
            "Rollback": "`back`",
            "Aliases": "`stable: version 1 → version 2`, `canary: free → version 2`",
            "Took": "3m22s",
            "API calls": "3, 2 of them failed",
        }

    def test_those_that_are_not_known_have_none(self) -> None:
        assert rows(render_summary(Facts("e"), GOOD, Timeline())).keys() == {"Result", "Endpoint", "Took", "API calls"}

    @pytest.mark.parametrize("asked", ["2", ""])
    def test_a_version_that_was_not_asked_for_by_alias_has_no_alias(self, asked: str) -> None:
        assert "Alias" not in rows(render_summary(facts_at(60, asked=asked), GOOD, Timeline()))

    def test_an_alias_whose_integer_is_not_known_points_nowhere(self) -> None:
        by_alias = Facts("e", "latest")
        by_alias.saw_version(make.version("production"))

        for facts in (Facts("e", "latest"), by_alias):
            assert "Alias" not in rows(render_summary(facts, GOOD, Timeline()))

    def test_the_plan_of_a_dry_run_has_a_table(self) -> None:
        facts = Facts("e")
        facts.dry_run_planned([("serves", "version 1"), ("would", "deploy version 2")])

        page = render_summary(facts, GOOD, Timeline())

        assert "| Plan |  |\n| --- | --- |\n| serves | `version 1` |\n| would | `deploy version 2` |\n" in page


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


def drawing(page: str) -> list[str]:
    """The lines of the drawing, without what frames it."""
    return [line.strip() for line in page.partition("```mermaid\ngantt\n")[2].partition("\n```")[0].splitlines()]


class TestTheDrawing:
    def test_it_has_a_bar_for_each_state_in_sections_and_merges_what_has_one_label(self) -> None:
        made = timeline(
            (0, Change("waiting for weights: queued", "Before", "weights")),
            (5, Change("waiting for weights: syncing", "Before", "weights")),
            (10.9, rollout("in progress", "in progress, 1 of 8")),
            (50, rollout("in progress", "in progress, 2 of 8")),
            (70, rollout("error")),
            (95, Change("done", "Rollback", "done")),
        )

        assert drawing(render_summary(facts_at(95), BAD, made)) == [
            "dateFormat YYYY-MM-DD HH:mm:ss",
            "axisFormat %M:%S",
            "section Before",
            "weights :active, 2001-01-01 00:00:00, 10s",
            "section Rollout",
            "in progress :active, 2001-01-01 00:00:10, 60s",
            "error :crit, 2001-01-01 00:01:10, 25s",
            "section Rollback",
            "done :done, 2001-01-01 00:01:35, 1s",  # no bar is too short to be seen
        ]

    @pytest.mark.parametrize(
        ("elapsed", "head", "start"),
        [
            (3599, ["axisFormat %M:%S"], "01 00:58:19"),
            (3600, ["axisFormat %H:%M"], "01 00:58:20"),
            (86399, ["axisFormat %H:%M"], "01 23:58:19"),
            (86400, ["axisFormat day %-d", "tickInterval 1day"], "01 23:58:20"),
            (90100, ["axisFormat day %-d", "tickInterval 1day"], "02 01:00:00"),
        ],
    )
    def test_its_axis_is_of_minutes_hours_or_days(self, elapsed: int, head: list[str], start: str) -> None:
        lines = drawing(render_summary(facts_at(elapsed), GOOD, timeline((elapsed - 100, rollout("done")))))

        assert lines[1:] == [
            *head,
            "section Rollout",
            f"done :done, 2001-01-{start}, {max(elapsed // 100 + 1, 100)}s",
        ]

    def test_of_very_many_bars_the_first_and_the_last_are_drawn(self) -> None:
        def bars(count: int) -> list[str]:
            made = timeline(*((number, rollout(f"bar {number}")) for number in range(count)))
            lines = drawing(render_summary(facts_at(count), GOOD, made))
            return [line.partition(" :")[0] for line in lines[3:]]

        assert bars(24) == [f"bar {number}" for number in range(24)]
        assert bars(25) == [f"bar {number}" for number in (*range(12), *range(13, 25))]

    def test_of_a_run_that_has_not_ended_the_bars_are_as_short_as_can_be_seen(self) -> None:
        page = render_summary(Facts("e"), GOOD, timeline((0, rollout("done"))))

        assert drawing(page)[-1] == "done :done, 2001-01-01 00:00:00, 1s"

    def test_without_a_change_there_is_none(self) -> None:
        assert "mermaid" not in render_summary(facts_at(60), GOOD, Timeline())


class TestTheTimeline:
    def test_it_has_a_row_for_each_change_with_its_time_and_how_long_it_lasted(self) -> None:
        made = timeline(
            (0, Change("waiting", "Before", "weights")),
            (61.9, rollout("in progress", "in progress `x`")),
            (125.2, Change("asking e: hi", "Smoke test", "asking")),
            (126, Change("done", "Rollback", "done")),
        )

        assert render_summary(facts_at(130), GOOD, made).endswith(
            "| Time | For | What |\n| --- | --- | --- |\n"
            "| 00:00 | 1m01s | Before: `waiting` |\n"
            "| 01:01 | 1m04s | `in progress 'x'` |\n"
            "| 02:05 | 1s | `asking e: hi` |\n"
            "| 02:06 |  | Rollback: `done` |\n"
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
