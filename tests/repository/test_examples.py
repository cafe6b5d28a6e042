"""The examples: what they ask of the action is what there is, and those that can be run here do what they say."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cerebras_deploy.inputs import Inputs, parse_inputs
from cerebras_simulator.server import running
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World
from helpers.acting import act, build_runner, copy_to
from helpers.repository import MANIFEST, ROOT
from helpers.stage import EPOCH, Stage

EXAMPLES = ROOT / "examples"
ACTION = "OWNER/deploy-to-cerebras@v1"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
SECRETS = {"CEREBRAS_MANAGEMENT_API_KEY": DEFAULT_KEY} | dict.fromkeys(
    ("CEREBRAS_INFERENCE_API_KEY", "CEREBRAS_API_KEY"), DEFAULT_INFERENCE_KEY
)
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
def test_it_may_nothing_by_default_and_is_bounded(name: str) -> None:
    workflow = yaml.safe_load(text_of(name))

    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert all(job["timeout-minutes"] <= 150 for job in workflow["jobs"].values())


@each
def test_its_inputs_are_those_of_the_action(name: str) -> None:
    steps = [step for job in jobs_of(name).values() for step in actions_in(job)]

    assert steps
    for step in steps:
        assert set(step["with"]) <= set(MANIFEST.inputs)
        assert inputs_of(step).endpoint


@each
def test_a_job_outlasts_its_action_which_then_gets_to_say_why(name: str) -> None:
    for job in jobs_of(name).values():
        for inputs in map(inputs_of, actions_in(job)):
            at_most = inputs.timeout * (2 if inputs.on_failure == "rollback" else 1)
            assert job["timeout-minutes"] * 60 > at_most


@each
def test_the_outputs_that_it_reads_are_those_of_the_action(name: str) -> None:
    read = re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text_of(name))
    ids = {step.get("id") for job in jobs_of(name).values() for step in actions_in(job)}

    assert {step for step, _ in read} <= ids
    assert {output for _, output in read} <= set(MANIFEST.outputs)


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


Play = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def _runner() -> None:
    build_runner()


@pytest.fixture
def play(tmp_path: Path, tracked: Callable[[], list[Path]], _runner: None) -> Play:
    """Run an example against the simulator: the action is that of the checkout, the rest is as it stands there."""

    def played(name: str, url: str, event: str, text: str = "") -> tuple[int, list[str]]:
        copy_to(tmp_path, tracked())
        text = (text or text_of(name)).replace("    steps:\n", f"    steps:\n      - uses: {CHECKOUT}\n")
        text = text.replace(f"uses: {ACTION}\n", "uses: ./\n")
        text = text.replace(
            "        with:\n", f"        with:\n          base-url: {url}\n          poll-interval: 500ms\n"
        )
        workflow = tmp_path / ".github" / "workflows" / name
        workflow.write_text(text, encoding="utf-8")
        return act(tmp_path, str(workflow.relative_to(tmp_path)), event, SECRETS)

    return played


def world(scenario: str = "healthy", **options: Any) -> World:
    """Have a simulator in this process; act's containers are on the host's network."""
    began = time.monotonic()
    return World(lambda: EPOCH + time.monotonic() - began, scenario=scenario, speed=50, **options)


def samples_of_readme() -> list[str]:
    """Return the README's workflow, and what it says to add to it for more of a gate."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.workflow
def test_the_workflow_of_the_readme_goes_on_with_the_version_that_is_live(play: Play) -> None:
    workflow, _ = samples_of_readme()
    with running(simulated := world()) as url:
        code, lines = play("readme.yml", url, "push", workflow)

    assert "version 2 is live" in lines
    assert [request.method for request in simulated.requests].count("POST") == 1
    assert code == 0


@pytest.mark.workflow
def test_more_of_a_gate_can_be_added_to_the_workflow_of_the_readme(play: Play) -> None:
    workflow, more = samples_of_readme()
    with running(simulated := world(answer="Paris.")) as url:
        code, lines = play(
            "readme.yml", url, "push", workflow.replace("alias: production\n", f"alias: production\n{more}")
        )

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
def test_gate_a_release_publishes_nothing_after_one_that_was_rolled_back(play: Play) -> None:
    with running(world("rolls-back")) as url:
        code, lines = play("gate-a-release.yml", url, "push")

    assert [line for line in lines if line.startswith("no release, rolled-back. ")]
    assert not [line for line in lines if line.startswith("releasing")]
    assert code == 1


@pytest.mark.workflow
def test_trigger_then_wait_follows_the_very_deployment_and_gates_the_release(play: Play) -> None:
    with running(simulated := world()) as url:
        code, lines = play("trigger-then-wait.yml", url, "workflow_dispatch")

    assert "built while the rollout went on" in lines
    posts = [request for request in simulated.requests if request.method == "POST"]
    (released,) = [line for line in lines if line.startswith("releasing on version 2, deployment ")]
    assert len(posts) == 1
    assert f"Follow deployment {released.split()[-1]} on my-org-gpt-oss-120b" in lines
    assert code == 0


@pytest.mark.workflow
def test_promote_after_smoke_test_moves_the_alias(play: Play) -> None:
    with running(simulated := world(answer="Paris.")) as url:
        code, lines = play("promote-after-smoke-test.yml", url, "workflow_dispatch")

    assert "production is version 3, smoke test passed" in lines
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
    assert [line for line in lines if line.startswith(f"rolled back by deployment {back.id}. ")]
    assert not [line for line in lines if line.startswith("production is version")]
    assert simulated.alias_changes == []
    assert code == 1


@pytest.mark.workflow
def test_pull_request_dry_run_shows_the_plan_and_changes_nothing(play: Play) -> None:
    with running(simulated := world()) as url:
        code, lines = play("pull-request-dry-run.yml", url, "pull_request")

    assert [line for line in lines if line.startswith("dry run: a real one would ")]
    assert {request.method for request in simulated.requests} == {"GET"}
    assert code == 0


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
