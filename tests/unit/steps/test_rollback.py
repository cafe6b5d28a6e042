"""The rollback after a failure, in whole runs: when it is due, what it deploys, and what it must not touch."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest

from helpers.forged import ENDPOINT, OLD, OURS, Forged, Reply, entry, stage
from helpers.stage import EPOCH, HELLO_OR_BACK, Played, Stage, VirtualClock, play

BACK = "99999999-9999-4999-8999-999999999999"
BEFORE = entry(OLD, "1", "complete", 1)
ASK = {"smoke-test-prompt": "Say hello.", "smoke-test-expect": "hello", "inference-api-key": "sim-inference-key"}
ROLL_BACK = {"on-failure": "rollback", "timeout": "10m", "poll-interval": "5s"}
BY_ID = {"model": "", "alias": ""}
Entries = list[dict[str, Any]]


def ours(state: str, **more: Any) -> dict[str, Any]:
    return entry(OURS, "2", state, 2) | more


def back(state: str) -> dict[str, Any]:
    return entry(BACK, "1", state, 3)


def made(played: Played) -> list[int]:
    """The versions that the caller has deployed, in order."""
    return [one.version for one in played.world.deployments if one.by == "caller"]


class Scripted:
    """An API that lists what `script` says: it is told the seconds since the deploy call, or None before it.

    Once the rollback was deployed, it lists that as well, as complete, unless `shows_back` says that the script does.
    """

    def __init__(self, script: Callable[[float | None], Entries], *, latency: float = 0.0) -> None:
        self.deployed: list[str] = []
        self._script, self._began = script, 0.0
        self.shows_back = True
        self._latency = latency
        self._stage = stage(Forged(self._edit))

    def play(self, **inputs: str) -> Played:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self._stage.play(ROLL_BACK | given)

    def _edit(self, call: str, _: int, whole: Any) -> Any:
        self._stage.clock.sleep(self._latency)
        if call == "deploy":
            return self._deploy(copy.deepcopy(whole))
        if call != "endpoint":
            return whole
        listed = self._script(self._stage.clock.now() - self._began if self.deployed else None)
        is_back = self.shows_back and len(self.deployed) > 1
        return whole | {"deployed_models": [*listed, back("complete")] if is_back else listed}

    def _deploy(self, reply: Any) -> Any:
        if not self.deployed:
            self._began = self._stage.clock.now()
        self.deployed.append(OURS if not self.deployed else BACK)
        reply["name"] = self.deployed[-1]
        reply["response"] |= {
            "deployment_id": self.deployed[-1],
            "version_id": len(self.deployed) % 2 + 1,
            "created": len(self.deployed) + 1,
        }
        return reply


def states(*changes: tuple[float, str], alone: bool = False) -> Callable[[float | None], Entries]:
    """List version 1, and since the deploy call ours in the state that began last; `alone`: then ours only."""

    def script(since: float | None) -> Entries:
        if since is None:
            return [BEFORE]
        now = [ours(state) for begin, state in changes if begin <= since][-1:]
        return now if alone else [BEFORE, *now]

    return script


class TestTarget:
    """What was live before is learned once and never forgotten."""

    def test_followed_by_id_and_done_at_the_first_read_it_is_what_was_live_before(self) -> None:
        there = Stage("wrong-answer", latency=0.1)
        started = there.play({"wait": "false"}).outputs["deployment-id"]
        there.clock.sleep(300)

        played = there.play(BY_ID | ASK | ROLL_BACK | {"deployment-id": started})

        assert (played.result, made(played)) == ("smoke-test-failed", [2, 1])
        assert played.outputs["previous-model"].endswith("/versions/1")
        assert "no previous version" not in played.told

    def test_an_entry_that_is_no_longer_listed_counts(self) -> None:
        api = Scripted(states((0, "in_progress"), (60, "error"), alone=True))

        played = api.play()

        assert (played.result, api.deployed) == ("failed", [OURS, BACK])
        assert played.outputs["previous-model"].endswith("/versions/1")
        assert "\nServing now: version 1.\n" in played.told

    def test_without_the_integer_of_ours_the_one_before_it_is_not_known(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            listed = [
                BEFORE | {"model": BEFORE["model"][:-1] + "2"},
                ours("complete", model=BEFORE["model"][:-1] + "v2"),
            ]
            return whole | {"deployed_models": listed} if call == "endpoint" else whole

        api = Forged(edit)

        played = stage(api).play(BY_ID | ASK | ROLL_BACK | {"deployment-id": OURS})

        assert (played.result, api.calls["deploy"]) == ("smoke-test-failed", 0)
        assert "Rollback: not rolled back, because the integer ID of the deployed version is unknown" in played.told

    def test_a_version_that_was_live_before_the_step_is_not_rolled_back_and_the_advice_knows(self) -> None:
        played = stage(Forged(begun=True, states=("complete",))).play(ASK | ROLL_BACK)

        assert played.result == "smoke-test-failed"
        assert "not rolled back, because this version was live before this step" in played.told
        run = f"Run a step with `operation: rollback` and `deployment-id: {OURS}` to roll back to version 1."
        assert played.told.split("\n")[-2] == f"Next: {run}"

    def test_if_nothing_was_live_nothing_is_deployed(self) -> None:
        api = Scripted(lambda since: [] if since is None else [ours("error")])

        played = api.play()

        assert (played.result, api.deployed) == ("failed", [OURS])
        assert "Rollback: not rolled back, because my-org-gpt-oss-120b had no previous version\n" in played.told


class TestAnErrorThatPasses:
    """An error is the end only when it has stood for 30 s, so that nothing is deployed over a rollout that recovers."""

    @pytest.mark.parametrize("on_failure", ["rollback", "keep"])
    @pytest.mark.parametrize("seconds", [3, 12, 26])
    def test_a_rollout_that_recovers_succeeds_with_a_warning(self, on_failure: str, seconds: float) -> None:
        api = Scripted(states((0, "in_progress"), (20, "error"), (20 + seconds, "in_progress"), (80, "complete")))

        played = api.play(on_failure=on_failure)

        assert (played.result, api.deployed) == ("succeeded", [OURS])
        seen = "Rollout recovered from an error" in {a.title for a in played.log.annotations}
        assert seen == ("error, 3 of 8" in played.text)
        assert seen or seconds < 6

    def test_one_that_stands_is_rolled_back(self) -> None:
        api = Scripted(states((0, "in_progress"), (20, "error")))

        played = api.play()

        assert (played.result, api.deployed) == ("failed", [OURS, BACK])
        assert 50 <= played.seconds < 85

    def test_one_that_the_api_rolls_back_itself_is_left_to_it(self) -> None:
        api = Scripted(states((0, "error"), (20, "rolling_back"), (60, "rolled_back")))

        played = api.play()

        assert (played.result, api.deployed) == ("rolled-back", [OURS])


class TestAnErrorAtTheDeadline:
    """It ends the rollout there, and is read on in the rollback's time until it has stood for 30 s."""

    def test_it_is_rolled_back_when_it_has_stood(self) -> None:
        api = Scripted(states((0, "in_progress"), (58, "error")))

        played = api.play(timeout="60s")

        assert (played.result, api.deployed) == ("failed", [OURS, BACK])
        assert played.seconds > 85

    @pytest.mark.parametrize(
        ("word", "result", "told"),
        [
            ("in_progress", "timed-out", f"Next: Set `deployment-id: {OURS}` to keep waiting"),
            ("complete", "timed-out", "Next: Re-run the step to continue from there, without another deployment, or"),
            ("cancelled", "cancelled", "Someone canceled the rollout"),
            ("rolled_back", "rolled-back", "Cerebras rolled back the rollout"),
        ],
    )
    def test_if_it_passes_nothing_is_deployed_and_its_own_end_is_told(self, word: str, result: str, told: str) -> None:
        api = Scripted(states((0, "in_progress"), (58, "error"), (70, word)))

        played = api.play(timeout="60s")

        assert (played.result, api.deployed) == (result, [OURS])
        assert told in played.told
        assert "fix the cause" not in played.told or result == "rolled-back"

    def test_that_nothing_was_rolled_back_is_told_with_the_time_limit(self) -> None:
        api = Scripted(states((0, "in_progress"), (58, "error"), (70, "in_progress")))

        told = api.play(timeout="60s").told

        assert "did not finish within 1m00s." in told.splitlines()[1]
        reason = "the rollout was in an error at the time limit and has recovered, so it was not rolled back"
        assert f"\nReason: {reason}\n" in told

    def test_if_the_api_rolls_back_itself_that_is_followed_to_its_end(self) -> None:
        api = Scripted(states((0, "in_progress"), (58, "error"), (70, "rolling_back"), (100, "rolled_back")))

        played = api.play(timeout="60s")

        assert (played.result, api.deployed) == ("rolled-back", [OURS])

    def test_if_it_comes_back_within_moments_it_has_to_stand_again(self) -> None:
        changes = (0, "in_progress"), (58, "error"), (61, "in_progress"), (62, "error"), (64, "in_progress")
        api = Scripted(states(*changes, (100, "complete")), latency=0.4)

        assert (api.play(timeout="60s").result, api.deployed) == ("timed-out", [OURS])

    @pytest.mark.parametrize("on_failure", ["keep", "rollback"])
    def test_it_is_one_as_well_if_the_last_read_fails(self, on_failure: str) -> None:
        faults = ["away:126..152"]
        inputs = {"timeout": "150s", "on-failure": on_failure, "poll-interval": "5s"}

        played = Stage("rollout-error", faults=faults, latency=0.3).play(inputs)

        assert (played.result, made(played)) == ("failed", [2, 1] if on_failure == "rollback" else [2])

    def test_without_a_rollback_it_fails_at_the_deadline(self) -> None:
        api = Scripted(states((0, "in_progress"), (58, "error")))

        played = api.play(timeout="60s", on_failure="keep")

        assert (played.result, api.deployed) == ("failed", [OURS])
        assert played.seconds < 63


