"""The deploy call is made at most once: at every point where it can break, by the simulator's own record."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

import cerebras_deploy.decide.lost_call
from helpers import presented
from helpers.forged import OLD, Forged, Reply, entry
from helpers.forged import stage as forged_stage
from helpers.stage import EPOCH, Played, Stage, VirtualClock


def deployments(stage: Stage) -> int:
    """How many deployments the caller has made, listed or not."""
    return sum(one.by == "caller" for one in stage.world.deployments)


OTHER = "33333333-3333-4333-8333-333333333333"
SELDOM = {"poll-interval": "30s"}  # to be done sooner; what is in doubt is then read every six seconds
BREAKS = {
    "the connection is refused": (["deploy:1=refused"], "succeeded", 1),
    "the connection is refused for two minutes": (["away:deploy+0..120"], "succeeded", 1),
    "it is reset before it is processed": (["deploy:1=reset-before"], "succeeded", 1),
    "it is reset after it was processed": (["deploy:1=reset-after"], "succeeded", 1),
    "half a reply comes": (["deploy:1=truncated"], "succeeded", 1),
    "a reply comes that is no JSON": (["deploy:1=malformed"], "succeeded", 1),
    "a reply comes without an id": (["deploy:1=missing;field=name"], "succeeded", 1),
    "a proxy's page comes in place of the reply": (["deploy:1=html-after;status=200"], "succeeded", 1),
    "the reply comes too slowly": (["deploy:1=drip"], "succeeded", 1),
    "the reply is too large": (["deploy:1=huge"], "succeeded", 1),
    "no reply comes, and it was processed": (["deploy:1=read-timeout"], "succeeded", 1),
    "no reply comes, and it was not processed": (["deploy:1=read-timeout-before"], "succeeded", 1),
    "a 500 comes, and it was processed": (["deploy:1=500-after"], "succeeded", 1),
    "a 502 comes, and it was not processed": (["deploy:1=502"], "succeeded", 1),
    "a 503 comes, and it was processed": (["deploy:1=503-after"], "succeeded", 1),
    "a 504 comes, and it was processed": (["deploy:1=504-after"], "succeeded", 1),
    "a 408 comes, and it was processed": (["deploy:1=408-after"], "succeeded", 1),
    "a 429 comes": (["deploy:1=429"], "succeeded", 1),
    "a 409 comes on the second send": (["deploy:1=503", "deploy:2=409"], "succeeded", 1),
    "a 409 comes, and it was processed": (["deploy:1=409-after"], "succeeded", 1),
    "it breaks twice": (["deploy:1=502", "deploy:2=reset-before"], "succeeded", 1),
    "it breaks three times": (["deploy:1-3=502"], "unreachable", 0),
    "it is always turned away with 429": (["deploy:*=429"], "timed-out", 0),
    "the API is away for a minute right after the lost reply": (
        ["deploy:1=reset-after", "away:deploy+0..60=502"],
        "succeeded",
        1,
    ),
    "the API is away for a minute right after it was reset": (
        ["deploy:1=reset-before", "away:deploy+0..60=refused"],
        "succeeded",
        1,
    ),
    "the API is away for good right after the lost reply": (
        ["deploy:1=reset-after", "away:deploy+0..9999=502"],
        "unreachable",
        1,
    ),
    "the key is turned away": (["deploy:*=401"], "refused", 0),
    "it is redirected": (["deploy:*=redirect"], "refused", 0),
    "it is malformed": (["deploy:*=422"], "refused", 0),
}


@pytest.mark.parametrize("listed_after", [0, 15])
@pytest.mark.parametrize(("faults", "result", "made"), BREAKS.values(), ids=BREAKS)
def test_however_the_call_breaks_there_is_one_deployment_or_an_honest_red(
    faults: list[str], result: str, made: int, listed_after: int
) -> None:
    stage = Stage(f"late-listing:{listed_after}", faults=faults, latency=0.1)

    played = stage.play(SELDOM)

    assert (played.result, deployments(stage)) == (result, made)
    if made and result == "succeeded":
        assert played.outputs["deployment-id"] == stage.world.deployments[-1].id


@pytest.mark.long
@pytest.mark.parametrize(("faults", "result", "made"), BREAKS.values(), ids=BREAKS)
def test_at_the_default_interval_it_is_the_same(faults: list[str], result: str, made: int) -> None:
    stage = Stage("late-listing:15", faults=faults, latency=0.1)  # five reads take ten seconds, so that 20 s decide

    played = stage.play()

    assert (played.result, deployments(stage)) == (result, made)


@pytest.mark.parametrize("listed_after", [0, pytest.param(15, marks=pytest.mark.long)])
@pytest.mark.parametrize(("faults", "result", "made"), BREAKS.values(), ids=BREAKS)
def test_re_running_the_step_attaches_and_makes_no_second_deployment(
    faults: list[str], result: str, made: int, listed_after: int
) -> None:
    stage = Stage(f"late-listing:{listed_after}", faults=faults, latency=0.1)
    first = stage.play(SELDOM)
    stage.world.faults.clear()
    stage.clock.sleep(20)

    again = stage.play(SELDOM)

    assert again.result in {"succeeded", "unchanged"}  # the rollout may have ended meanwhile
    assert deployments(stage) == 1
    assert result == first.result
    if made:
        assert again.outputs["deployment-id"] == stage.world.deployments[-1].id


def test_without_waiting_for_the_listing_there_would_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cerebras_deploy.decide.lost_call, "DOUBT_SECONDS", 0.0)
    monkeypatch.setattr(cerebras_deploy.decide.lost_call, "DOUBT_READS", 1)
    stage = Stage("late-listing:15", faults=["deploy:1=reset-after"], latency=0.1)

    stage.play()

    assert deployments(stage) == 2


def test_a_lost_call_is_not_repeated_while_somebody_else_deploys() -> None:
    stage = Stage("busy", faults=["deploy:1=reset-before"], latency=0.1)

    played = stage.play({"if-busy": "queue"})

    assert (played.result, deployments(stage)) == ("unreachable", 0)
    assert "so a rollout may have started.\n" in played.told
    assert "Next: Check what my-org-gpt-oss-120b serves, then re-run the step." in played.told


def test_no_deploy_call_starts_with_less_than_five_seconds_left() -> None:
    played = Stage("weights-syncing").play({"timeout": "65s"})

    assert played.result == "timed-out"
    assert played.deploy_calls == 0
    assert "Reason: less than 5 s were left for the deploy request\n" in played.told


def test_with_just_five_seconds_left_the_call_is_made() -> None:
    played = Stage(latency=2.5).play({"timeout": "10s"})  # two reads come before the call

    assert played.deploy_calls == 1


def test_interrupted_before_the_call_nothing_was_deployed() -> None:
    stage = Stage(clock=VirtualClock(interrupt_at=EPOCH + 0.7), latency=0.5)
    played = stage.play()

    assert played.result == "interrupted"
    assert played.told.startswith("Job canceled, nothing deployed: ")
    assert deployments(stage) == 0


def test_a_call_given_up_before_its_first_byte_is_said_not_to_be_sent() -> None:
    stage = Stage(clock=VirtualClock(interrupt_at=EPOCH + 1.2), latency=0.5)
    played = stage.play()  # the deploy call begins at 1.0, and leaves at 1.5

    assert played.told.startswith("Job canceled, nothing deployed: ")
    assert deployments(stage) == 0


def test_a_failed_gate_is_not_green_on_a_re_run() -> None:
    stage = Stage("rollout-error")
    first, again = stage.play(), stage.play()

    assert (first.result, again.result) == ("failed", "failed")
    assert again.outputs["deployment-id"] != first.outputs["deployment-id"]


def test_calls_that_are_turned_away_use_up_no_budget_while_reads_go_well() -> None:
    turned_away: list[float] = []

    def edit(call: str, number: int, whole: Any) -> Any:
        now = made.clock.now() - EPOCH
        if call == "deploy" and number < 2:
            turned_away.append(now)
            return Reply(429, ((b"retry-after", b"15"),))
        if call == "endpoint" and api.calls["deploy"] <= 2:  # between the two calls, somebody else deploys
            other = [entry(OTHER, "3", "in_progress", 5)] if 1 < now < 400 else []
            return whole | {"deployed_models": [entry(OLD, "1", "complete", 1), *other]}
        return whole

    api = Forged(edit)
    made = forged_stage(api)

    played = made.play({"timeout": "20m"})

    assert played.result == "succeeded"
    assert turned_away[0] < 1
    assert turned_away[1] > 400


def test_at_the_deadline_the_reason_is_what_turned_the_call_away() -> None:
    played = Stage(faults=["deploy:*=429"]).play({"timeout": "2m"})

    assert played.result == "timed-out"
    assert "HTTP 429" in played.told
    assert "a longer `timeout`" not in played.told


@pytest.mark.parametrize("fault", ["deploy:1-6=refused", "deploy:1-6=429;retry-after=30"])
def test_the_duration_counts_from_the_call_that_was_accepted(fault: str) -> None:
    stage = Stage(faults=[fault])

    played = stage.play()

    since = stage.clock.now() - stage.world.deployments[-1].created
    assert played.result == "succeeded"
    assert played.seconds > since + 5
    assert int(played.outputs["duration-seconds"]) == pytest.approx(since, abs=2)


def lost_call(script: Callable[[float], Mapping[str, Any]]) -> tuple[Forged, Played]:
    """Lose the reply to every deploy call, while the endpoint says what the script has it say at those seconds."""

    def edit(call: str, _: int, whole: Any) -> Any:
        if call == "deploy":
            return httpx.ReadTimeout("timed out")
        if call == "endpoint":
            return whole | {"deployed_models": [entry(OLD, "1", "complete", 1)]} | script(made.clock.now() - EPOCH)
        return whole

    api = Forged(edit)
    made = forged_stage(api)
    return api, made.play({"timeout": "10m"})


@pytest.mark.parametrize(
    "change",
    [
        {"deployed_models": [entry(OLD, "1", "complete", 1), entry(OTHER, "3", "complete", 3)]},
        {"deployed_models": [entry(OLD, "1", "complete", 1), entry(OTHER, "3", "failed", 3)]},
        {"updated": 3},
    ],
    ids=["a new deployment", "a new deployment that failed", "an update"],
)
def test_while_somebody_else_changes_the_endpoint_a_lost_call_is_neither_adopted_nor_repeated(
    change: Mapping[str, Any],
) -> None:
    api, played = lost_call(lambda now: change if now > 1 else {})

    assert (played.result, played.outputs["deployment-id"]) == ("unreachable", "")
    assert api.calls["deploy"] == 1
    assert "so a rollout may have started.\n" in played.told


def test_a_lost_call_is_told_in_the_log_when_it_is_lost_found_and_sent_again() -> None:
    found = Stage(faults=["deploy:1=reset-after"]).play().text
    repeated = Stage(faults=["deploy:1=reset-before"]).play().text

    assert "Connection reset by peer. Checking whether the deployment was created.\n" in found
    assert "The deploy request was accepted: deployment " in found
    assert "The deploy request wasn't accepted: " in repeated
    assert "reads show nothing new. Sending it again. " in repeated


def test_a_call_that_is_not_sent_five_times_is_no_doubt() -> None:
    stage = Stage(faults=["deploy:1-5=refused"])

    played = stage.play()

    assert (played.result, deployments(stage)) == ("succeeded", 1)
    assert "Checking whether the deployment was created" not in played.text


def accepted_at(stage: Stage) -> float:
    """When the simulator had the deploy call that it accepted, in seconds of the run."""
    return next(request.time for request in stage.world.requests if request.method == "POST") - EPOCH


def test_the_wait_that_a_429_asks_for_is_kept() -> None:
    stage = Stage(faults=["deploy:1=429;retry-after=40"])

    stage.play()

    assert 40 <= accepted_at(stage) < 60


def test_the_more_often_a_call_is_turned_away_the_longer_are_the_waits() -> None:
    stage = Stage(faults=["deploy:1-9=refused"], seed=3)

    stage.play({"poll-interval": "2s"})

    assert accepted_at(stage) > 40  # nine waits as short as the first would end within 30 seconds


def test_the_weights_and_the_version_are_looked_at_again_before_the_call_is_repeated() -> None:
    played = Stage("weights-syncing", faults=["deploy:1=refused"]).play()

    assert played.result == "succeeded"


def test_with_more_than_five_seconds_left_the_call_is_made() -> None:
    played = Stage("weights-syncing").play({"timeout": "72s"})

    assert played.deploy_calls == 1


def test_a_call_that_did_not_arrive_is_not_in_doubt_any_more() -> None:
    played = Stage(faults=["deploy:1=read-timeout-before", "deploy:2=403"], latency=0.1).play()

    assert played.result == "refused"
    assert "\nNothing was deployed to my-org-gpt-oss-120b.\n" in played.told
    assert "may have started" not in played.told


@pytest.mark.parametrize("status", [409, 423])
def test_a_conflict_with_another_rollout_is_for_if_busy(status: int) -> None:
    busy: list[float] = []

    def deploy(reply: dict[str, Any], number: int) -> Any:
        return httpx.Response(status) if number == 0 else reply

    def more(_: float | None) -> list[dict[str, Any]]:
        if not there.deployed_versions:
            return []
        busy.append(0)
        state = "in_progress" if len(busy) < 5 else "cancelled"
        return [presented.entry("3", state, -5, EPOCH, rollout_replicas_updated=0, rollout_total_replicas=8)]

    there = presented.api(deploy=deploy, more=more)

    played = there.play()

    assert played.result == "succeeded"
    assert "Waiting for deployment " in played.text
    assert there.deployed_versions == ["2", "2"]


def test_a_rerun_looks_for_20_s_before_its_first_deploy_call() -> None:
    there = presented.api()

    played = there.stage.play({"timeout": "20m"}, env={"GITHUB_RUN_ATTEMPT": "2"})

    assert played.result == "succeeded"
    assert 20 <= there.deployed[0] - EPOCH < 25
    assert there.reads > 5


def test_a_rerun_attaches_to_what_the_earlier_attempt_has_started() -> None:
    listed_late = presented.api(ours=lambda age: {"state": presented.HEALTHY(age)} if age > 10 else None)
    listed_late.deployed.append(EPOCH)

    played = listed_late.stage.play({"timeout": "20m"}, env={"GITHUB_RUN_ATTEMPT": "2"})

    assert (played.result, listed_late.deployed_versions) == ("succeeded", [])
    assert "Following deployment " in played.text


def test_a_lost_call_that_is_listed_by_its_alias_is_adopted() -> None:
    api, played = lost_call(
        lambda now: (
            {"deployed_models": [entry(OLD, "1", "complete", 1), entry(OTHER, "production", "complete", 3)]}
            if now > 1
            else {}
        )
    )

    assert (played.result, played.outputs["deployment-id"]) == ("succeeded", OTHER)
    assert api.calls["deploy"] == 1


REFUSED, LOST = httpx.ConnectError("Connection refused"), httpx.ReadTimeout("timed out")


def called_at(*ends: object, seed: int = 0, timeout: str = "10m") -> tuple[list[float], Played]:
    """Let the first deploy calls end like this, and return when each was made, in seconds of the run."""
    times: list[float] = []

    def edit(call: str, number: int, whole: Any) -> Any:
        if call != "deploy":
            return whole
        times.append(made.clock.now() - EPOCH)
        api.begun = number >= len(ends)
        return whole if api.begun else ends[number]

    api = Forged(edit)
    made = forged_stage(api)
    made.seed = seed
    return times, made.play({"timeout": timeout, "poll-interval": "100ms"})


def test_the_waits_for_the_next_call_are_up_to_1_2_4_and_8_s() -> None:
    runs = [called_at(*[REFUSED] * 4, seed=seed)[0] for seed in range(12)]

    for number, most in enumerate([1, 2, 4, 8]):
        waits = [times[number + 1] - times[number] for times in runs]
        assert most / 2 < max(waits) <= most + 0.2


def test_after_a_call_that_may_have_arrived_they_begin_anew() -> None:
    for seed in range(6):
        times, played = called_at(*[REFUSED] * 4, LOST, REFUSED, seed=seed)

        assert played.result == "succeeded"
        assert times[6] - times[5] <= 1.2


def test_if_too_little_time_is_left_what_turned_a_call_away_before_a_lost_one_is_no_reason() -> None:
    times, played = called_at(REFUSED, LOST, timeout="23s")

    assert (played.result, len(times)) == ("timed-out", 2)
    assert "\nReason: less than 5 s were left for the deploy request\n" in played.told


@pytest.mark.parametrize(("status", "phrase"), [(409, "Conflict"), (423, "Locked")])
def test_a_conflict_that_stands_is_a_no(status: int, phrase: str) -> None:
    times, played = called_at(*[Reply(status)] * 9)

    assert played.result == "refused"
    assert times[-1] - times[0] >= 30
    assert played.text.count(f"HTTP {status} {phrase}. Checking what blocks the deployment.\n") == len(times)
    assert "\nNext: Check what the endpoint is doing, then re-run the step." in played.told
    assert played.outputs["changed"] == "false"


def test_what_the_reply_of_a_conflict_tells_to_do_is_the_next_step() -> None:
    _, played = called_at(*[Reply(409, body=b"<html>Conflict</html>")] * 99)

    assert played.result == "refused"
    assert "\nNext: Check `base-url` and what stands between the runner and the API, because this reply " in played.told
    assert "then re-run the step" not in played.told


def test_a_deployment_of_ours_that_a_conflict_leads_to_is_followed_without_another_look() -> None:
    played = Stage(faults=["deploy:1=409-after"]).play()

    assert played.result == "succeeded"
    assert played.text.count("Found deployment ") == 1
    assert "Following deployment " not in played.text


def test_a_conflict_after_another_rollout_has_all_its_time_again() -> None:
    conflicts: list[float] = []

    def edit(call: str, number: int, whole: Any) -> Any:
        now = made.clock.now() - EPOCH
        if call == "deploy" and number < 3:
            conflicts.append(now)
            api.begun = False
            return Reply(409)
        if call == "endpoint" and len(conflicts) == 2 and now < 100:
            other = entry(OTHER, "3", "in_progress", 5)
            return whole | {"deployed_models": [entry(OLD, "1", "complete", 1), other]}
        return whole

    api = Forged(edit)
    made = forged_stage(api)

    played = made.play({"timeout": "20m"})

    assert played.result == "succeeded"
    assert conflicts[1] < 30
    assert conflicts[2] > 100
