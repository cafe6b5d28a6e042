"""The dry run: what a real one would do."""

from collections.abc import Mapping

import pytest

from helpers.stage import HELLO_OR_BACK, Stage, play


class TestDryRun:
    @pytest.mark.parametrize(
        "scenario", ["healthy", "busy", "busy-same", "live", "weights-syncing", "first-deployment"]
    )
    def test_it_is_planned_at_once_and_sends_nothing_but_gets(self, scenario: str) -> None:
        played = play(scenario, {"dry-run": "true", "promote-aliases": "stable,canary"} | HELLO_OR_BACK)

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
        outputs = played.outputs
        assert (outputs["plan"], outputs["previous-model"]) == ("attach", "orgs/my-org/models/gpt-oss-120b/versions/1")
        assert played.deploy_calls == 1  # the one that came before it

    @pytest.mark.parametrize("inputs", [{}, {"deployment-id": "given", "model": "", "alias": ""}])
    def test_the_inference_key_is_tried(self, inputs: Mapping[str, str]) -> None:
        stage = Stage("live")
        named = {"deployment-id": stage.world.deployments[0].id} if inputs else {}

        played = stage.play(HELLO_OR_BACK | dict(inputs) | named | {"dry-run": "true", "inference-api-key": "another"})

        assert (played.result, "`inference-api-key` must be" in played.outputs["message"]) == ("refused", True)


class TestRollback:
    """Of `operation: rollback`, it is planned only if what was live before can be deployed again."""

    def live(self) -> Stage:
        stage = Stage("healthy")
        stage.play()
        return stage

    def test_it_says_what_would_be_deployed_and_what_replaced(self) -> None:
        played = self.live().play({"dry-run": "true", "operation": "rollback"})

        assert (played.result, played.outputs["plan"], played.outputs["version-id"]) == ("planned", "deploy", "1")
        assert played.outputs["previous-model"].endswith("/versions/2")
        assert played.deploy_calls == 1  # the one that came before it

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("version:*=set;field=sync_status;to=failed", "weights of version 1 are not ready"),
            ("version:2-=404", "Not Found"),
        ],
    )
    def test_it_is_refused_if_that_version_is_not_to_be_had(self, fault: str, reason: str) -> None:
        stage = self.live()
        stage.world.faults.add(fault)

        played = stage.play({"dry-run": "true", "operation": "rollback"})

        assert (played.result, reason in played.outputs["message"]) == ("refused", True)
