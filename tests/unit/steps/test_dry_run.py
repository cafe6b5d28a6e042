"""The dry run: what a real one would do."""

from collections.abc import Mapping
from typing import Any

import pytest

from helpers.forged import ENDPOINT, MODEL, OLD, OURS, Forged, Reply, entry, version
from helpers.forged import stage as forged_stage
from helpers.stage import HELLO, HELLO_OR_BACK, Played, Stage, play

DRY = {"dry-run": "true"}
BY_ID = {"model": "", "alias": "", "deployment-id": OURS}
LIVE = f"version 1, deployment {OLD}, done, 8 of 8 replicas updated"


class TestDryRun:
    @pytest.mark.parametrize(
        "scenario", ["healthy", "busy", "busy-same", "live", "weights-syncing", "first-deployment"]
    )
    def test_it_is_planned_at_once_and_sends_nothing_but_gets(self, scenario: str) -> None:
        played = play(scenario, DRY | {"promote-aliases": "stable,canary"} | HELLO_OR_BACK)

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
        played = play(scenario, DRY | dict(inputs))

        assert (played.result, played.exit_code) == ("refused", 1)
        assert {request.method for request in played.world.requests} == {"GET"}

    def test_of_a_deployment_that_is_to_be_followed_it_says_its_state(self) -> None:
        stage = Stage("healthy")
        started = stage.play({"wait": "false"}).outputs["deployment-id"]

        played = stage.play({"dry-run": "true", "deployment-id": started, "model": "", "alias": ""})

        assert played.result == "planned"
        assert f"follow deployment {started} (version 2)" in played.told
        outputs = played.outputs
        assert (outputs["plan"], outputs["previous-model"]) == ("attach", "orgs/my-org/models/gpt-oss-120b/versions/1")
        assert played.deploy_calls == 1  # the one that came before it

    @pytest.mark.parametrize("inputs", [{}, {"deployment-id": "given", "model": "", "alias": ""}])
    def test_the_inference_key_is_tried(self, inputs: Mapping[str, str]) -> None:
        stage = Stage("live")
        named = {"deployment-id": stage.world.deployments[0].id} if inputs else {}

        played = stage.play(HELLO_OR_BACK | dict(inputs) | named | {"dry-run": "true", "inference-api-key": "another"})

        assert (played.result, "Set `inference-api-key` to an inference API key" in played.told) == ("refused", True)


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
            ("version:*=set;field=sync_status;to=failed", "weights of version 1 are no longer ready (failed)"),
            ("version:2-=404", "Not Found"),
        ],
    )
    def test_it_is_refused_if_that_version_is_not_to_be_had(self, fault: str, reason: str) -> None:
        stage = self.live()
        stage.world.faults.add(fault)

        played = stage.play({"dry-run": "true", "operation": "rollback"})

        assert (played.result, reason in played.told) == ("refused", True)


def rows(played: Played) -> list[tuple[str, str]]:
    """The table that the log shows: a heading and its text, a line each."""
    lines = [line for line in played.text.splitlines() if line.startswith("  ")]
    return [(line[2:16].strip(), line[16:].strip()) for line in lines]


