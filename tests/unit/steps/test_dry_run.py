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
