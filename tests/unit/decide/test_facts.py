"""Facts change by their methods only, each of which sets together what belongs together."""

import ast

from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make
from helpers.known import nothing_sent, tracked
from helpers.repository import CODE


def previous_of(facts: Facts) -> str:
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


class TestWhatBelongsTogether:
    def test_a_deployment_ends_doubt_and_waiting(self) -> None:
        facts = nothing_sent()
        facts.wait_for("waiting for another rollout")
        facts.deploy_call.lost()
        facts.deployed(tracked())

        assert (facts.deployment_id, facts.deploy_call.in_doubt, facts.waiting_for) == ("ours", False, "")

    def test_a_call_that_has_not_arrived_ends_doubt(self) -> None:
        facts = nothing_sent()
        facts.deploy_call.lost()
        facts.deploy_call.not_accepted()

        assert not facts.deploy_call.in_doubt

    def test_a_version_that_is_live_is_done_and_nothing_began(self) -> None:
        facts = nothing_sent()
        facts.found_live(make.entry("live 2 complete 10"))
        facts.finished(9)

        assert (facts.deployment_id, facts.status, facts.found_live_already, facts.duration) == (
            "live",
            "done",
            True,
            None,
        )

    def test_an_answer_or_a_moved_alias_ends_waiting(self) -> None:
        facts = nothing_sent()
        facts.wait_for("awaiting the smoke test's answer")
        facts.smoke_tested(SmokeTestResult("passed"))
        answered = facts.waiting_for
        facts.alias_begun("stable")
        moving = (facts.moving_alias, facts.waiting_for)
        facts.alias_moved("stable", "free → version 2")

        assert moving == ("stable", "moving alias stable")
        assert (answered, facts.moving_alias, facts.waiting_for) == ("", "", "")
        assert facts.promoted == {"stable": "free → version 2"}

    def test_what_a_rollback_read_last_is_what_is_served(self) -> None:
        facts = nothing_sent()
        facts.saw_endpoint(make.endpoint("ours 2 complete 20"), 1)
        back = facts.rollback_begun(make.name("1"))
        back.saw_endpoint(make.endpoint("ours 2 complete 20", "back 1 complete 30"), 2)
        facts.rollback_ended("succeeded", "rolled back")

        assert facts.rollback is back
        assert (facts.serving.text, facts.rollback_outcome) == ("version 1", "rolled back")

    def test_a_reply_that_goes_back_changes_nothing(self) -> None:
        facts = nothing_sent()
        facts.attached(tracked(), 0)
        facts.saw_endpoint(make.endpoint("ours 2 in_progress 20", updated=30), 1)

        assert facts.saw_endpoint(make.endpoint("ours 2 complete 20", updated=29), 2) is None
        assert facts.status == "in_progress"


def test_nothing_but_their_methods_writes_facts() -> None:
    found = []
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            written = [ast.unparse(one) for target in targets if target for one in ast.walk(target)]
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                found += [f"{path.name}: {text}" for text in written if "facts." in text]
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr":
                found.append(f"{path.name}: {ast.unparse(node)}")

    assert found == []


class TestBeforeAnythingIsKnown:
    def test_no_deployment_is_named_and_no_version_has_an_integer(self) -> None:
        assert not nothing_sent().was_named
        assert not Facts(endpoint="e").has_integer
        assert not Facts(endpoint="e").is_confirmed

    def test_an_attempt_that_was_never_sent_began_at_once(self) -> None:
        facts = nothing_sent()
        facts.deployed(tracked())

        assert facts.began == 0

    def test_what_is_live_before_a_version_is_known_is_not_what_was_live_before_it(self) -> None:
        facts = Facts(endpoint="e")
        facts.saw_before_deploying(make.endpoint("old 1 complete 10").deployed_models)

        assert facts.previous is None


def test_the_version_that_is_known_stays_the_one_that_is_meant() -> None:
    facts = nothing_sent()
    facts.learn_model(make.entry("ours 3 complete 20"))

    assert facts.model == make.name("2")


def test_what_the_workflow_named_is_confirmed_once_it_was_compared() -> None:
    facts = Facts(endpoint="e")
    facts.confirm_asked("production")

    assert (facts.asked, facts.is_confirmed) == ("production", True)


def test_a_rollback_has_facts_of_its_own_about_the_version_before() -> None:
    facts = nothing_sent()
    back = facts.rollback_begun(make.name("1"))

    assert (back.model, back.endpoint, back.deployment_id) == (make.name("1"), facts.endpoint, "")


def test_a_rollback_that_read_nothing_leaves_what_is_served_as_it_was() -> None:
    facts = nothing_sent()
    facts.saw_endpoint(make.endpoint("ours 2 complete 20"), 1)
    facts.rollback_begun(make.name("1"))
    facts.rollback_ended("failed", "not rolled back")

    assert facts.serving.text == "version 2"