class TestWhatItTells:
    def test_what_is_served_and_wanted_and_what_would_be_done_and_afterwards(self) -> None:
        played = forged_stage(Forged()).play(DRY | HELLO_OR_BACK | {"promote-aliases": "stable, free"})

        assert f"Dry run for {ENDPOINT}. Nothing is changed." in played.text
        assert rows(played) == [
            ("Serving now", LIVE),
            ("Requested", f"{MODEL.format(2)} (alias production)"),
            ("Weights", "ready"),
            ("Other rollouts", "none"),
            ("Action", f"deploy gpt-oss-120b version 2 (alias production) to {ENDPOINT}"),
            ("Then", f"ask {ENDPOINT}: Say hello."),
            ("If that fails", "redeploy the previous version"),
            ("Then", "move alias stable (on version 1 now)"),
            ("Then", "move alias free (unassigned now)"),
        ]
        assert all(text in played.summary for text in ("Other rollouts", "on version 1 now"))

    @pytest.mark.parametrize(
        ("fault", "result"), [("version:2=403", "planned"), ("version:2=503", "planned"), ("version:2-=403", "refused")]
    )
    def test_an_alias_of_which_nothing_is_told_is_not_called_unassigned(self, fault: str, result: str) -> None:
        played = Stage(faults=[fault]).play(DRY | {"promote-aliases": "stable"})

        assert played.result == result
        assert "unassigned now" not in played.text

    def test_what_was_not_asked_for_is_not_told(self) -> None:
        assert [name for name, _ in rows(forged_stage(Forged()).play(DRY))] == [
            *("Serving now", "Requested", "Weights", "Other rollouts", "Action")
        ]

    def test_a_smoke_test_without_a_key_is_not_tried(self) -> None:
        played = forged_stage(Forged()).play(DRY | {"smoke-test-prompt": "Hi"})

        assert ("Then", f"ask {ENDPOINT}: Hi (the inference key isn't tested, because it is empty)") in rows(played)

    @pytest.mark.parametrize(
        ("state", "inputs", "would"),
        [
            (
                "complete",
                {},
                f"deploy nothing, because {ENDPOINT} already serves gpt-oss-120b version 2 (alias production)",
            ),
            ("complete", {"alias": "2"}, f"deploy nothing, because {ENDPOINT} already serves gpt-oss-120b version 2"),
            ("in_progress", {}, f"follow deployment {OURS}, which already rolls out this version"),
            (
                "in_progress",
                {"alias": "1"},
                f"wait for deployment {OURS} (version 2), then deploy gpt-oss-120b version 1 to {ENDPOINT}",
            ),
        ],
    )
    def test_what_would_be_done(self, state: str, inputs: Mapping[str, str], would: str) -> None:
        played = forged_stage(Forged(begun=True, states=(state,))).play(DRY | dict(inputs))

        assert ("Action", would) in rows(played)
        assert (played.result, played.outputs["message"]) == ("planned", f"A real run would {would}.")

    def test_what_is_newer_is_named_and_what_is_served_may_be_unclear(self) -> None:
        newer = [entry(OURS, "2", "in_progress", 2), entry("other", "3", "error", 3)]
        api = Forged(
            lambda call, _, whole: whole | {"deployed_models": newer[:2]} if call == "endpoint" else whole,
        )

        told = dict(rows(forged_stage(api).play(DRY)))

        assert told["Other rollouts"] == (
            "version 3, deployment other, error, 3 of 8 replicas updated (replica 4 of 8 was not ready), and "
            f"version 2, deployment {OURS}, in progress, 3 of 8 replicas updated (replica 4 of 8 was not ready)"
        )
        assert told["Serving now"] == "mixed. 3 of 8 replicas run version 3"

    @pytest.mark.parametrize(
        ("word", "weights", "would"),
        [
            ("in_progress", "in_progress", "wait for the weights of version 2, then deploy"),
            (None, "not reported by the API", "wait for the weights of version 2, then deploy"),
            ("done", "ready", "deploy gpt-oss-120b version 2"),
        ],
    )
    def test_the_weights(self, word: str | None, weights: str, would: str) -> None:
        details = {"version_aliases": ["production"], "sync_status": word}
        there = version("2", []) | {"done": False, "response": details}
        api = Forged(lambda call, _, whole: there if call == "version" else whole)

        told = dict(rows(forged_stage(api).play(DRY)))

        assert told["Weights"] == weights
        assert told["Action"].startswith(would)

    @pytest.mark.parametrize(("word", "weights"), [(None, "not reported by the API"), ("mirrored", "mirrored")])
    def test_weights_that_the_deploy_request_decides_about_are_not_called_ready(
        self, word: str | None, weights: str
    ) -> None:
        there = {"name": version("2", [])["name"], "response": {"sync_status": word}}
        api = Forged(lambda call, _, whole: there if call == "version" else whole)

        told = dict(rows(forged_stage(api).play(DRY)))

        assert told["Weights"] == weights
        assert told["Action"].startswith("deploy gpt-oss-120b version 2")

    def test_what_would_be_refused_is_told_too(self) -> None:
        played = forged_stage(Forged(begun=True, states=("in_progress",))).play(DRY | {"alias": "1", "if-busy": "fail"})

        why = f"deployment {OURS} (version 2) is rolling out on the endpoint, and `if-busy` is `fail`"
        assert (played.result, dict(rows(played))["Action"]) == ("refused", f"refuse: {why}")
        assert why in played.told


