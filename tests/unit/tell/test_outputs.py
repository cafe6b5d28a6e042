"""The outputs at the beginning, on the way and at the end, and the annotation that ends the log."""

import pytest

from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import Result
from cerebras_deploy.tell.outputs import KILLED, annotation, final_outputs, initial_outputs, outputs_so_far
from helpers import make
from helpers.repository import MANIFEST

GOOD = Outcome(Result.SUCCEEDED, "Deployed", "It serves version 2.")


def known() -> Facts:
    """Facts of a rollout that was found bad and is rolled back."""
    facts = Facts(make.ENDPOINT, "production")
    facts.saw_version(make.version())
    facts.saw_before_deploying([make.entry("old 1 done 10")])
    facts.saw_plan("deploy")
    facts.deploy_call.sent(3.0)
    facts.deployed(Track(Target("ours", 20)).listed(make.entry("ours 2 in_progress 20"), 4.0))
    facts.smoke_tested(SmokeTestResult("failed"))
    back = facts.rollback_begun(make.name("1"))
    back.deployed(Track(Target("back", 30)))
    return facts


KNOWN = {
    "deployment-id": "ours",
    "status": "in_progress",
    "result": "interrupted",
    "message": KILLED,
    "endpoint": make.ENDPOINT,
    "model": str(make.name("2")),
    "version-id": "2",
    "previous-model": str(make.name("1")),
    "live-model": "",
    "live-version-id": "",
    "changed": "true",
    "plan": "deploy",
    "duration-seconds": "",
    "smoke-test": "failed",
    "rollback": "failed",
    "rollback-deployment-id": "back",
    "report": "",
    "summary-markdown": "",
}


def test_before_anything_is_known_each_declared_output_stands_as_a_kill_would_leave_it() -> None:
    outputs = initial_outputs("e")

    assert outputs.keys() == set(MANIFEST.outputs)
    assert {name: value for name, value in outputs.items() if value} == {
        "result": "interrupted",
        "message": "The action was killed before it finished.",
        "endpoint": "e",
        "changed": "unknown",
        "smoke-test": "skipped",
        "rollback": "skipped",
    }


def test_on_the_way_they_tell_what_is_known_and_no_result() -> None:
    assert outputs_so_far(Facts("e")) == initial_outputs("e") | {"changed": "false"}
    assert outputs_so_far(known()) == KNOWN


class TestWhatIsServed:
    @pytest.mark.parametrize(
        ("entries", "version"),
        [
            (["old 1 done 10"], "1"),
            (["old 1 done 10", "new 2 done 20"], "2"),
            (["old production done 10"], ""),
            (["old 1 done 10", "new 2 error 20"], ""),
            ([], ""),
        ],
    )
    def test_it_is_a_version_by_its_integer_or_nothing(self, entries: list[str], version: str) -> None:
        facts = Facts("e")
        facts.saw_endpoint(make.endpoint(*entries), 1.0)

        outputs = outputs_so_far(facts)

        assert outputs["live-version-id"] == version
        assert outputs["live-model"] == (str(make.name(version)) if version else "")


class TestChanged:
    def test_it_is_unknown_only_while_a_call_is_in_doubt(self) -> None:
        facts = Facts("e")
        facts.deploy_call.sent(1.0)
        facts.deploy_call.lost()
        assert outputs_so_far(facts)["changed"] == "unknown"

        facts.deploy_call.not_accepted()
        assert outputs_so_far(facts)["changed"] == "false"

    def test_to_attach_changes_nothing(self) -> None:
        facts = Facts("e")
        facts.attached(Track(Target("theirs", 20)), 1.0)

        assert outputs_so_far(facts)["changed"] == "false"

    def test_a_rollback_is_a_change_too(self) -> None:
        facts = Facts("e")
        back = facts.rollback_begun(make.name("1"))
        back.deploy_call.lost()
        assert outputs_so_far(facts)["changed"] == "unknown"

        back.deployed(Track(Target("back", 30)))
        assert outputs_so_far(facts)["changed"] == "true"


def test_at_the_end_result_message_and_duration_are_added() -> None:
    facts = known()
    facts.finished(205.6)

    assert final_outputs(facts, GOOD) == KNOWN | {
        "result": "succeeded",
        "message": "It serves version 2.",
        "duration-seconds": "203",  # from the deploy call, rounded
    }


def test_without_a_rollout_there_is_no_duration_and_one_of_no_time_is_0() -> None:
    idle, quick = Facts("e"), Facts("e")
    quick.attached(Track(Target("ours")), 0.0)
    for facts in (idle, quick):
        facts.finished(0.0)

    assert final_outputs(idle, GOOD)["duration-seconds"] == ""
    assert final_outputs(quick, GOOD)["duration-seconds"] == "0"


class TestTheLastAnnotation:
    @pytest.mark.parametrize(("result", "level"), [(Result.PLANNED, "notice"), (Result.FAILED, "error")])
    def test_it_says_what_the_outcome_says_and_is_red_for_a_red_result(self, result: Result, level: str) -> None:
        told = annotation(Outcome(result, "A title", "So it is.", advice="Do this."), Facts("e"))

        assert told == (level, "A title: e", ["So it is.", "Next: Do this."])

    def test_an_endpoint_that_is_not_known_is_left_out(self) -> None:
        assert annotation(GOOD, Facts(""))[1] == "Deployed"
