"""What comes after the rollout: smoke test, rollback, promotion; and the dry run before it."""

from collections.abc import Mapping

import pytest
from stage import EPOCH, Played, Stage, VirtualClock

ASK = {"smoke-test-prompt": "Say hello.", "inference-api-key": "sim-inference-key"}
HELLO = ASK | {"smoke-test-expect": "(?i)hello"}
ROLL_BACK = HELLO | {"on-failure": "rollback"}


def play(scenario: str, inputs: Mapping[str, str], *faults: str, answer: str = "") -> Played:
    options = {"answer": answer} if answer else {}
    return Stage(scenario, options, faults=faults, latency=0.1).play(inputs)


def made(played: Played) -> list[int]:
    """The versions that the caller has deployed, in order."""
    return [one.version for one in played.world.deployments if one.by == "caller"]


def aliases(played: Played) -> dict[int, tuple[str, ...]]:
    return {one.number: one.aliases for one in played.world.registry.known("gpt-oss-120b")}


class TestDryRun:
    @pytest.mark.parametrize(
        "scenario", ["healthy", "busy", "busy-same", "live", "weights-syncing", "first-deployment"]
    )
    def test_it_is_planned_at_once_and_sends_nothing_but_gets(self, scenario: str) -> None:
        played = play(scenario, {"dry-run": "true", "promote-aliases": "stable,canary"} | ROLL_BACK)

        assert played.result == "planned"
        assert {request.method for request in played.world.requests} == {"GET"}
        assert played.seconds < 1

    @pytest.mark.parametrize(
        ("scenario", "inputs"),
        [
            ("weights-failed", {}),
            ("busy", {"if-busy": "fail"}),
            ("healthy", {"alias": "prodction"}),
            ("healthy", {"endpoint": "my-org-llama-3.3-70b"}),
            ("healthy", {"api-key": "another-key"}),
        ],
    )
    def test_it_is_refused_where_a_real_run_would_be(self, scenario: str, inputs: Mapping[str, str]) -> None:
        played = play(scenario, {"dry-run": "true"} | dict(inputs))

        assert (played.result, played.exit_code) == ("refused", 1)
        assert {request.method for request in played.world.requests} == {"GET"}

    def test_of_a_deployment_that_is_to_be_followed_it_says_its_state(self) -> None:
        stage = Stage("healthy")
        started = stage.play({"wait": "false"}).outputs["deployment-id"]

        played = stage.play({"dry-run": "true", "deployment-id": started, "model": "", "alias": ""})

        assert played.result == "planned"
        assert f"follow deployment {started} (version 2)" in played.outputs["message"]


class TestSmokeTest:
    def test_a_match_that_takes_too_long_says_nothing_about_the_version(self) -> None:
        played = play("healthy", ROLL_BACK | {"smoke-test-expect": "(a+)+$"}, answer="a" * 60 + "!")

        assert (played.result, played.outputs["smoke-test"]) == ("smoke-test-failed", "unanswered")
        assert "`(a+)+$` could not be matched: the match took more than 1 s of CPU time" in played.outputs["message"]
        assert "says nothing about the version" in played.outputs["message"]
        assert made(played) == [2]

    @pytest.mark.parametrize(
        "warm_up",
        [
            "chat:1=404",
            "chat:1-2=429",
            "chat:1=503",
            "chat:1=refused",
            "chat:1=reset-after",
            "chat:1=html",
            "chat:1=408",
        ],
    )
    def test_errors_at_first_are_forgiven(self, warm_up: str) -> None:
        assert play("live", HELLO, warm_up).result == "unchanged"

    def test_a_first_slow_answer_is_forgiven(self) -> None:
        played = play("live", HELLO | {"smoke-test-max-latency": "2s"}, "chat:1=slow;seconds=12")

        assert (played.result, played.outputs["smoke-test"]) == ("unchanged", "passed")

    @pytest.mark.parametrize("fault", ["chat:*=503", "chat:*=404", "chat:*=refused", "chat:*=read-timeout"])
    def test_nothing_but_errors_says_nothing_on_the_version(self, fault: str) -> None:
        played = play("healthy", ROLL_BACK, fault)

        assert (played.result, played.outputs["smoke-test"]) == ("unreachable", "skipped")
        assert made(played) == [2]

    @pytest.mark.parametrize("fault", ["chat:1=401", "chat:1=403"])
    def test_a_key_that_is_turned_away_is_refused_and_rolls_nothing_back(self, fault: str) -> None:
        played = play("healthy", ROLL_BACK, fault)

        assert played.result == "refused"
        assert "`inference-api-key` must be an inference key" in played.outputs["message"]
        assert made(played) == [2]

    def test_a_failed_one_is_red_again_on_a_re_run(self) -> None:
        stage = Stage("wrong-answer")
        first, again = stage.play(HELLO), stage.play(HELLO)

        assert (first.result, again.result) == ("smoke-test-failed", "smoke-test-failed")
        assert made(again) == [2]

    def test_the_deadline_bounds_it(self) -> None:
        played = play("live", HELLO | {"timeout": "10s"}, "chat:*=503")

        assert played.result == "timed-out"
        assert played.seconds <= 15


