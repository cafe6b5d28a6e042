"""`operation: rollback`, in whole runs: what is put in the place of version 2, and when nothing is."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helpers import presented
from helpers.forged import ENDPOINT, MODEL, OLD, OURS
from helpers.presented import HOUR, Api, Entry, entry
from helpers.stage import EPOCH, HELLO, Played, Stage

LIVE = "22222222-3333-4333-8333-333333333333"


def version_2(state: str = "complete", age: float = HOUR / 2, **more: Any) -> Entry:
    return entry("2", state, age, EPOCH) | more


def listing(script: Callable[[float], list[Entry]], **more: Any) -> Api:
    """An endpoint that lists version 1 of two hours ago, and what the script says at those seconds; then ours."""

    def others(_: float | None) -> list[Entry]:
        return script(there.stage.clock.now() - EPOCH)

    there = presented.api(more=others, **more)
    return there


def roll_back(there: Api, **inputs: str) -> Played:
    return there.play(operation="rollback", **inputs)


class TestItIsLive:
    def test_what_was_live_before_takes_its_place(self) -> None:
        there = listing(lambda _: [version_2()])

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])
        outputs = played.outputs
        assert (outputs["version-id"], outputs["previous-model"]) == ("1", MODEL.format("2"))
        assert (outputs["deployment-id"], outputs["changed"], outputs["plan"]) == (OURS, "true", "deploy")
        assert (outputs["live-version-id"], outputs["rollback"]) == ("1", "skipped")
        assert f"Replacing deployment {LIVE} (version 2) with version 1.\n" in played.text

    def test_it_is_told_once_however_often_the_call_is_tried(self) -> None:
        no = httpx.Response(409, json={})
        there = listing(lambda _: [version_2()], deploy=lambda reply, number: no if number < 2 else reply)

        played = roll_back(there)

        assert (played.result, len(there.deployed_versions)) == ("succeeded", 3)
        assert played.text.count("Replacing deployment ") == 1

    def test_two_looks_two_seconds_apart_have_to_agree(self) -> None:
        there = listing(lambda _: [version_2()])

        roll_back(there, poll_interval="1m")

        assert 2 <= there.deployed[0] - EPOCH < 15

    def test_one_look_of_a_server_that_lags_behind_decides_nothing(self) -> None:
        there = listing(lambda now: [] if now == 0 else [version_2()])

        assert (roll_back(there).result, there.deployed_versions) == ("succeeded", ["1"])

    def test_run_twice_it_is_made_once(self) -> None:
        there = listing(lambda _: [version_2()])
        first, again = roll_back(there), roll_back(there)

        assert (first.result, again.result) == ("succeeded", "unchanged")
        assert there.deployed_versions == ["1"]

    def test_a_re_run_looks_for_20_s_first(self) -> None:
        there = listing(lambda _: [version_2()])

        there.stage.play({"operation": "rollback", "timeout": "10m"}, env={"GITHUB_RUN_ATTEMPT": "2"})

        assert there.deployed[0] - EPOCH >= 20

    def test_the_deployment_may_be_named_by_its_id(self) -> None:
        there = listing(lambda _: [version_2()])

        played = roll_back(there, model="", alias="", deployment_id=LIVE)

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])

    def test_smoke_test_and_promotion_apply_to_what_is_deployed(self) -> None:
        stage = Stage("healthy")
        stage.play()

        played = stage.play({"operation": "rollback", "promote-aliases": "stable"} | HELLO)

        assert (played.result, played.outputs["smoke-test"], played.outputs["version-id"]) == (
            "succeeded",
            "passed",
            "1",
        )
        assert "stable: already on version 1" in played.text


class TestItIsNotLive:
    def test_nothing_is_deployed_where_another_version_is_live(self) -> None:
        there = listing(lambda _: [])

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("unchanged", [])
        assert (played.outputs["changed"], played.outputs["plan"]) == ("false", "none")
        assert played.told.startswith("Nothing to roll back: ")
        assert f"{ENDPOINT} serves gpt-oss-120b version 1, so there was nothing to roll back." in played.told

    def test_a_newer_deployment_of_the_version_is_not_the_one_that_was_named(self) -> None:
        there = listing(lambda _: [version_2(), entry("5", "complete", 60, EPOCH, model=MODEL.format("2"))])

        played = roll_back(there, model="", alias="", deployment_id=LIVE)

        assert (played.result, there.deployed_versions) == ("unchanged", [])

    def test_an_id_that_is_not_listed_is_refused(self) -> None:
        there = listing(lambda _: [version_2()])

        played = roll_back(there, model="", alias="", deployment_id="nowhere")

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert "does not list deployment nowhere" in played.told

    def test_the_version_of_a_deployment_that_is_not_replaced_is_told_all_the_same(self) -> None:
        there = listing(lambda _: [version_2()], old=lambda _: None)

        played = roll_back(there, model="", alias="", deployment_id=LIVE)

        assert (played.result, played.outputs["version-id"]) == ("refused", "2")

    def test_where_nothing_was_live_before_it_is_refused(self) -> None:
        there = listing(lambda _: [version_2()], old=lambda _: None)

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert f"no other version was live before deployment {LIVE}" in played.told


class TestSomethingIsNewer:
    def test_another_rollout_is_waited_for_and_then_there_is_another_look(self) -> None:
        def script(now: float) -> list[Entry]:
            return [version_2(), entry("3", "in_progress" if now < 60 else "complete", 10, EPOCH)]

        there = listing(script)

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("unchanged", [])
        assert played.seconds >= 60

    def test_another_one_that_failed_is_refused(self) -> None:
        there = listing(lambda _: [version_2(), entry("3", "error", 10, EPOCH)])

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert "(version 3) may be newer, and has failed or is unclear, and deployment" in played.told

    @pytest.mark.parametrize("named", [False, True])
    def test_its_own_rollout_that_failed_half_way_is_replaced(self, *, named: bool) -> None:
        half = {"rollout_replicas_updated": 3, "rollout_total_replicas": 8}
        there = listing(lambda _: [version_2("error", 60, **half)])

        played = roll_back(there, **({"model": "", "alias": "", "deployment_id": LIVE} if named else {}))

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])
        assert played.outputs["previous-model"] == MODEL.format("2")

    def test_while_the_api_rolls_it_back_that_is_waited_for(self) -> None:
        there = listing(lambda now: [version_2("rolling_back" if now < 60 else "rolled_back", 60)])

        played = roll_back(there, if_busy="queue")

        assert (played.result, there.deployed_versions) == ("unchanged", [])
        assert played.seconds >= 60

    def test_in_flight_itself_it_may_be_replaced_at_once(self) -> None:
        there = listing(lambda _: [version_2("in_progress", 60)])

        played = roll_back(there, if_busy="queue")

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])

    def test_what_came_while_its_predecessor_could_not_be_read_is_not_deployed_over(self) -> None:
        def version(document: Any, ref: str) -> Any:
            is_down = ref == "1" and there.stage.clock.now() < EPOCH + 60
            return httpx.Response(503) if is_down else document

        def script(now: float) -> list[Entry]:
            return [version_2(), *([entry("3", "complete", -10, EPOCH)] if now > 20 else [])]

        there = listing(script, version=version)

        assert (roll_back(there).result, there.deployed_versions) == ("unchanged", [])

    @pytest.mark.parametrize("named", [False, True])
    def test_what_is_rolling_out_is_told_and_waited_for_before_the_next_looks(self, *, named: bool) -> None:
        there = listing(lambda now: [version_2("in_progress" if now < 60 else "complete", 60)])

        played = roll_back(there, **({"model": "", "alias": "", "deployment_id": LIVE} if named else {}))

        assert (played.result, there.deployed_versions) == ("succeeded", ["1"])
        assert f"Waiting for deployment {LIVE} (version 2): in progress" in played.text
        assert there.reads < 40  # at the workflow's pace

    def test_one_in_a_word_that_nobody_knows_is_not_waited_for_without_end(self) -> None:
        played = roll_back(listing(lambda _: [version_2(), entry("3", "odd", 60, EPOCH)]))

        assert (played.result, played.outputs["plan"]) == ("refused", "wait")
        assert "nothing has changed for 10 minutes" in played.told


class TestItCannotBeDone:
    @pytest.mark.parametrize("word", ["in_progress", "error"])
    def test_weights_that_are_not_ready_any_more_are_not_deployed(self, word: str) -> None:
        def version(whole: Any, ref: str) -> Any:
            details = whole["response"] | ({"sync_status": word} if ref == "1" else {})
            return whole | {"done": False, "response": details}

        there = listing(lambda _: [version_2()], version=version)

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert f"Reason: the weights of version 1 are no longer ready ({word})\n" in played.told
        assert played.told.endswith("Next: Deploy the version that the endpoint should serve.")

    def test_a_deployment_whose_model_is_no_name_is_not_replaced(self) -> None:
        there = listing(lambda _: [version_2(model="?")])

        played = roll_back(there, model="", alias="", deployment_id=LIVE)

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert f"deployment {LIVE} names model ?, which is not a model name" in played.told

    def test_a_deployment_of_another_version_than_was_named_is_not_replaced(self) -> None:
        there = listing(lambda _: [version_2()])

        played = roll_back(there, alias="3", deployment_id=LIVE)

        assert (played.result, there.deployed_versions) == ("refused", [])
        assert f"deployment {LIVE} names model {MODEL.format(2)}, not `model: " in played.told

    def test_a_no_of_one_look_is_not_yet_the_answer(self) -> None:
        there = listing(lambda now: [version_2(), *([] if now else [entry("3", "error", 10, EPOCH)])])

        assert roll_back(there).result == "succeeded"

    def test_a_wrong_inference_key_is_found_before_anything_is_deployed(self) -> None:
        stage = Stage("healthy")
        stage.play()

        played = stage.play({"operation": "rollback"} | HELLO | {"inference-api-key": "another-key"})

        assert (played.result, played.deploy_calls) == ("refused", 1)

    def test_a_call_that_did_not_arrive_is_sent_again_after_another_look(self) -> None:
        def deploy(reply: Any, number: int) -> Any:
            return reply if number else httpx.Response(409)

        there = listing(lambda _: [version_2()], deploy=deploy)

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("succeeded", ["1", "1"])


class TestWhatIsAdvised:
    """Nobody is told to do what brings the bad version back."""

    def test_how_to_keep_waiting_leads_to_the_version_before(self) -> None:
        there = Stage("slow", latency=0.1)
        there.play({"timeout": "2h"})
        left = there.play({"operation": "rollback", "timeout": "60s"})
        id_ = left.outputs["deployment-id"]

        wrong = "with:\n  endpoint: my-org-gpt-oss-120b\n  deployment-id: "
        advice = f"Set `operation: deploy` and `deployment-id: {id_}` in place of `model` and `alias` to keep waiting."
        waited = there.play({"operation": "deploy", "deployment-id": id_, "model": "", "alias": "", "timeout": "2h"})

        assert left.result == "timed-out"
        assert left.outputs["message"].endswith(advice)
        assert f"\n  operation: deploy\n  deployment-id: {id_}\n" in left.summary
        assert wrong not in left.summary
        assert (waited.result, waited.outputs["live-version-id"]) == ("succeeded", "1")

    def test_after_an_error_the_version_before_is_deployed_again(self) -> None:
        there = listing(lambda _: [version_2()], ours=lambda age: {"state": "error" if age > 30 else "in_progress"})

        played = roll_back(there)

        assert (played.result, there.deployed_versions) == ("failed", ["1"])
        assert "\nNext: Deploy version 1 again to restore the endpoint, then fix the cause.\n" in played.told

    def test_after_a_smoke_test_that_failed_neither_version_is_named(self) -> None:
        there = Stage("healthy", latency=0.1)
        there.play()

        played = there.play(HELLO | {"operation": "rollback", "smoke-test-expect": "something else"})

        assert (played.result, played.outputs["live-version-id"]) == ("smoke-test-failed", "1")
        assert "\nNext: Deploy a version that passes.\n" in played.told


class TestItIsToldAtFirst:
    def test_by_the_version_with_its_alias_and_what_is_served(self) -> None:
        told = roll_back(listing(lambda _: [version_2()])).text

        assert "Roll back gpt-oss-120b version 2 (alias production). Serving now: version 2." in told

    def test_or_by_the_deployment_that_was_named(self) -> None:
        told = roll_back(listing(lambda _: [version_2()]), model="", alias="", deployment_id=LIVE).text

        assert f"Roll back deployment {LIVE} (gpt-oss-120b version 2). Serving now: version 2." in told


def test_without_waiting_it_ends_when_the_call_is_accepted() -> None:
    there = listing(lambda _: [version_2()])

    played = roll_back(there, wait="false")

    assert (played.result, there.deployed_versions, played.outputs["changed"]) == ("triggered", ["1"], "true")


class TestDryRun:
    @pytest.mark.parametrize(
        ("entries", "would", "plan"),
        [
            ([version_2()], f"replace deployment {LIVE} (version 2) with version 1, which was live before", "deploy"),
            ([], f"deploy nothing, because deployment {OLD} (version 1) is live", "none"),
            ([version_2("in_progress", 60)], f"wait for deployment {LIVE} (version 2), then look again", "wait"),
        ],
    )
    def test_it_says_what_a_real_run_would_do(self, entries: list[Entry], would: str, plan: str) -> None:
        there = listing(lambda _: entries)

        played = roll_back(there, dry_run="true")

        assert (played.result, there.deployed_versions, played.outputs["plan"]) == ("planned", [], plan)
        assert f"  Action          {would}\n" in played.text

    def test_what_would_be_refused_is(self) -> None:
        there = listing(lambda _: [version_2()], old=lambda _: None)

        assert roll_back(there, dry_run="true").result == "refused"


def test_it_is_not_together_with_a_rollback_after_a_failure() -> None:
    played = roll_back(listing(lambda _: []), on_failure="rollback")

    assert played.result == "invalid-input"
    assert "`operation: rollback` can't be combined with `on-failure: rollback`. Remove one of them." in played.told
