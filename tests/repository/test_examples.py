"""The examples: they use the action as it is, and those that can run under act do what they say."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from cerebras_deploy.inputs import Inputs, parse_inputs
from cerebras_deploy.suite_case import Case, kebab
from cerebras_deploy.suite_file import _Limits, read_suite
from cerebras_simulator.server import running
from cerebras_simulator.world.inference import Answer
from cerebras_simulator.world.inventory import ORG
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World
from helpers.acting import REPOSITORY, act, build_runner, copy_to, with_a_name_of_its_own
from helpers.repository import MANIFEST, ROOT
from helpers.stage import EPOCH, Stage
from release.source import source_version

EXAMPLES = ROOT / "examples"
ACTION = f"OWNER/deploy-to-cerebras@v{source_version(ROOT)}"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
SECRETS = {"CEREBRAS_MANAGEMENT_API_KEY": DEFAULT_KEY, "CEREBRAS_INFERENCE_API_KEY": DEFAULT_INFERENCE_KEY}
SLACK = "SLACK_WEBHOOK_URL"
MARGIN = 3  # minutes for what a job does beside its steps
ENDPOINT = "my-org-gpt-oss-120b"
ARCHITECTURE = "gpt-oss-120b"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.yml"))

each = pytest.mark.parametrize("name", NAMES)


def text_of(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def jobs_of(name: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(text_of(name))["jobs"]
    return jobs


def actions_in(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (step for step in job["steps"] if step.get("uses") == ACTION)


def inputs_of(step: dict[str, Any]) -> Inputs:
    """Read a step's inputs as the action does, with a 1 for each expression."""
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in step["with"].items()}
    return parse_inputs({f"INPUT_{key.upper()}": EXPRESSION.sub("1", value) for key, value in given.items()})


def test_the_list_names_every_one() -> None:
    assert sorted(re.findall(r"^\| \[(.*?)\]\(\1\) \|", text_of("README.md"), re.MULTILINE)) == NAMES