OBSTACLES: Sequence[tuple[str, Entries, str]] = [
    ("a newer deployment", [BEFORE, ours("error"), entry(BACK, "3", "queued", 9)], f"newest deployment is now {BACK}"),
    ("nothing at all", [], "no longer lists any deployment"),
    ("it went on", [BEFORE, ours("in_progress")], f"deployment {OURS} is now in progress"),
    ("the API rolls it back", [BEFORE, ours("rolling_back")], f"deployment {OURS} is now rolling back"),
    ("ours is gone", [BEFORE], f"the endpoint no longer lists deployment {OURS}"),
    (
        "another one without a time",
        [BEFORE, ours("error"), entry(BACK, "3", "error", 9) | {"created": None}],
        f"the newest deployment is now {BACK} (version 3)",
    ),
    ("one that cannot be read", [BEFORE, ours("error"), {"id": None}], "an unreadable entry may be newer"),
    (
        "a newer one that cannot be read",
        [BEFORE, ours("error"), {"id": None, "created": 3}],
        "an unreadable entry may be newer",
    ),
]


@pytest.mark.parametrize(("now", "why"), [case[1:] for case in OBSTACLES], ids=[case[0] for case in OBSTACLES])
def test_if_the_fresh_read_shows_something_else_nothing_is_deployed(now: Entries, why: str) -> None:
    reads_after_30_s: list[float] = []

    def script(since: float | None) -> Entries:
        if since is None:
            return [BEFORE]
        if since >= 30:
            reads_after_30_s.append(since)
        return now if len(reads_after_30_s) > 1 else [BEFORE, ours("error")]  # with the first of them it has stood

    api = Scripted(script)

    played = api.play()

    assert (played.result, api.deployed) == ("failed", [OURS])
    assert "\nRollback: not rolled back, because " in played.told
    assert why in played.told