class TestOfADeploymentThatIsToBeFollowed:
    def play(self, api: Forged, **inputs: str) -> Played:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return forged_stage(api).play(DRY | BY_ID | given)

    def test_its_version_is_known_for_what_comes_after(self) -> None:
        played = self.play(Forged(begun=True), promote_aliases="stable")

        state = "in progress, 3 of 8 replicas updated (replica 4 of 8 was not ready)"
        assert rows(played) == [
            ("Action", f"follow deployment {OURS} (version 2), which is {state}"),
            ("Then", "move alias stable (on version 1 now)"),
        ]
        assert played.outputs["model"] == MODEL.format(2)

    def test_without_a_readable_version_the_holder_of_an_alias_is_not_looked_up(self) -> None:
        def edit(call: str, _: int, whole: Any) -> Any:
            if call == "endpoint":
                whole["deployed_models"][1]["model"] = "?"
            return whole

        told = rows(self.play(Forged(edit, begun=True), promote_aliases="stable"))

        assert told[-1] == ("Then", "move alias stable (its version isn't looked up)")

    def test_one_that_is_not_listed_is_refused(self) -> None:
        played = self.play(Forged())

        assert played.result == "refused"
        assert f"{ENDPOINT} does not list deployment {OURS}" in played.told
        assert "Next: Check `deployment-id` and `endpoint`." in played.told

    def test_one_of_another_version_than_the_workflow_names_is_refused(self) -> None:
        played = self.play(Forged(begun=True), model="gpt-oss-120b", alias="1")

        assert played.result == "refused"
        assert f"deployment {OURS} names model {MODEL.format(2)}, not `model: gpt-oss-120b`, `alias: 1`" in played.told


@pytest.mark.parametrize("inputs", [{}, {"operation": "rollback"}])
def test_the_inference_key_is_tried(inputs: Mapping[str, str]) -> None:
    no = Reply(401, body=b'{"message": "Wrong API Key", "code": "wrong_api_key"}')
    api = Forged(lambda call, _, whole: no if call in {"models", "chat"} else whole, begun=True, states=("complete",))

    played = forged_stage(api).play(DRY | HELLO | dict(inputs))

    assert (played.result, api.calls["deploy"]) == ("refused", 0)
    assert "inference-api-key" in played.told


def test_a_rollback_tells_what_is_served_and_what_would_come_after() -> None:
    played = forged_stage(Forged(begun=True, states=("complete",))).play(
        DRY | {"operation": "rollback", "smoke-test-prompt": "Hi"}
    )

    assert rows(played) == [
        ("Serving now", "version 2"),
        ("Action", f"replace deployment {OURS} (version 2) with version 1, which was live before"),
        ("Then", f"ask {ENDPOINT}: Hi (the inference key isn't tested, because it is empty)"),
    ]


def test_a_rollback_that_would_be_refused_says_why() -> None:
    played = forged_stage(Forged(begun=True, states=("in_progress",))).play(
        DRY | {"operation": "rollback", "if-busy": "fail"}
    )

    why = f"deployment {OURS} (version 2) is rolling out on the endpoint, and `if-busy` is `fail`"
    assert (played.result, dict(rows(played))["Action"]) == ("refused", f"refuse: {why}")
    assert why in played.told


def test_many_questions_are_counted_and_their_file_is_validated() -> None:
    stage = Stage(files={"suite.toml": '[[case]]\nprompt = "a"\n[[case]]\nprompt = "b"\n'})
    given = {"dry-run": "true", "smoke-test-file": "suite.toml", "inference-api-key": "sim-inference-key"}

    assert "ask my-org-gpt-oss-120b: 2 questions" in stage.play(given).text
    stage.files = {"suite.toml": "x = 1"}
    played = stage.play(given)
    assert (played.result, played.log.annotations[-1].message.count("`smoke-test-file`: ")) == ("invalid-input", 1)