@each
def test_it_uses_the_action_and_pins_the_others(name: str) -> None:
    used = re.findall(r"uses: (.*)", text_of(name))

    assert ACTION in used
    assert [one for one in used if one != ACTION and not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", one)] == []


@each
def test_it_has_no_permissions_by_default_and_a_time_limit(name: str) -> None:
    workflow = yaml.safe_load(text_of(name))

    assert workflow["permissions"] == {}
    assert all(job["timeout-minutes"] <= 150 for job in workflow["jobs"].values())


@each
def test_no_run_cancels_one_that_deploys_or_waits_for_its_turn(name: str) -> None:
    workflow = yaml.safe_load(text_of(name))
    groups = [
        workflow["concurrency"],
        *(job["concurrency"] for job in workflow["jobs"].values() if "concurrency" in job),
    ]

    for group in groups:
        assert group["group"]
        if name not in {"pull-request-dry-run.yml", "rehearse-failures.yml"}:  # which change nothing that is real
            assert (group["cancel-in-progress"], group["queue"]) == (False, "max")


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", *sorted(path for path in EXAMPLES.rglob("*") if path.is_file())],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_secrets_have_the_same_names_everywhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert set(re.findall(r"secrets(?:\.|\[\W*)(\w+)", text)) <= {*SECRETS, SLACK}
    assert set(re.findall(r"\bCEREBRAS_\w+", text)) <= set(SECRETS)


@each
def test_its_inputs_are_those_of_the_action(name: str) -> None:
    steps = [step for job in jobs_of(name).values() for step in actions_in(job)]

    assert steps
    for step in steps:
        assert set(step["with"]) <= set(MANIFEST.inputs)
        assert inputs_of(step).endpoint


def minutes_needed(job: dict[str, Any]) -> float:
    """Add up what the steps of a job may take. A rollback after a failure gets the step's `timeout` again."""
    inputs = [inputs_of(step) for step in actions_in(job)]
    in_the_action = sum(one.timeout * (2 if one.on_failure == "rollback" else 1) for one in inputs) / 60
    elsewhere: float = sum(step.get("timeout-minutes", 0) for step in job["steps"])
    return in_the_action + elsewhere


@each
def test_a_job_has_time_for_its_steps_and_their_rollbacks(name: str) -> None:
    for job in jobs_of(name).values():
        assert job["timeout-minutes"] >= minutes_needed(job) + MARGIN


def test_the_job_of_the_readme_has_time_for_its_steps_and_their_rollbacks() -> None:
    workflow, more, *_ = samples_of_readme()
    stated = re.findall(r"timeout-minutes: (\d+)", (ROOT / "README.md").read_text(encoding="utf-8"))

    for text, minutes in zip((workflow, with_more(workflow, more)), stated, strict=True):
        (job,) = yaml.safe_load(text)["jobs"].values()
        assert int(minutes) >= minutes_needed(job) + MARGIN


def test_each_scenario_of_the_readme_can_be_added_to_its_workflow() -> None:
    workflow, *scenarios = samples_of_readme()

    for more in scenarios:
        ((step,),) = (actions_in(job) for job in yaml.safe_load(with_more(workflow, more))["jobs"].values())
        assert inputs_of(step).endpoint == "my-org-gpt-oss-120b"
    assert len(scenarios) >= 4


def written_by(step: dict[str, Any]) -> set[str]:
    """Return the outputs that a shell step writes."""
    return set(re.findall(r'echo "([\w-]+)=.*" >> "\$GITHUB_OUTPUT"', step["run"]))


@each
def test_the_outputs_that_it_reads_are_those_of_its_steps(name: str) -> None:
    steps = [step for job in jobs_of(name).values() for step in job["steps"] if "id" in step]
    outputs = {step["id"]: set(MANIFEST.outputs) if step.get("uses") == ACTION else written_by(step) for step in steps}

    for step_id, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text_of(name)):
        assert output in outputs[step_id]


def rehearsals() -> list[tuple[str, str]]:
    (job,) = jobs_of("rehearse-failures.yml").values()
    return [(one["scenario"], one["expected"]) for one in job["strategy"]["matrix"]["include"]]


@pytest.mark.parametrize(("scenario", "expected"), rehearsals())
def test_a_rehearsal_ends_as_the_example_expects(scenario: str, expected: str) -> None:
    (job,) = jobs_of("rehearse-failures.yml").values()
    (step,) = actions_in(job)
    (faults,) = re.findall(r"--json '(\[.*?\])'", text_of("rehearse-failures.yml"))
    options = re.fullmatch(r"--speed (\d+) --scenario .*", job["services"]["simulator"]["env"]["SIMULATOR_OPTIONS"])
    assert options

    stage = Stage(scenario, {"speed": float(options[1])}, faults=json.loads(faults))
    assert stage.play(step["with"]).result == expected


def script_of(name: str, step_name: str) -> str:
    """Return the shell script of a step."""
    (script,) = [step["run"] for job in jobs_of(name).values() for step in job["steps"] if step["name"] == step_name]
    return str(script)


@pytest.mark.parametrize(
    ("tag", "output"),
    [
        ("v1.2.3", "alias=v1-2-3\n"),
        ("v2", "alias=v2\n"),
        ("v1.2.3-rc1", ""),
        ("v1.2.3\nalias=stable", ""),
        ("1.2.3", ""),
        ("v1.2.3$(id)", ""),
    ],
)
def test_a_tag_becomes_an_alias_or_an_error(tmp_path: Path, tag: str, output: str) -> None:
    written = tmp_path / "output"
    written.touch()
    environment = os.environ | {"GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": str(written)}
    script = script_of("tag-to-alias.yml", "Turn the tag into an alias")
    done = subprocess.run(["bash", "-e", "-c", script], env=environment, check=False, capture_output=True, text=True)

    assert written.read_text(encoding="utf-8") == output
    assert done.returncode == (0 if output else 1), done.stderr


def test_the_configuration_that_promptfoo_reads_asks_the_endpoint() -> None:
    text = text_of("evaluate-with-another-tool.yml")
    shown = yaml.safe_load("\n".join(re.findall(r"^#   (.*)", text, re.MULTILINE)))
    (provider,) = shown["providers"]
    (deploy, _) = actions_in(jobs_of("evaluate-with-another-tool.yml")["deploy"])

    assert provider["id"] == f"openai:chat:{deploy['with']['endpoint']}"
    assert f"{provider['config']['apiKeyEnvar']}: ${{{{ secrets." in text


def test_the_questions_of_the_example_are_good() -> None:
    (step,) = actions_in(jobs_of("ask-many-questions.yml")["deploy"])
    suite = read_suite(step["with"]["smoke-test-file"], str(EXAMPLES))

    assert (len(suite.cases), suite.max_slowdown, suite.ignored) == (8, 0.2, ())
    assert all(case.contains or case.expect for case in suite.cases)


def samples_of(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_questions_in_the_documents_are_good(tmp_path: Path) -> None:
    page = ROOT / "docs" / "questions.md"
    (own,) = samples_of(page, "json")
    (tmp_path / "prompts.jsonl").write_text(own, encoding="utf-8")
    (sample,) = samples_of(page, "toml")
    (tmp_path / "suite.toml").write_text(sample, encoding="utf-8")

    suite = read_suite("suite.toml", str(tmp_path))

    assert len(suite.cases) == 2 + len(own.splitlines())
    assert suite.cases[-1].contains == ("bonjour",)


def test_the_document_names_every_key() -> None:
    rows = set(
        re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs" / "questions.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    known = {kebab(name) for model in (_Limits, Case) for name in model.model_fields}

    assert rows == known


Play = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def _runner() -> None:
    build_runner()


@pytest.fixture
def play(tmp_path: Path, tracked: Callable[[], list[Path]], _runner: None) -> Play:
    """Run an example against the simulator: the action is that of the checkout, the rest is as it stands there."""

    def played(
        name: str,
        url: str,
        event: str,
        text: str = "",
        *,
        secrets: Mapping[str, str] = SECRETS,
        payload: Mapping[str, Any] | None = None,
    ) -> tuple[int, list[str]]:
        copy_to(tmp_path, tracked())
        text = (text or text_of(name)).replace("    steps:\n", f"    steps:\n      - uses: {CHECKOUT}\n")
        text = text.replace(f"uses: {ACTION}\n", "uses: ./\n")
        text = re.sub(r"\n *queue: max", "", text)  # act does not know it
        text = text.replace(
            "        with:\n", f"        with:\n          base-url: {url}\n          poll-interval: 500ms\n"
        )
        workflow = tmp_path / ".github" / "workflows" / name
        workflow.write_text(with_a_name_of_its_own(text), encoding="utf-8")
        return act(tmp_path, str(workflow.relative_to(tmp_path)), event, secrets, payload)

    return played


def world(scenario: str = "healthy", **options: Any) -> World:
    """Have a simulator in this process; act's containers are on the host's network."""
    began = time.monotonic()
    return World(lambda: EPOCH + time.monotonic() - began, scenario=scenario, speed=50, **options)


def served(simulated: World, endpoint: str = ENDPOINT) -> int | None:
    """Return the version that an endpoint serves."""
    deployment = simulated.serving(endpoint)
    return deployment.version if deployment else None


def deployed_by_caller(simulated: World, endpoint: str) -> list[int]:
    """Return the versions that were deployed to an endpoint, oldest first."""
    return [one.version for one in simulated.deployments if one.endpoint == endpoint and one.by == "caller"]


def deploy_before(simulated: World, endpoint: str, reference: str) -> None:
    """Deploy a version, and wait until it is live. There is an older one, which a rollback could go back to."""
    deployed = simulated.deploy(endpoint, VersionName(ORG, ARCHITECTURE, reference)).deployment
    while simulated.standing(deployed.id).moment.status != "done":
        time.sleep(0.1)


def samples_of_readme() -> list[str]:
    """Return the README's workflow, and what it says to add to it, scenario by scenario."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def with_more(workflow: str, more: str) -> str:
    """Add inputs to the README's workflow."""
    return workflow.replace("alias: production\n", f"alias: production\n{more}")


@pytest.mark.workflow
def test_the_workflow_of_the_readme_goes_on_with_the_version_that_is_live(play: Play) -> None:
    workflow, *_ = samples_of_readme()
    with running(simulated := world()) as url:
        code, lines = play("readme.yml", url, "push", workflow)

    assert "version 2 is live" in lines
    assert [request.method for request in simulated.requests].count("POST") == 1
    assert code == 0


@pytest.mark.workflow
def test_more_of_a_gate_can_be_added_to_the_workflow_of_the_readme(play: Play) -> None:
    workflow, more, *_ = samples_of_readme()
    with running(simulated := world(answer="Paris.")) as url:
        code, lines = play("readme.yml", url, "push", with_more(workflow, more))

    assert "version 2 is live" in lines
    assert [change.version for change in simulated.alias_changes] == [1, 2]
    assert code == 0


@pytest.mark.workflow
def test_gate_a_release_publishes_after_a_rollout_that_succeeded(play: Play) -> None:
    with running(simulated := world()) as url:
        code, lines = play("gate-a-release.yml", url, "push")

    assert [request.method for request in simulated.requests].count("POST") == 1
    assert [line for line in lines if line.endswith(f" on version 2, deployment {simulated.deployments[-1].id}")]
    assert code == 0


@pytest.mark.workflow
def test_ask_many_questions_lists_those_that_failed_and_rolls_back(play: Play) -> None:
    answers = tuple(
        Answer(question, answer)
        for question, answer in (
            ("17 times 3", "51"),
            ("Italy", "Rome"),
            ("red planet", "Mars"),
            ("French: good", "Bonjour"),
        )
    )
    text = text_of("ask-many-questions.yml").replace("file: smoke-test/", "file: examples/smoke-test/")
    with running(simulated := world(answer="Paris.", choices=answers)) as url:
        code, lines = play("ask-many-questions.yml", url, "workflow_dispatch", text)

    assert [line for line in lines if line.startswith("line 5 - ")]
    assert deployed_by_caller(simulated, ENDPOINT) == [3, 1]
    assert code == 1


@pytest.mark.workflow
def test_gate_a_release_publishes_nothing_after_one_that_was_rolled_back(play: Play) -> None:
    with running(world("rolls-back")) as url:
        code, lines = play("gate-a-release.yml", url, "push")

    assert [line for line in lines if line.startswith("No release (rolled-back). ")]
    assert not [line for line in lines if line.startswith("Releasing")]
    assert code == 1


@pytest.mark.workflow
def test_trigger_then_wait_follows_the_very_deployment_and_gates_the_release(play: Play) -> None:
    with running(simulated := world()) as url:
        code, lines = play("trigger-then-wait.yml", url, "workflow_dispatch")

    assert "Built during the rollout" in lines
    posts = [request for request in simulated.requests if request.method == "POST"]
    (released,) = [line for line in lines if line.startswith("Releasing on version 2, deployment ")]
    assert len(posts) == 1
    assert f"Follow deployment {released.split()[-1]} on my-org-gpt-oss-120b." in lines
    assert code == 0


@pytest.mark.workflow
def test_promote_after_smoke_test_moves_the_alias(play: Play) -> None:
    with running(simulated := world(answer="Paris.")) as url:
        code, lines = play("promote-after-smoke-test.yml", url, "workflow_dispatch")

    assert "production is version 3 (smoke test passed)" in lines
    assert [(change.version, change.after) for change in simulated.alias_changes] == [
        (2, ("v2",)),
        (3, ("candidate", "production")),
    ]
    assert code == 0


@pytest.mark.workflow
def test_promote_after_smoke_test_rolls_back_what_answers_badly(play: Play) -> None:
    with running(simulated := world("wrong-answer", answer="Paris.")) as url:
        code, lines = play("promote-after-smoke-test.yml", url, "workflow_dispatch")

    back = simulated.deployments[-1]
    assert back.model.endswith("/1")
    assert [line for line in lines if line.startswith(f"Rollback deployment {back.id}. ")]
    assert not [line for line in lines if line.startswith("production is version")]
    assert simulated.alias_changes == []
    assert code == 1


def without(text: str, *step_names: str) -> str:
    """Remove steps whose actions cannot be fetched here."""
    for name in step_names:
        text, count = re.subn(rf"      - name: {re.escape(name)}\n(?: {{8}}.*\n)+\n?", "", text)
        assert count == 1
    return text


def rejected() -> str:
    """Have the evaluation fail: its tool cannot be fetched here."""
    text = without(text_of("evaluate-with-another-tool.yml"), "Install Node.js")
    text, count = re.subn(r"run: npx .*", "run: exit 1", text)
    assert count == 1
    return text


@pytest.mark.workflow
def test_evaluate_with_another_tool_rolls_back_what_the_tool_rejects(play: Play) -> None:
    with running(simulated := world()) as url:
        code, _ = play("evaluate-with-another-tool.yml", url, "workflow_dispatch", rejected())

    assert served(simulated) == 1
    assert deployed_by_caller(simulated, ENDPOINT) == [3, 1]
    assert code == 1


@pytest.mark.workflow
def test_evaluate_with_another_tool_keeps_what_was_live_before(play: Play) -> None:
    deploy_before(simulated := world(), ENDPOINT, "candidate")
    with running(simulated) as url:
        code, _ = play("evaluate-with-another-tool.yml", url, "workflow_dispatch", rejected())

    assert served(simulated) == 3
    assert {request.method for request in simulated.requests} == {"GET"}
    assert code == 1


def pull_request(repository: str = REPOSITORY, author: str = "somebody") -> dict[str, Any]:
    return {
        "number": 7,
        "pull_request": {"number": 7, "head": {"repo": {"full_name": repository}}, "user": {"login": author}},
    }


#: `gh` cannot be fetched here. This one shows what it is asked to do.
GH = 'gh() { echo "gh $*" && cat; }'


def commented(text: str) -> str:
    return text.replace("          gh pr", f"          {GH}\n          gh pr")


@pytest.mark.workflow
def test_pull_request_dry_run_comments_and_changes_nothing(play: Play) -> None:
    text = commented(text_of("pull-request-dry-run.yml"))
    with running(simulated := world()) as url:
        code, lines = play("pull-request-dry-run.yml", url, "pull_request", text, payload=pull_request())

    assert GH in text
    at = lines.index("gh pr comment 7 --edit-last --create-if-none --body-file -")
    assert lines[at + 1].startswith("### ")
    assert {request.method for request in simulated.requests} == {"GET"}
    assert code == 0


@pytest.mark.workflow
@pytest.mark.parametrize(
    "pull", [pull_request("fork/my-app"), pull_request(author="dependabot[bot]")], ids=["fork", "dependabot"]
)
def test_pull_request_dry_run_skips_runs_without_secrets(play: Play, pull: dict[str, Any]) -> None:
    with running(simulated := world()) as url:
        text = commented(text_of("pull-request-dry-run.yml"))
        code, lines = play("pull-request-dry-run.yml", url, "pull_request", text, payload=pull)

    assert simulated.requests == []
    assert not [line for line in lines if line.startswith("gh ")]
    assert code == 0


@contextmanager
def slack() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Receive what is sent to an incoming webhook."""
    received: list[dict[str, str]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret", received
        server.shutdown()


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("scenario", "serving"),
    [("rolls-back", "Serving now: version 1."), ("rollout-error", "Serving now: not clear, check the endpoint.")],
)
def test_tell_slack_says_what_happened_and_what_is_serving(play: Play, scenario: str, serving: str) -> None:
    with running(world(scenario)) as url, slack() as (webhook, received):
        code, _ = play("tell-slack.yml", url, "workflow_dispatch", secrets=SECRETS | {SLACK: webhook})

    (message,) = received
    first, second, third = message["text"].splitlines()
    assert first.startswith(f"Deployment to {ENDPOINT} failed. ")
    assert len(first) > len(f"Deployment to {ENDPOINT} failed. ") + 20
    assert second == serving
    assert re.fullmatch(r"https://\S+/actions/runs/\d+", third)
    assert code == 1


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("scenario", "drift"),
    [("live", []), ("healthy", ["Drift: production is version 2. Serving now: version 1. Plan: deploy."])],
    ids=["live", "healthy"],
)
def test_nightly_drift_check_fails_if_there_is_something_to_deploy(play: Play, scenario: str, drift: list[str]) -> None:
    with running(simulated := world(scenario)) as url:
        code, lines = play("nightly-drift-check.yml", url, "schedule")

    assert [line for line in lines if line.startswith("Drift: ")] == drift
    assert {request.method for request in simulated.requests} == {"GET"}
    assert code == len(drift)


@pytest.mark.workflow
def test_tag_to_alias_deploys_the_version_with_the_alias_of_the_tag(play: Play) -> None:
    simulated = world()
    simulated.registry.set_aliases(VersionName(ORG, ARCHITECTURE, "2"), ["production", "v1-2-3"])
    with running(simulated) as url:
        code, lines = play("tag-to-alias.yml", url, "push", payload={"ref": "refs/tags/v1.2.3"})

    assert "v1.2.3 is live as version 2" in lines
    assert served(simulated) == 2
    assert code == 0


FLEET = ("my-org-europe", "my-org-asia", "my-org-america", "my-org-batch")


def fleet(**scenarios: str) -> World:
    """Have the canary and its fleet, in which every endpoint is healthy unless it plays another scenario."""
    endpoints = dict.fromkeys(("my-org-canary", *FLEET), "healthy")
    return world(
        answer="Paris.", endpoints=endpoints | {f"my-org-{name}": scenario for name, scenario in scenarios.items()}
    )


@pytest.mark.workflow
def test_canary_then_fleet_undoes_what_it_changed_if_one_endpoint_fails(play: Play) -> None:
    deploy_before(simulated := fleet(america="rollout-error"), "my-org-europe", "2")
    with running(simulated) as url:
        code, lines = play("canary-then-fleet.yml", url, "workflow_dispatch")

    assert {name: served(simulated, name) for name in FLEET} == {
        "my-org-europe": 2,  # as before
        "my-org-asia": 1,
        "my-org-america": 1,
        "my-org-batch": 1,
    }
    assert {name: deployed_by_caller(simulated, name) for name in FLEET} == {
        "my-org-europe": [2],  # not by the workflow
        "my-org-asia": [2, 1],
        "my-org-america": [2, 1],
        "my-org-batch": [2, 1],
    }
    assert served(simulated, "my-org-canary") == 2
    assert "Version 2 is on every endpoint" not in lines
    assert code == 1


@pytest.mark.workflow
def test_canary_then_fleet_announces_what_every_endpoint_has(play: Play) -> None:
    with running(simulated := fleet(europe="live", asia="live", america="live")) as url:
        code, lines = play("canary-then-fleet.yml", url, "workflow_dispatch")

    assert [deployed_by_caller(simulated, name) for name in FLEET] == [[], [], [], [2]]
    assert "Version 2 is on every endpoint" in lines
    assert code == 0


@pytest.mark.workflow
def test_canary_then_fleet_has_nothing_to_do_if_every_endpoint_has_the_version(play: Play) -> None:
    with running(simulated := fleet(**{name.removeprefix("my-org-"): "live" for name in FLEET})) as url:
        code, lines = play("canary-then-fleet.yml", url, "workflow_dispatch")

    assert {one.endpoint for one in simulated.deployments if one.by == "caller"} == {"my-org-canary"}
    assert "Version 2 is on every endpoint" in lines
    assert code == 0


@pytest.mark.workflow
def test_canary_then_fleet_leaves_the_fleet_alone_if_someone_else_deploys_there(play: Play) -> None:
    with running(simulated := fleet(asia="busy-same")) as url:
        code, lines = play("canary-then-fleet.yml", url, "workflow_dispatch")

    assert [line for line in lines if line.startswith("Someone else is deploying to the fleet.")]
    assert {one.endpoint for one in simulated.deployments if one.by == "caller"} == {"my-org-canary"}
    assert code == 1


@pytest.mark.workflow
def test_keep_a_trace_has_one_where_the_deployment_failed(play: Play) -> None:
    text = text_of("keep-a-trace.yml")
    upload = text[text.index("        uses: actions/upload-artifact") :]  # which cannot be fetched here
    with running(simulated := world("rolls-back")) as url:
        code, lines = play(
            "keep-a-trace.yml",
            url,
            "workflow_dispatch",
            text.replace(upload, "        run: grep --count startedDateTime trace/rollout.har\n"),
        )

    assert str(len(simulated.requests)) in lines
    assert code == 1