def test_an_older_entry_that_cannot_be_read_is_no_obstacle() -> None:
    api = Scripted(lambda since: [BEFORE] if since is None else [BEFORE, ours("error"), {"id": None, "created": 1}])

    assert (api.play().result, api.deployed) == ("failed", [OURS, BACK])


class TestWhatCameOfIt:
    def play(self, end: str, *, reason: str | None = None) -> Played:
        """Have the rollback's own deployment end like that."""

        def script(since: float | None) -> Entries:
            listed = states((0, "in_progress"), (20, "error"))(since)
            return [*listed, back(end) | {"rollout_error_message": reason}] if len(api.deployed) > 1 else listed

        api = Scripted(script)
        api.shows_back = False
        return api.play()

    def test_one_that_went_well_says_what_is_served(self) -> None:
        played = self.play("complete")

        assert (played.outputs["rollback"], played.outputs["rollback-deployment-id"]) == ("succeeded", BACK)
        assert f"Rollback: succeeded with deployment {BACK} of gpt-oss-120b version 1" in played.told
        assert "ROLLBACK FAILED" not in played.text
        assert f"Roll back {ENDPOINT} to version 1.\n" in played.text

    @pytest.mark.parametrize(("reason", "why"), [(None, ""), ("no room", ": no room")])
    def test_one_that_failed_says_why_and_what_is_served(self, reason: str | None, why: str) -> None:
        played = self.play("error", reason=reason)

        assert (played.result, played.outputs["rollback"]) == ("failed", "failed")
        assert f"Rollback: FAILED. Deployment {BACK} of gpt-oss-120b version 1 ended in an error{why}\n" in played.told
        assert played.told.startswith("Rollout failed, ROLLBACK FAILED: ")
        assert "Serving now: " in played.told

    def test_an_unused_one_is_skipped_and_no_error(self) -> None:
        api = Scripted(
            lambda since: [BEFORE] if since is None else [BEFORE, ours("error"), entry(BACK, "3", "queued", 9)]
        )

        played = api.play()

        assert "ROLLBACK FAILED" not in played.text
        assert played.outputs["rollback"] == "skipped"


