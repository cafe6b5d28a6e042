"""The order of things, in whole runs: what follows what, and that nothing else does."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers import presented
from helpers.forged import ENDPOINT, OURS, Forged, call_of
from helpers.forged import stage as forged_stage
from helpers.questions import Said, endpoint
from helpers.stage import EPOCH, HELLO, HELLO_OR_BACK, Played, Stage, play

ASK = HELLO | {"smoke-test-expect": "pong"}  # as the forged API answers
ALL_AFTER = ASK | {"promote-aliases": "free"}
ONE = {"smoke_test_prompt": "q0", "inference_api_key": "inference-key-1"}
YES = ONE | {"smoke_test_expect": "yes"}
MANY = {"smoke_test_file": "suite.toml", "inference_api_key": "inference-key-1"}
GOOD, BAD = Said(seconds=5), Said("no", seconds=5)
BY_ID = {"model": "", "alias": "", "deployment-id": OURS}


def run(states: tuple[str, ...], inputs: dict[str, str], *, begun: bool = False) -> tuple[Played, list[str]]:
    """Run once; gives the calls that are no reads, too, in their order."""
    api = Forged(states=states, begun=begun)
    played = forged_stage(api).play({"timeout": "10m"} | inputs)
    calls = [call_of(request) for request in api.requests]
    return played, [call for call in calls if call in {"deploy", "chat", "aliases"}]


def warnings(played: Played) -> list[tuple[str, str]]:
    return [(one.title, one.message) for one in played.log.annotations if one.level == "warning"]


def deployed_versions(played: Played) -> list[int]:
    return [one.version for one in played.world.deployments if one.by == "caller"]


class TestWhatFollowsWhat:
    def test_the_endpoint_is_asked_after_the_rollout_and_aliases_move_after_a_good_answer(self) -> None:
        played, calls = run(("in_progress", "complete"), ALL_AFTER)

        assert (played.result, calls) == ("succeeded", ["deploy", "chat", "aliases"])

    def test_a_version_that_is_live_already_is_asked_and_promoted_too(self) -> None:
        played, calls = run(("complete",), ALL_AFTER, begun=True)

        assert (played.result, calls) == ("unchanged", ["chat", "aliases"])

    @pytest.mark.parametrize(
        ("end", "result"), [("cancelled", "cancelled"), ("rolled_back", "rolled-back"), ("failed", "failed")]
    )
    def test_after_a_rollout_that_came_to_nothing_nothing_is_asked_or_promoted(self, end: str, result: str) -> None:
        played, calls = run(("in_progress", end), ALL_AFTER)

        assert (played.result, calls) == (result, ["deploy"])

    def test_after_a_bad_answer_nothing_is_promoted(self) -> None:
        played, calls = run(("in_progress", "complete"), ALL_AFTER | {"smoke-test-expect": "(?i)hello"})

        assert (played.result, calls) == ("smoke-test-failed", ["deploy", "chat"])

    def test_a_rollout_that_is_not_awaited_is_left_alone_after_the_deploy_call(self) -> None:
        api = Forged()

        played = forged_stage(api).play({"wait": "false"})

        assert (played.result, played.outputs["deployment-id"]) == ("triggered", OURS)
        assert call_of(api.requests[-1]) == "deploy"

    def test_not_to_wait_makes_no_difference_to_a_version_that_is_live_already(self) -> None:
        played, calls = run(("complete",), {"wait": "false"}, begun=True)

        assert (played.result, calls) == ("unchanged", [])

    @pytest.mark.parametrize("named", [{}, BY_ID], ids=["by version", "by id"])
    def test_a_dry_run_ends_before_anything_is_changed_or_asked(self, named: dict[str, str]) -> None:
        inputs = ALL_AFTER | {"on-failure": "rollback", "dry-run": "true"} | named

        played, calls = run(("in_progress",), inputs, begun=bool(named))

        assert (played.result, calls) == ("planned", [])
        assert played.seconds == 0


class TestRollingBack:
    @pytest.mark.parametrize(
        ("scenario", "inputs", "result", "versions"),
        [
            ("wrong-answer", HELLO_OR_BACK, "smoke-test-failed", [2, 1]),
            ("wrong-answer", HELLO, "smoke-test-failed", [2]),
            ("rollout-error", HELLO_OR_BACK, "failed", [2, 1]),
            ("rollout-error", HELLO, "failed", [2]),
            ("healthy", HELLO_OR_BACK, "succeeded", [2]),
            ("cancelled", HELLO_OR_BACK, "cancelled", [2]),
        ],
        ids=["bad answer", "bad answer, kept", "error", "error, kept", "good", "cancelled"],
    )
    def test_what_was_live_before_is_deployed_again_if_that_was_asked_for_and_ours_is_bad(
        self, scenario: str, inputs: dict[str, str], result: str, versions: list[int]
    ) -> None:
        played = play(scenario, inputs)

        assert (played.result, deployed_versions(played)) == (result, versions)
        assert bool(played.outputs["rollback-deployment-id"]) == (versions == [2, 1])


class TestWhatHappensWhileItIsAsked:
    """An answer may be another version's, be it good or bad: after it, the endpoint is looked at once more."""

    @staticmethod
    def asked(inputs: dict[str, str], *, live: bool, changed: Any, said: Said = GOOD) -> Played:
        """Run once; `changed` is called with the API when the first question comes."""

        def answer(*_: object) -> Said:
            if not there.questions:
                changed(there)
            return said

        there = endpoint(answer, live=live)
        there.stage.files = {"suite.toml": '[[case]]\nprompt = "q0"\nexpect = "yes"\n'}
        return there.play(**inputs)

    @pytest.mark.parametrize("inputs", [MANY, ONE], ids=["many", "one"])
    @pytest.mark.parametrize("live", [True, False])
    def test_another_version_that_has_replaced_ours_is_told(self, inputs: dict[str, str], *, live: bool) -> None:
        def changed(there: presented.Api) -> None:
            newer = presented.entry("3", "complete", EPOCH - there.stage.clock.now(), EPOCH)
            there.more = lambda _: [newer]

        played = self.asked(inputs, live=live, changed=changed)

        assert (played.result, played.outputs["smoke-test"]) == ("superseded", "passed")

    @pytest.mark.parametrize("inputs", [MANY, YES], ids=["many", "one"])
    @pytest.mark.parametrize("live", [True, False])
    @pytest.mark.parametrize("after", [{}, {"on_failure": "rollback"}, {"promote_aliases": "free"}], ids=repr)
    def test_it_is_told_after_a_bad_answer_too_and_nothing_is_rolled_back(
        self, inputs: dict[str, str], after: dict[str, str], *, live: bool
    ) -> None:
        there: list[presented.Api] = []

        def changed(api: presented.Api) -> None:
            newer = presented.entry("3", "complete", EPOCH - api.stage.clock.now(), EPOCH)
            api.more = lambda _: [newer]
            there.append(api)

        played = self.asked(inputs | after, live=live, changed=changed, said=BAD)

        assert (played.result, played.outputs["smoke-test"]) == ("superseded", "failed")
        assert (played.outputs["live-version-id"], there[0].deployed_versions) == ("3", [] if live else ["2"])
        assert "version 3" in played.outputs["message"]
        assert played.outputs["rollback"] == "skipped"

    def test_it_is_told_after_an_answer_that_says_nothing_too(self) -> None:
        def changed(there: presented.Api) -> None:
            newer = presented.entry("3", "complete", EPOCH - there.stage.clock.now(), EPOCH)
            there.more = lambda _: [newer]

        played = self.asked(YES, live=False, changed=changed, said=BAD._replace(ended="length"))

        assert (played.result, played.outputs["smoke-test"]) == ("superseded", "unanswered")

    @pytest.mark.parametrize(("after", "deployed"), [({}, ["2"]), ({"on_failure": "rollback"}, ["2", "1"])])
    def test_a_bad_answer_stays_one_if_the_endpoint_cannot_be_read_by_the_deadline(
        self, after: dict[str, str], deployed: list[str]
    ) -> None:
        there: list[presented.Api] = []

        def changed(api: presented.Api) -> None:
            there.append(api)
            began = api.stage.clock.now()
            api.whole = lambda whole, _: whole if api.stage.clock.now() > began + 100 else httpx.Response(503)

        played = self.asked(YES | {"timeout": "2m"} | after, live=False, changed=changed, said=BAD)

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "failed")
        assert there[0].deployed_versions == deployed

    @pytest.mark.parametrize("state", ["rolling_back", "in_progress"])
    def test_after_a_bad_answer_nothing_is_deployed_over_ours_if_it_is_on_the_move_by_then(self, state: str) -> None:
        there: list[presented.Api] = []

        def changed(api: presented.Api) -> None:
            there.append(api)
            api.ours = lambda _: {"state": state}

        played = self.asked(YES | {"timeout": "2m", "on_failure": "rollback"}, live=False, changed=changed, said=BAD)

        assert (played.result, played.outputs["rollback"]) == ("smoke-test-failed", "skipped")
        assert there[0].deployed_versions == ["2"]

    def test_canceled_while_it_is_looked_at_once_more_it_is_interrupted(self) -> None:
        there: list[presented.Api] = []

        def changed(api: presented.Api) -> None:
            there.append(api)
            api.stage.clock.interrupt_at = api.stage.clock.now() + 20
            api.whole = lambda *_: httpx.Response(503)

        assert self.asked(YES, live=False, changed=changed, said=BAD).result == "interrupted"

    @pytest.mark.parametrize("inputs", [MANY, ONE], ids=["many", "one"])
    def test_a_rollout_that_is_rolled_back_by_then_is_followed_to_that_end(self, inputs: dict[str, str]) -> None:
        def changed(there: presented.Api) -> None:
            began = there.stage.clock.now()
            back = presented.states((0, "rolling_back"), (60, "rolled_back"))
            there.ours = lambda _: {"state": back(there.stage.clock.now() - began)}

        assert self.asked(inputs, live=False, changed=changed).result == "rolled-back"

    @pytest.mark.parametrize(("live", "deployed"), [(True, []), (False, ["2", "1"])])
    def test_one_that_ends_in_an_error_by_then_is_rolled_back_if_it_was_not_live_before(
        self, *, live: bool, deployed: list[str]
    ) -> None:
        there: list[presented.Api] = []

        def changed(api: presented.Api) -> None:
            there.append(api)
            api.ours = lambda _: {"state": "error"}
            api.old = lambda old: old | ({"state": "error", "model": old["model"][:-1] + "2"} if live else {})

        played = self.asked(MANY | {"on_failure": "rollback"}, live=live, changed=changed)

        assert (played.result, there[0].deployed_versions) == ("failed", deployed)

    @pytest.mark.parametrize("inputs", [MANY, ONE], ids=["many", "one"])
    @pytest.mark.parametrize(("live", "result"), [(True, "unchanged"), (False, "succeeded")])
    def test_one_that_is_on_its_way_is_a_warning(self, inputs: dict[str, str], result: str, *, live: bool) -> None:
        def changed(there: presented.Api) -> None:
            newer = presented.entry("3", "in_progress", EPOCH - there.stage.clock.now(), EPOCH)
            there.more = lambda _: [newer]

        played = self.asked(inputs, live=live, changed=changed)

        assert (played.result, [title for title, _ in warnings(played)]) == (result, ["Newer deployment"])

    def test_without_a_question_there_is_no_further_look(self) -> None:
        there = endpoint()

        there.play()

        assert there.reads == 2  # that agree


