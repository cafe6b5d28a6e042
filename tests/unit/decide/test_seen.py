"""Reads add to what is known, and take nothing away that was seen."""

import pytest

from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.known import Known
from cerebras_deploy.decide.seen import Seen
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make
from helpers.known import nothing_sent, tracked


def previous_of(facts: Known) -> str:
    return facts.previous.id if facts.previous else ""


class TestPrevious:
    """What was live before ours, known once and never forgotten."""

    def test_it_is_known_from_the_look_before_the_deploy_call(self) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)

        assert previous_of(facts) == "old"

    def test_it_is_kept_when_the_endpoint_lists_ours_alone(self) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)
        facts.deployed(Track(Target("ours", older=frozenset({"old"}))))
        facts.saw_endpoint(make.endpoint("ours 2 in_progress 20"), 1)

        assert previous_of(facts) == "old"

    def test_another_rollout_that_is_awaited_is_what_was_live_before_ours(self) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint("old 1 complete 10", "next 3 in_progress 15").deployed_models)
        facts.saw_before_deploying(make.endpoint("old 1 complete 10", "next 3 complete 15").deployed_models)

        assert previous_of(facts) == "next"

    def test_of_a_deployment_named_by_its_id_it_is_known_from_the_first_read_that_lists_it(self) -> None:
        facts = Facts(endpoint=make.ENDPOINT)
        facts.attached(Track(Target("ours", by_id=True)), 0)
        facts.saw_endpoint(make.endpoint("old 1 complete 10", "ours 2 complete 20", "next 3 complete 30"), 1)

        assert previous_of(facts) == "old"
        assert facts.model == make.name("2")

    def test_what_was_not_there_before_the_deploy_call_was_not_live_before_it(self) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)
        facts.deployed(Track(Target("ours", older=frozenset({"old"}))))
        facts.saw_endpoint(make.endpoint("old 1 complete 10", "their 3 complete 19", "ours 2 in_progress 20"), 1)

        assert previous_of(facts) == "old"

    def test_what_is_live_before_a_version_is_known_is_not_what_was_live_before_it(self) -> None:
        facts = Seen(endpoint="e")
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)

        assert facts.previous is None

    def test_neither_is_what_is_live_before_a_version_that_is_known_by_an_alias_only(self) -> None:
        facts = Seen(endpoint="e")
        facts.saw_version(make.version("production"))
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)

        assert facts.previous is None

    def test_what_is_to_be_replaced_stays_that_whatever_is_live(self) -> None:
        facts = nothing_sent()
        facts.replaces(make.entry("bad 3 complete 30"), make.version())
        facts.saw_before_deploying(make.endpoint("other 4 complete 40").deployed_models)

        assert previous_of(facts) == "bad"

    @pytest.mark.parametrize("created", [10, None])
    def test_it_is_known_as_it_was_read_last(self, created: int | None) -> None:
        facts = nothing_sent()
        for replicas in (1, 8):
            facts.saw_before_deploying(
                [make.entry("old 1 complete 10", created=created, rollout_total_replicas=replicas)]
            )

        assert facts.previous is not None
        assert facts.previous.rollout_total_replicas == 8


class TestLiveBefore:
    """Whether our version was live before anything was deployed, or whether that is not clear."""

    @pytest.mark.parametrize(
        ("entries", "was_live", "is_unclear"),
        [
            ([], False, False),
            (["old 1 complete 10"], False, False),
            (["old 1 complete 10", "ours 2 complete 20"], True, False),
            (["old 1 complete 10", "ours 2 complete 10"], False, True),
        ],
        ids=["nothing", "another version", "our version", "two of the same time"],
    )
    def test_the_look_before_the_deploy_call_says(
        self, entries: list[str], *, was_live: bool, is_unclear: bool
    ) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint(*entries).deployed_models)

        assert (facts.was_live_before, facts.is_unclear_before) == (was_live, is_unclear)

    def test_the_latest_of_several_looks_says(self) -> None:
        facts = nothing_sent()
        facts.saw_before_deploying(make.endpoint("ours 2 complete 10").deployed_models)
        facts.saw_before_deploying(make.endpoint("ours 2 complete 10", "next 3 complete 15").deployed_models)

        assert not facts.was_live_before

    def test_a_version_that_is_not_known_was_not(self) -> None:
        facts = Seen(endpoint="e")
        facts.saw_before_deploying(make.endpoint("live 2 complete 10").deployed_models)

        assert not facts.was_live_before


def test_a_reply_that_goes_back_changes_nothing() -> None:
    facts = nothing_sent()
    facts.attached(tracked(), 0)
    facts.saw_endpoint(make.endpoint("ours 2 in_progress 20", updated=30), 1)

    assert facts.saw_endpoint(make.endpoint("ours 2 complete 20", updated=29), 2) is None
    assert facts.status == "in_progress"


def test_the_version_that_is_known_stays_the_one_that_is_meant() -> None:
    facts = nothing_sent()
    facts.learn_model(make.entry("ours 3 complete 20"))

    assert facts.model == make.name("2")


def test_what_the_workflow_named_is_confirmed_once_it_was_compared() -> None:
    facts = Seen(endpoint="e")
    facts.confirm_asked("production")

    assert (facts.asked, facts.is_confirmed) == ("production", True)


def test_a_new_endpoint_is_one_until_it_has_a_status() -> None:
    facts, listed = Seen(endpoint="e"), make.endpoint()
    facts.saw_new_endpoint(listed)
    assert facts.new_endpoint is listed

    facts.saw_new_endpoint(None)
    assert facts.new_endpoint is None