class TestWhatItRedeploys:
    @pytest.mark.parametrize("word", ["failed", "in_progress"])
    def test_weights_that_are_not_ready_any_more_are_not_deployed(self, word: str) -> None:
        there = Stage("wrong-answer", faults=[f"version:2-=set;field=sync_status;to={word}"], latency=0.1)

        played = there.play(ASK | ROLL_BACK)

        assert (played.result, made(played)) == ("smoke-test-failed", [2])
        told = f"Rollback: not rolled back, because the weights of version 1 are no longer ready ({word})"
        assert told in played.told
        assert "\nNext: Deploy a version that passes.\n" in played.told

    @pytest.mark.parametrize(
        ("model", "shown"),
        [
            ("orgs/my-org/models/gpt-oss-120b/versions/stable", "orgs/my-org/models/gpt-oss-120b/versions/stable"),
            ("weights.bin", "weights.bin"),
        ],
        ids=["an alias, which may have moved", "no name"],
    )
    def test_an_entry_without_an_integer_version_is_not_deployed(self, model: str, shown: str) -> None:
        before = BEFORE | {"model": model}
        api = Scripted(lambda since: [before] if since is None else [before, ours("error")])

        played = api.play()

        assert (played.result, api.deployed) == ("failed", [OURS])
        told = f"Rollback: not rolled back, because the previous version is {shown}, which names no integer version"
        assert told in played.told


