"""Reads add to what is known, and take nothing away that was seen."""

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
