"""One deployment to its end, in whole runs: what is said must be true whatever the endpoint lists next."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helpers.forged import OLD, OURS, Forged, Reply, entry, stage
from helpers.presented import states
from helpers.stage import EPOCH, Played, Stage, VirtualClock

BEFORE = entry(OLD, "1", "complete", 1)
NEXT = entry("22222222-2222-4222-8222-222222222222", "3", "complete", 3)
DOWN = Reply(503)

Script = Callable[[float], list[dict[str, Any]] | Reply]


def ours(state: str, **more: Any) -> dict[str, Any]:
    return entry(OURS, "2", state, 2) | more


def play(script: Script, *, lost: bool = False, **inputs: str) -> Played:
    """Run while the endpoint lists what the script says at those seconds; `lost`: the deploy call gets no reply."""

    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "deploy" and lost:
            return httpx.ReadTimeout("timed out")
        if call != "endpoint":
            return whole
        now = script(made.clock.now() - began)
        return now if isinstance(now, Reply) else whole | {"deployed_models": now}

    made = stage(Forged(edit))
    began = made.clock.now()
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return made.play({"timeout": "5m", "poll-interval": "5s"} | given)


@pytest.mark.parametrize(("lost", "seen"), [(False, 1), (True, 12)], ids=["attached to", "adopted"])
def test_a_deployment_that_vanishes_has_failed_soon(lost: bool, seen: float) -> None:  # noqa: FBT001
    def script(now: float) -> list[dict[str, Any]]:
        if lost and now == 0:
            return [BEFORE]
        return [BEFORE, ours("in_progress")] if now < seen else [BEFORE]

    played = play(script, lost=lost)

    assert played.result == "failed"
    assert "Reason: the endpoint lists neither this deployment nor a newer version\n" in played.told
    assert played.seconds < seen + 60


@pytest.mark.parametrize("gap", [1, 15])
def test_one_that_is_missing_from_the_list_for_a_while_goes_on_however_often_it_is_read(gap: float) -> None:
    def script(now: float) -> list[dict[str, Any]]:
        if now < 60:
            return [BEFORE, ours("in_progress")] if not 10 <= now < 10 + gap else [BEFORE]
        return [BEFORE, ours("complete")]

    played = play(script, poll_interval="200ms", on_failure="rollback")

    assert (played.result, played.outputs["rollback"]) == ("succeeded", "skipped")


def test_one_that_was_replaced_long_ago_is_superseded_when_it_is_followed_and_nothing_is_asked_or_promoted() -> None:
    api = Forged(
        lambda call, _, whole: (
            whole | {"deployed_models": [BEFORE, ours("complete"), NEXT]} if call == "endpoint" else whole
        )
    )
    asked = {"smoke-test-prompt": "Hello?", "inference-api-key": "key", "promote-aliases": "stable"}

    played = stage(api).play({"model": "", "alias": "", "deployment-id": OURS} | asked)

    assert (played.result, played.exit_code) == ("superseded", 1)
    assert (api.calls["chat"], api.calls["aliases"]) == (0, 0)
    assert "\nServing now: version 3.\n" in played.told


def test_one_that_was_seen_rolling_back_and_is_called_complete_is_to_be_checked_before_a_re_run() -> None:
    state = states((0, "in_progress"), (20, "rolling_back"), (40, "complete"))

    played = play(lambda now: [BEFORE, ours(state(now))])

    assert (played.result, played.exit_code) == ("rolled-back", 1)
    assert played.text.count("Cerebras is rolling back the rollout of ") == 1
    assert (
        "before you re-run the step, because the API now lists the deployment as complete." in played.outputs["message"]
    )


def test_an_error_is_waited_for_which_is_told_once() -> None:
    played = play(lambda now: [BEFORE, ours("in_progress" if now < 20 else "error")])

    assert played.result == "failed"
    assert played.text.count("Waiting 30 s to see whether the rollout recovers.") == 1


def test_canceled_while_an_error_stands_it_is_the_job_that_was_canceled() -> None:
    made = stage(Forged(states=["in_progress", "error"]))
    made.clock = VirtualClock(interrupt_at=EPOCH + 25)

    assert made.play({"timeout": "5m"}).result == "interrupted"


def test_each_unknown_word_is_warned_of_once() -> None:
    state = states((0, "in_progress"), (20, "paused"), (60, "frozen"), (100, "paused"), (140, "complete"))

    played = play(lambda now: [BEFORE, ours(state(now))])

    warned = [one.message for one in played.log.annotations if one.title == "Unrecognized rollout state"]
    assert [text.partition(". ")[0] for text in warned] == [
        f"Deployment {OURS} is in unrecognized state `{word}`" for word in ("paused", "frozen")
    ]


def test_one_that_is_listed_as_another_version_by_then_is_warned_of_and_fails() -> None:
    other = entry(OURS, "3", "in_progress", 2)

    played = play(
        lambda now: [BEFORE, ours("in_progress") if now < 20 else other | {"state": "complete"} if now > 60 else other]
    )

    assert played.result == "failed"
    assert [one.message for one in played.log.annotations if one.title == "Listed as another version"] == [
        f"Deployment {OURS} is listed as {MODEL}/versions/3."
    ]


def test_an_empty_word_for_the_state_is_an_unknown_one_of_what_is_listed() -> None:
    played = play(lambda _: [BEFORE, ours("")], timeout="1m")

    assert (played.result, played.outputs["status"]) == ("timed-out", "unknown")
    assert "listed by the endpoint" not in played.text


def test_an_unknown_word_beside_a_known_one_is_logged_once() -> None:
    def script(now: float) -> list[dict[str, Any]]:
        return [BEFORE, ours("in_progress" if now < 60 else "complete", status=f"phase {now // 10:.0f}")]

    played = play(script)

    assert played.result == "succeeded"
    assert played.text.count("which is not recognized") == 1
    assert "The entry also says `status: phase 0`, which is not recognized." in played.text


def test_done_and_replaced_at_once_by_another_version_is_superseded() -> None:
    played = play(lambda now: [BEFORE, ours("in_progress")] if now < 1 else [BEFORE, ours("complete"), NEXT])

    assert played.result == "superseded"
    assert "\nServing now: version 3.\n" in played.told


MODEL = "orgs/my-org/models/gpt-oss-120b"
GIVEN = {
    "its alias": {"alias": "production"},
    "another alias of it": {"alias": "v2"},
    "its integer as the alias": {"alias": "2"},
    "its integer": {"model": f"{MODEL}/versions/2"},
    "its alias in the model": {"model": f"{MODEL}/versions/production"},
    "its model without a version": {"model": MODEL},
    "its architecture": {"model": "gpt-oss-120b"},
    "its architecture and alias": {"model": "gpt-oss-120b", "alias": "v2"},
    "nothing": {},
}
WRONG = {
    "another version's alias": ({"alias": "candidate"}, "`alias: candidate`"),
    "another integer": ({"alias": "3"}, "`alias: 3`"),
    "another integer in the model": ({"model": f"{MODEL}/versions/1"}, f"`model: {MODEL}/versions/1`"),
    "another alias in the model": ({"model": f"{MODEL}/versions/stable"}, f"`model: {MODEL}/versions/stable`"),
    "another architecture": ({"model": "llama-3.3-70b"}, "`model: llama-3.3-70b`"),
    "another organization": ({"model": "orgs/others/models/gpt-oss-120b"}, "`model: orgs/others/models/gpt-oss-120b`"),
}


class TestWhatCameWithTheId:
    """`model` and `alias` beside `deployment-id` must match it."""

    def play(self, inputs: dict[str, str], *, dry_run: str = "false") -> tuple[str, Played]:
        there = Stage()
        started = there.play({"wait": "false"}).outputs["deployment-id"]
        by_id = {"model": "", "alias": "", "deployment-id": started, "dry-run": dry_run}
        return started, there.play(by_id | inputs)

    @pytest.mark.parametrize("inputs", GIVEN.values(), ids=GIVEN)
    def test_a_deployment_that_matches_is_followed(self, inputs: dict[str, str]) -> None:
        started, played = self.play(inputs)

        assert played.result == "succeeded"
        assert (played.outputs["deployment-id"], played.outputs["version-id"]) == (started, "2")

    @pytest.mark.parametrize("dry_run", ["false", "true"])
    @pytest.mark.parametrize(("inputs", "shown"), WRONG.values(), ids=WRONG)
    def test_one_that_does_not_is_refused_and_both_are_named(
        self, inputs: dict[str, str], shown: str, dry_run: str
    ) -> None:
        started, played = self.play(inputs, dry_run=dry_run)

        assert (played.result, played.exit_code) == ("refused", 1)
        assert f"deployment {started} names model {MODEL}/versions/2, not {shown}" in played.told

    def test_the_message_neither_denies_itself_nor_advises_what_was_refused(self) -> None:
        started, played = self.play({"alias": "candidate"})

        assert played.told == (
            "Deployment not followed: my-org-gpt-oss-120b\n"
            f"Deployment {started} on my-org-gpt-oss-120b was not followed.\nServing now: version 1.\n"
            f"Reason: deployment {started} names model {MODEL}/versions/2, not `alias: candidate`\n"
            f"Rollout: last seen not started\nNext: Correct `deployment-id` or the model.\nDeployment: {started}"
        )

    def test_the_alias_is_shown_once_it_is_known_to_match(self) -> None:
        _, played = self.play({"alias": "v2"})

        assert "\ngpt-oss-120b version 2 (alias v2) was deployed to my-org-gpt-oss-120b in " in played.told

    def test_one_that_is_listed_by_the_same_alias_matches(self) -> None:
        named = entry(OURS, "production", "complete", 2)

        played = play(lambda _: [BEFORE, named], deployment_id=OURS, model="gpt-oss-120b", alias="production")

        assert played.result == "succeeded"

    @pytest.mark.parametrize(("alias", "result"), [("production", "succeeded"), ("stable", "refused")])
    def test_it_is_compared_when_it_is_listed_at_last(self, alias: str, result: str) -> None:
        def script(now: float) -> list[dict[str, Any]]:
            return [BEFORE, ours("complete")] if now > 30 else [BEFORE]

        assert play(script, deployment_id=OURS, model="gpt-oss-120b", alias=alias).result == result

    @pytest.mark.parametrize(("model", "result"), [("", "succeeded"), ("gpt-oss-120b", "refused")])
    def test_an_entry_whose_model_is_no_name_matches_no_model(self, model: str, result: str) -> None:
        nameless = ours("complete", model="weights.bin")

        played = play(lambda _: [BEFORE, nameless], deployment_id=OURS, model=model, alias="")

        assert played.result == result
        refusal = f"deployment {OURS} names model weights.bin, which is not a model name"
        assert (refusal in played.told) == (result == "refused")


class TestById:
    def test_without_a_model_it_is_surely_the_one_that_was_meant_so_that_a_rollback_is_advised(self) -> None:
        played = play(
            lambda now: [BEFORE, ours("in_progress" if now < 20 else "error")], deployment_id=OURS, model="", alias=""
        )

        assert played.result == "failed"
        assert f"Next: Run a step with `operation: rollback` and `deployment-id: {OURS}`" in played.told

    def test_with_a_wrong_key_it_is_named_once(self) -> None:
        played = play(lambda _: Reply(401, body=b'{"message": "Wrong"}'), deployment_id=OURS, model="", alias="")

        assert played.result == "refused"
        assert f"deployment {OURS} of the deployment" not in played.told

    def test_only_reads_that_went_well_count_towards_never_listed(self) -> None:
        played = play(
            lambda now: [BEFORE] if now < 1 or now > 70 else DOWN, deployment_id=OURS, model="", alias="", timeout="20m"
        )

        assert played.result == "refused"
        assert "does not list" in played.told
        assert played.seconds > 340


def test_an_api_that_is_down_for_all_of_a_short_timeout_is_timed_out() -> None:
    played = play(lambda _: DOWN, timeout="5m")

    assert played.result == "timed-out"


class TestListedLate:
    """A deploy reply that says nothing but the ID, and a list that shows the deployment late."""

    @pytest.mark.parametrize("seconds", [25, 45])
    def test_what_was_live_before_does_not_supersede_it(self, seconds: float) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call == "deploy":
                return {"name": OURS, "done": False}
            if call != "endpoint":
                return whole
            listed = [ours("complete")] if made.clock.now() - began >= seconds else []
            return whole | {"deployed_models": [entry(OLD, "1", "complete", 5), *listed]}

        made = stage(Forged(edit))
        began = made.clock.now()

        played = made.play({"timeout": "5m", "poll-interval": "5s"})

        assert (played.result, played.outputs["previous-model"]) == ("succeeded", f"{MODEL}/versions/1")

    def test_one_that_is_never_listed_is_superseded_by_a_newer_one(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call == "deploy":
                return {"name": OURS, "done": False}
            if call != "endpoint":
                return whole
            return whole | {"deployed_models": [BEFORE, NEXT] if made.clock.now() > began + 1 else [BEFORE]}

        made = stage(Forged(edit))
        began = made.clock.now()

        played = made.play({"timeout": "5m", "poll-interval": "5s"})

        assert played.result == "superseded"
        assert "Reason: the endpoint never listed it\n" in played.told
        assert 20 <= played.seconds < 60


def test_patience_is_as_long_after_a_wait_for_weights_as_at_once() -> None:
    def edit(call: str, _: int, whole: Any) -> Any:
        now = made.clock.now() - began
        if call == "version":
            word = "done" if now > 600 else "in_progress"
            return whole | {"done": now > 600, "response": whole["response"] | {"sync_status": word}}
        if (
            call == "endpoint" and api.calls["deploy"]
        ):  # ours is listed 15 s after the call; another one is there at once
            late = [ours("complete", created=40)] if now - deployed() > 15 else []
            return whole | {"deployed_models": [BEFORE, entry(OLD[::-1], "3", "in_progress", 30), *late]}
        return whole

    def deployed() -> float:
        times.append(made.clock.now() - began)
        return times[0]

    times: list[float] = []
    api = Forged(edit)
    made = stage(api)
    began = made.clock.now()

    assert made.play({"timeout": "20m", "poll-interval": "5s"}).result == "succeeded"


@pytest.mark.parametrize("word", ["rollback_in_progress", "ROLLBACK_STARTED", "reverting", "rollback_failed"])
def test_a_word_that_speaks_of_rolling_back_never_leads_to_a_success(word: str) -> None:
    state = states((0, "in_progress"), (20, word), (25, "complete"))

    played = play(lambda now: [BEFORE, ours(state(now))])

    assert (played.result, played.exit_code) == ("rolled-back", 1)


def test_one_that_the_workflow_has_taught_means_what_it_says() -> None:
    state = states((0, "in_progress"), (20, "reverting"), (60, "complete"))

    assert play(lambda now: [BEFORE, ours(state(now))], status_words="reverting=in_progress").result == "succeeded"


def test_what_such_a_word_may_mean_is_told() -> None:
    played = play(lambda now: [BEFORE, ours("in_progress" if now < 20 else "reverting")])

    assert (
        "If it means that the rollout is being rolled back, set `status-words: reverting=rolling_back`." in played.text
    )


def test_a_rollout_of_somebody_else_that_may_be_rolling_back_is_not_attached_to() -> None:
    api = Forged(
        lambda call, _, whole: (
            whole | {"deployed_models": [BEFORE, ours("rollback_in_progress")]} if call == "endpoint" else whole
        ),
        begun=True,
    )

    assert stage(api).play({"timeout": "60s"}).result == "timed-out"
    assert api.calls["deploy"] == 0


def test_one_that_cannot_be_read_for_a_while_is_not_gone() -> None:
    def script(now: float) -> list[dict[str, Any]]:
        return [BEFORE, ours("in_progress", **({"id": None} if 20 < now < 60 else {}))]

    played = play(lambda now: script(now) if now < 100 else [BEFORE, ours("complete")], on_failure="rollback")

    assert (played.result, played.outputs["rollback"]) == ("succeeded", "skipped")


def test_one_that_cannot_be_read_any_more_is_no_end() -> None:
    assert play(lambda now: [BEFORE, ours("in_progress", **({"id": None} if now > 20 else {}))]).result == "timed-out"


def test_a_message_that_was_cut_in_the_middle_of_a_character_hides_no_end() -> None:
    failed = {"rollout_error_message": "out of memory \ud83d"}

    played = play(lambda now: [BEFORE, ours("in_progress") if now < 20 else ours("failed", **failed)])

    assert played.result == "failed"
    assert "Reason: out of memory \ufffd\n" in played.told


def test_a_message_beside_done_is_warned_of() -> None:
    said = {"rollout_error_message": "health check failed, traffic returned to the previous version"}

    played = play(lambda now: [BEFORE, ours("in_progress") if now < 20 else ours("complete", **said)])

    (warned,) = [one.message for one in played.log.annotations if one.title == "Done with an error message"]
    assert played.result == "succeeded"
    assert said["rollout_error_message"] in warned


@pytest.mark.parametrize("first", [OURS, NEXT["id"]])
def test_of_two_that_were_made_in_the_same_second_nobody_knows_which_serves(first: str) -> None:
    twins = sorted([ours("complete"), NEXT | {"created": 2}], key=lambda one: one["id"] != first)
    api = Forged(lambda call, _, whole: whole | {"deployed_models": [BEFORE, *twins]} if call == "endpoint" else whole)

    given = {"model": "", "alias": "", "deployment-id": OURS, "promote-aliases": "stable"}
    played = stage(api).play(given)

    assert (played.result, api.calls["aliases"]) == ("promotion-failed", 0)
    assert "\nServing now: unclear.\n" in played.told
    assert f"deployment {NEXT['id']} (version 3) was created in the same second, and may be newer" in played.told