class TestStopped:
    """The rollback has a timeout of its own, and what it leaves behind is told."""

    def test_if_the_api_goes_away_meanwhile_its_id_is_told_and_that_it_may_go_on(self) -> None:
        there = Stage("wrong-answer", faults=["away:260..9999=503"], latency=0.1)

        played = there.play(ASK | ROLL_BACK)

        back_id = played.outputs["rollback-deployment-id"]
        assert (played.result, made(played)) == ("smoke-test-failed", [2, 1])
        assert back_id == played.world.deployments[-1].id
        told = f"Rollback: the end of the rollback (deployment {back_id}) is unknown: no request succeeded for 5m"
        assert told in played.told
        advice = f"Set `deployment-id: {back_id}` in place of `model` and `alias` to keep waiting."
        assert played.outputs["message"].endswith(advice)
        there.world.faults.clear()
        assert there.play(BY_ID | {"deployment-id": back_id}).outputs["live-version-id"] == "1"

    def test_if_it_does_not_end_in_time_that_is_told(self) -> None:
        api = Scripted(lambda since: [BEFORE] if since is None else [BEFORE, ours("error"), *rolling()])
        api.shows_back = False

        def rolling() -> Entries:
            return [back("in_progress")] if len(api.deployed) > 1 else []

        played = api.play()

        unknown = f"the end of the rollback (deployment {BACK}) is unknown"
        assert f"\nRollback: {unknown}: it did not finish within 10m00s\n" in played.told

    def test_if_somebody_else_deploys_meanwhile_nobody_is_told_to_deploy_over_that(self) -> None:
        newer = entry(BACK, "3", "in_progress", 9)
        script = states((0, "in_progress"), (20, "error"))
        api = Scripted(lambda since: [*script(since), *([newer] if since and since > 30 else [])])

        played = api.play()

        assert (played.result, api.deployed) == ("failed", [OURS])
        assert "\nNext: Check with whoever deployed version 3 before you deploy again, because " in played.told

    def test_interrupted_at_its_very_beginning_it_says_that_the_version_was_found_bad(self) -> None:
        there = Stage("wrong-answer", latency=1.0)
        there.clock.interrupt_at = EPOCH + second_call(latency=1.0) - 2.5

        played = there.play(ASK | ROLL_BACK)

        assert (played.result, made(played)) == ("interrupted", [2])
        assert played.told.startswith("Job canceled, not rolled back: ")
        assert "\nSmoke test: failed (" in played.told

    def test_interrupted_before_the_call_it_says_that_nothing_was_rolled_back(self) -> None:
        there = Stage("wrong-answer", latency=1.0)
        there.clock.interrupt_at = EPOCH + second_call(latency=1.0) - 0.5

        played = there.play(ASK | ROLL_BACK)

        assert (played.result, made(played)) == ("interrupted", [2])
        assert played.told.startswith("Job canceled, not rolled back: ")
        assert "Smoke test: failed (" in played.told
        assert "Next: Run a step with `operation: rollback`" in played.told

    def test_interrupted_in_the_call_it_says_that_it_may_have_been_accepted(self) -> None:
        there = Stage("wrong-answer", faults=["deploy:2=read-timeout"], latency=0.1)
        there.clock.interrupt_at = EPOCH + second_call(latency=0.1) + 3

        played = there.play(ASK | ROLL_BACK)

        assert played.result == "interrupted"
        assert played.outputs["rollback-deployment-id"] == played.world.deployments[-1].id
        assert "during the rollback" in played.told


def second_call(*, latency: float) -> float:
    """When the rollback's deploy call arrives in an undisturbed run, in seconds of it."""
    there = Stage("wrong-answer", latency=latency)
    there.play(ASK | ROLL_BACK)
    times = [request.time for request in there.world.requests if request.path.endswith(":deployModel")]
    return times[1] - EPOCH


def test_a_lost_rollback_call_adopts_no_deployment_that_is_named_by_the_workflows_alias() -> None:
    stranger = entry("77777777-7777-4777-8777-777777777777", "production", "in_progress", 9)
    lost: list[float] = []

    def edit(call: str, number: int, whole: Any) -> Any:
        if call == "deploy" and number == 1:
            lost.append(made_by.clock.now())
            return httpx.ReadTimeout("timed out")
        if call != "endpoint":
            return whole
        listed = [BEFORE, ours("complete")] if api.calls["deploy"] else [BEFORE]
        return whole | {"deployed_models": [*listed, stranger] if lost else listed}

    api = Forged(edit)
    made_by = stage(api)

    played = made_by.play(ROLL_BACK | ASK)

    assert (played.result, played.outputs["rollback-deployment-id"]) == ("smoke-test-failed", "")
    assert "Rollback: the rollback may have started: deploy request: " in played.told


