"""Facts change by their methods only, each of which sets together what belongs together."""

import ast

import pytest

from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers import make
from helpers.known import nothing_sent, tracked
from helpers.repository import CODE


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


def test_a_rollback_has_facts_of_its_own_about_the_version_before() -> None:
    facts = nothing_sent()
    back = facts.rollback_begun(make.name("1"))

    assert (back.model, back.endpoint, back.deployment_id) == (make.name("1"), facts.endpoint, "")


def test_a_rollback_goes_on_from_what_was_read_before() -> None:
    facts = nothing_sent()
    facts.saw_endpoint(make.endpoint("ours 2 complete 20"), 1)
    back = facts.rollback_begun(make.name("1"))

    assert back.evidence is facts.evidence
    assert back.has_seen_endpoint


@pytest.mark.parametrize(("told", "known"), [("3", "3"), (None, "2")], ids=["told", "not told"])
def test_the_version_is_the_one_that_the_deployment_is_of(told: str | None, known: str) -> None:
    facts = nothing_sent()
    facts.deployed(Track(Target("ours", model=make.name(told) if told else None)))

    assert facts.model == make.name(known)


def test_a_rollback_that_read_nothing_leaves_what_is_served_as_it_was() -> None:
    facts = nothing_sent()
    facts.saw_endpoint(make.endpoint("ours 2 complete 20"), 1)
    facts.rollback_begun(make.name("1"))
    facts.rollback_ended("failed", "not rolled back")

    assert facts.serving.text == "version 2"