class TestRollback:
    def test_a_bad_answer_brings_back_what_was_live(self) -> None:
        played = play("wrong-answer", ROLL_BACK)

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
            ("inference-down", {}, "unreachable"),
        ],
    )
    def test_nothing_is_sent_after(self, scenario: str, inputs: Mapping[str, str], result: str) -> None:
        played = play(scenario, ROLL_BACK | dict(inputs))

        assert (played.result, made(played)) == (result, [2])

    def test_a_version_that_was_live_already_is_not_replaced(self) -> None:
        stage = Stage("wrong-answer")
        stage.play({"wait": "false"})
        stage.clock.sleep(300)

        played = stage.play(ROLL_BACK)

        assert (played.result, made(played)) == ("smoke-test-failed", [2])

    def test_a_lost_rollback_call_is_made_once(self) -> None:
        played = play("wrong-answer", ROLL_BACK, "deploy:2=reset-after")

        assert (played.result, made(played)) == ("smoke-test-failed", [2, 1])
        assert played.outputs["rollback-deployment-id"] == played.world.deployments[-1].id

    def test_one_that_the_api_refuses_is_told(self) -> None:
        played = play("wrong-answer", ROLL_BACK, "deploy:2=403")

        assert (played.result, made(played)) == ("smoke-test-failed", [2])
        assert "it was not rolled back: deploy call: HTTP 403" in played.outputs["message"]

    def test_interrupted_it_names_both_deployments(self) -> None:
        stage = Stage("wrong-answer", clock=VirtualClock(interrupt_at=EPOCH + 300), latency=0.1)

        played = stage.play(ROLL_BACK)

        ours, back = (one.id for one in played.world.deployments if one.by == "caller")
        assert played.result == "interrupted"
        assert (played.outputs["deployment-id"], played.outputs["rollback-deployment-id"]) == (ours, back)
        assert ours in played.outputs["message"]
        assert back in played.outputs["message"]


class TestPromotion:
    def test_aliases_move_and_no_other_is_touched(self) -> None:
        played = play("live", {"promote-aliases": "stable, canary\nv2"})

        assert played.result == "unchanged"
        assert aliases(played) == {1: (), 2: ("production", "v2", "stable", "canary"), 3: ("candidate",)}

    def test_what_is_there_already_needs_no_call(self) -> None:
        played = play("live", {"promote-aliases": "production"})

        assert played.result == "unchanged"
        assert {request.method for request in played.world.requests} == {"GET"}

    @pytest.mark.parametrize("which", ["1", "2"])
    @pytest.mark.parametrize("fault", ["503", "503-after", "reset-before", "reset-after", "truncated", "429"])
    def test_either_half_is_repeated_safely(self, which: str, fault: str) -> None:
        played = play("live", {"promote-aliases": "stable"}, f"aliases:{which}={fault}")

        assert played.result == "unchanged"
        assert aliases(played) == {1: (), 2: ("production", "v2", "stable"), 3: ("candidate",)}

    def test_if_the_second_half_is_refused_the_first_is_undone(self) -> None:
        played = play("live", {"promote-aliases": "stable"}, "aliases:2=403")

        assert played.result == "promotion-failed"
        assert "alias stable is back at version 1" in played.outputs["message"]
        assert aliases(played) == {1: ("stable",), 2: ("production", "v2"), 3: ("candidate",)}

    def test_if_neither_half_can_be_completed_the_message_has_the_call_that_repairs_it(self) -> None:
        played = play("live", {"promote-aliases": "stable"}, "aliases:2-=503")

        assert played.result == "promotion-failed"
        assert 'versions/2 with {"version_aliases": ["production", "v2", "stable"]}' in played.outputs["message"]
        assert aliases(played)[1] == ()

    def test_a_list_that_is_not_told_is_not_replaced(self) -> None:
        played = play(
            "live", {"promote-aliases": "stable", "timeout": "1m"}, "version:2-=missing;field=version_aliases"
        )

        assert played.result == "promotion-failed"
        assert {request.method for request in played.world.requests} == {"GET"}

    def test_an_interrupt_between_the_halves_is_held_back(self) -> None:
        at = Stage("live", latency=1.0)
        at.clock.interrupt_at = EPOCH + 9.5  # seven calls and 2 s come before the second half

        played = at.play({"promote-aliases": "stable"})

        assert aliases(played)[2] == ("production", "v2", "stable")
        assert played.seconds < 16

    def test_an_interrupt_is_held_back_for_six_seconds_only(self) -> None:
        at = Stage("live", faults=["aliases:2-=503"], latency=0.1)
        at.clock.interrupt_at = EPOCH + 4

        played = at.play({"promote-aliases": "stable"})

        assert played.result == "interrupted"
        assert "alias stable may point nowhere" in played.outputs["message"]
        assert played.seconds < 10.8


@pytest.mark.parametrize(
    "inputs",
    [
        ASK | {"smoke-test-expect": "(unclosed"},
        {"smoke-test-prompt": "Say hello."},
        {"smoke-test-expect": "hello"},
        {"smoke-test-max-latency": "1s"},
        ASK | {"smoke-test-max-latency": "31s"},
        {"promote-aliases": "Stable"},
        {"promote-aliases": "1"},
        {"on-failure": "retry"},
        {"wait": "false", "promote-aliases": "stable"},
        {"wait": "false", "on-failure": "rollback"},
        {"wait": "false"} | ASK,
        {"dry-run": "maybe"},
    ],
)
def test_bad_input_is_told_and_nothing_is_sent(inputs: Mapping[str, str]) -> None:
    played = play("healthy", inputs)

    assert played.result == "invalid-input"
    assert played.world.requests == []