class TestRollback:
    def test_a_bad_answer_brings_back_what_was_live(self) -> None:
        played = play("wrong-answer", HELLO_OR_BACK)

        assert (played.result, played.exit_code, made(played)) == ("smoke-test-failed", 1, [2, 1])
        assert played.outputs["rollback-deployment-id"] == played.world.deployments[-1].id
        live = played.world.serving("my-org-gpt-oss-120b")
        assert live is not None
        assert live.version == 1

    @pytest.mark.parametrize(
        ("scenario", "inputs", "result"),
        [
            ("rolls-back", {}, "rolled-back"),
            ("cancelled", {}, "cancelled"),
            ("superseded", {}, "superseded"),
            ("error-then-rolls-back", {}, "rolled-back"),
            ("stuck-unknown", {"timeout": "2m"}, "timed-out"),
            ("vanishes", {}, "failed"),
        ],
    )
    def test_nothing_is_sent_after(self, scenario: str, inputs: Mapping[str, str], result: str) -> None:
        played = play(scenario, HELLO_OR_BACK | dict(inputs))

        assert (played.result, made(played)) == (result, [2])

    def test_a_version_that_was_live_already_is_not_replaced(self) -> None:
        stage = Stage("wrong-answer")
        stage.play({"wait": "false"})
        stage.clock.sleep(300)

        played = stage.play(HELLO_OR_BACK)

        assert (played.result, made(played)) == ("smoke-test-failed", [2])

    def test_a_lost_rollback_call_is_made_once(self) -> None:
        played = play("wrong-answer", HELLO_OR_BACK, "deploy:2=reset-after")

        assert (played.result, made(played)) == ("smoke-test-failed", [2, 1])
        assert played.outputs["rollback-deployment-id"] == played.world.deployments[-1].id

    def test_one_that_the_api_refuses_is_told(self) -> None:
        played = play("wrong-answer", HELLO_OR_BACK, "deploy:2=403")

        assert (played.result, made(played)) == ("smoke-test-failed", [2])
        assert "Rollback: not rolled back, because deploy request: HTTP 403" in played.told

    def test_interrupted_it_names_both_deployments(self) -> None:
        stage = Stage("wrong-answer", clock=VirtualClock(interrupt_at=EPOCH + 300), latency=0.1)

        played = stage.play(HELLO_OR_BACK)

        ours, back = (one.id for one in played.world.deployments if one.by == "caller")
        assert played.result == "interrupted"
        assert (played.outputs["deployment-id"], played.outputs["rollback-deployment-id"]) == (ours, back)
        assert ours in played.told
        assert back in played.told

    def test_interrupted_half_way_it_says_what_is_served_by_then(self) -> None:
        stage = Stage("wrong-answer", clock=VirtualClock(interrupt_at=EPOCH + 300), latency=0.1)

        played = stage.play(HELLO_OR_BACK)

        assert "\nServing now: mixed. 3 of 8 replicas run version 1.\n" in played.told
        assert (played.outputs["live-model"], played.outputs["live-version-id"]) == ("", "")

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_one_no_among_good_replies_is_a_slip_of_the_api(self, status: int) -> None:
        def slip(call: str, _: int, whole: Any) -> Any:
            return (
                Reply(status, body=b'{"message": "No"}') if call == "version" and api.calls["version"] == 2 else whole
            )

        api = Forged(slip, states=("in_progress", *("error" for _ in range(30))))

        played = stage(api).play(ROLL_BACK)

        assert (api.calls["deploy"], played.outputs["rollback"]) == (2, "failed")