class TestADeploymentThatTheWorkflowNamed:
    def test_it_is_followed_and_nothing_is_deployed(self) -> None:
        played, calls = run(("in_progress", "complete"), BY_ID | {"deployment-id": OURS.upper()}, begun=True)

        assert (played.result, calls) == ("succeeded", [])
        assert (played.outputs["deployment-id"], played.outputs["version-id"]) == (OURS, "2")
        assert f"Follow deployment {OURS} on {ENDPOINT}." in played.text.splitlines()

    def test_it_is_asked_and_promoted_like_one_of_our_own(self) -> None:
        played, calls = run(("in_progress", "complete"), ALL_AFTER | BY_ID, begun=True)

        assert (played.result, calls) == ("succeeded", ["chat", "aliases"])

    def test_its_id_is_an_output_before_the_second_read(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            written.append((call, Path(os.environ["GITHUB_OUTPUT"]).read_text()))
            return whole

        written: list[tuple[str, str]] = []
        forged_stage(Forged(edit, states=("in_progress", "complete"), begun=True)).play(BY_ID)

        early = [text for call, text in written if call == "endpoint"]
        assert [OURS in text for text in early[:2]] == [False, True]

    def test_it_must_be_what_was_asked_for(self) -> None:
        played, _ = run(("in_progress",), BY_ID | {"alias": "1"}, begun=True)

        assert (played.result, played.seconds) == ("refused", 0)
        model = "orgs/my-org/models/gpt-oss-120b/versions/2"
        assert f"deployment {OURS} names model {model}, not `alias: 1`\n" in played.told

    def test_one_that_is_not_there_is_refused_after_five_minutes(self) -> None:
        played, _ = run(("in_progress",), BY_ID)

        assert played.result == "refused"
        assert 300 <= played.seconds < 306
        assert f"{ENDPOINT} does not list deployment {OURS}" in played.told

    def test_its_duration_counts_from_the_beginning_of_the_step(self) -> None:
        played, _ = run(("in_progress", "complete"), BY_ID, begun=True)

        assert int(played.outputs["duration-seconds"]) == pytest.approx(played.seconds, abs=0.5)


class TestWarningsAfterASuccess:
    def test_a_newer_deployment_that_may_soon_be_live_is_named(self) -> None:
        def more(age: float | None) -> list[dict[str, Any]]:
            return [newer] if age is not None and age >= 30 else []

        newer = presented.entry("3", "in_progress", -30, EPOCH)

        played = presented.api(more=more).play()

        assert played.result == "succeeded"
        text = f"Deployment {newer['id']} (version 3) is newer than this one. {ENDPOINT} may serve it now or soon."
        assert warnings(played) == [("Newer deployment", text)]

    def test_a_newer_deployment_that_has_left_the_endpoint_as_it_was_is_not(self) -> None:
        newer = presented.entry("3", "rolled_back", -30, EPOCH)

        played = presented.api(more=lambda age: [newer] if age is not None and age >= 30 else []).play()

        assert (played.result, warnings(played)) == ("succeeded", [])

    def test_an_error_that_has_passed_is_told(self) -> None:
        played, _ = run(("in_progress", "error", "in_progress", "complete"), {})

        assert played.result == "succeeded"
        error = "error, 3 of 8 replicas updated (replica 4 of 8 was not ready)"
        assert warnings(played) == [
            ("Rollout recovered from an error", f"The rollout was reported as {error}, and then recovered.")
        ]

    def test_they_come_before_the_question(self) -> None:
        api = Forged(states=("in_progress", "error", "in_progress", "complete"))

        text = forged_stage(api).play(ASK).text

        assert 0 < text.index("Rollout recovered from an error") < text.index(f"Asking {ENDPOINT}")

    @pytest.mark.parametrize("end", ["complete", "failed", "cancelled"])
    def test_without_either_or_without_a_success_there_is_none(self, end: str) -> None:
        states = ("in_progress", end) if end == "complete" else ("in_progress", "error", "in_progress", end)

        played, _ = run(states, {})

        assert (played.result == "succeeded") == (end == "complete")
        assert warnings(played) == []

    def test_what_was_live_before_the_rollout_is_not_newer(self) -> None:
        assert warnings(Stage().play()) == []
