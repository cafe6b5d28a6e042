"""`make demo`: the action on the simulator, started as the runner starts it, ten times faster than the real thing.

Prints the job's log as it comes, then the outputs and the summary. Exits 0 if the step ended as its scenario should,
whether it succeeded or failed.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import runner
from cerebras_simulator.world.scenarios import ALL_SCENARIOS
from helpers.repository import MANIFEST, ROOT
from helpers.simulated import simulator

SPEED = 10
EXPECTED = {
    "cancelled": "cancelled",
    "error-then-rolls-back": "failed",
    "live": "unchanged",
    "never-listed": "timed-out",
    "rollout-error": "failed",
    "rolls-back": "rolled-back",
    "stuck-unknown": "timed-out",
    "superseded": "superseded",
    "superseded-vanishes": "superseded",
    "vanishes": "failed",
    "weights-failed": "refused",
}
ASK = {
    "smoke-test-prompt": "Say hello.",
    "smoke-test-expect": "(?i)hello",
    "smoke-test-max-latency": "5s",
    "inference-api-key": "sim-inference-key",
}
BACK = {"on-failure": "rollback"}
QUESTIONS = ROOT / "examples" / "smoke-test"  # the example's own
MANY = {"smoke-test-file": "smoke-test/questions.toml", "inference-api-key": "sim-inference-key"}
GOOD_ANSWERS = (
    *("--answer-to", 'Give the capital={"capital": "Paris"}'),
    *("--answer-to", "capital of France=Paris"),
    *("--answer-to", "capital of Italy=Rome"),
    *("--answer-to", "17 times 3=51"),
    *("--answer-to", "red planet=Mars"),
    *("--answer-to", "good morning=Bonjour"),
    *("--answer-to", "gold=Au"),
    *("--answer-to", "cat backwards=tac"),
)


@dataclass(frozen=True)
class Demo:
    """A scenario with more inputs, or with more options of the simulator, and how the step is to end."""

    scenario: str
    inputs: dict[str, str] = field(default_factory=dict)
    result: str = "succeeded"
    options: tuple[str, ...] = ()
    about: str = ""


# Demos of more than a rollout.
DEMOS = {
    "dry-run": Demo("healthy", ASK | {"dry-run": "true", "promote-aliases": "stable"}, "planned"),
    "promotion": Demo("healthy", ASK | {"promote-aliases": "stable,canary"}),
    "smoke-test": Demo("wrong-answer", ASK | BACK, "smoke-test-failed"),
    "wrong-answer": Demo("wrong-answer", ASK, "smoke-test-failed"),
    "empty-answer": Demo("empty-answer", ASK | {"smoke-test-expect": ""}, "smoke-test-failed"),
    "slow-answers": Demo("slow-answers", ASK, "smoke-test-failed"),
    "inference-down": Demo("inference-down", ASK, "smoke-test-failed"),
    "rollback-fails": Demo("rollback-fails", ASK | BACK, "smoke-test-failed"),
    "cold-start": Demo("cold-start", ASK),
    "wrong-fingerprint": Demo("wrong-fingerprint", ASK),
    "errors-at-first": Demo(
        "healthy",
        ASK,
        options=("--inference-errors", "2=5"),
        about="the new version answers 503 for 5 seconds after its rollout, which the warm-up forgives",
    ),
    "errors-of-one-version": Demo(
        "healthy",
        ASK | BACK | {"smoke-test-warm-up": "8s"},
        "smoke-test-failed",
        options=("--inference-errors", "2=600"),
        about="the new version answers 503 for the whole warm-up, while GET /v1/models works: it is rolled back",
    ),
    "inference-outage": Demo(
        "healthy",
        ASK | BACK | {"smoke-test-warm-up": "8s"},
        "smoke-test-failed",
        options=("--fault", "chat:*=503", "--fault", "models:2-=503"),
        about="the inference API is down for every model: this says nothing about the version, which is kept",
    ),
    "one-wrong-answer": Demo(
        "healthy",
        ASK | BACK | {"smoke-test-prompt": "What is the capital of France?", "smoke-test-expect": "Paris"},
        "smoke-test-failed",
        options=("--answer-to", "2:capital of France=Lyon", "--answer-to", "capital of France=Paris"),
        about="the new version answers one question wrong that the old one answered right",
    ),
    "slow-tokens": Demo(
        "healthy",
        ASK | BACK | {"smoke-test-max-latency": "2s", "smoke-test-warm-up": "0s"},
        "smoke-test-failed",
        options=("--latency", "2=0.5", "--tokens-per-second", "2=2"),
        about="the new version writes two tokens a second, which is too slow",
    ),
    "suite": Demo(
        "healthy",
        MANY | BACK,
        "smoke-test-failed",
        options=("--answer-to", "2:17 times 3=50", *GOOD_ANSWERS),
        about="many questions; the new version answers one wrong that the old one answered right, and is rolled back",
    ),
    "suite-passes": Demo("healthy", MANY | BACK, options=GOOD_ANSWERS, about="many questions, all answered right"),
    "suite-slower": Demo(
        "healthy",
        MANY | BACK,
        "smoke-test-failed",
        options=("--latency", "2=0.6", *GOOD_ANSWERS),
        about="many questions, all answered right; but the new version is slower than the old one, and is rolled back",
    ),
    "second-writer": Demo(
        "healthy",
        ASK | {"promote-aliases": "stable,canary"},
        options=("--second-writer", "0.5"),
        about="somebody else changes other aliases while the step moves its own",
    ),
}
GREEN = {"succeeded", "unchanged", "planned"}


def demo_of(name: str) -> Demo:
    """Give the demo of that name, or the one of a scenario."""
    return DEMOS.get(name, Demo(name, result=EXPECTED.get(name, "succeeded")))


def told(demo: Demo) -> str:
    """Say what happens."""
    inputs = ", ".join(name for name in demo.inputs if name not in ASK)
    return (demo.about or ALL_SCENARIOS[demo.scenario].about) + (f" ({inputs})" if inputs and not demo.about else "")


def main(name: str) -> int:
    """Play a scenario or a demo, and say whether it ended as it should; `list` lists them."""
    if name == "list":
        for each in dict.fromkeys((*ALL_SCENARIOS, *DEMOS)):
            print(f"{each:24} {told(demo_of(each))}")
        return 0
    if name not in ALL_SCENARIOS and name not in DEMOS:
        print(f"There is no scenario {name}. `make demo SCENARIO=list` lists all.")
        return 2
    demo = demo_of(name)
    print(f"Scenario {name}: {told(demo)}. Time runs {SPEED}x faster.")
    for key, value in demo.inputs.items():
        print(f"  {key}: {value}")
    for option, value in zip(demo.options[::2], demo.options[1::2], strict=True):
        print(f"  simulator: {option} {value!r}")
    print()
    options = ("--speed", str(SPEED), "--scenario", demo.scenario, *demo.options)
    with simulator(*options) as address, tempfile.TemporaryDirectory() as folder:
        given = {
            "api-key": "sim-management-key",
            "endpoint": "my-org-gpt-oss-120b",
            "model": "orgs/my-org/models/gpt-oss-120b",
            "alias": "production",
            "base-url": address,
            "poll-interval": "500ms",
            "timeout": "60s" if demo.result == "timed-out" else "60m",
        }
        step = runner.Step(MANIFEST, given | demo.inputs)
        job = runner.JobFolder(Path(folder))
        if "smoke-test-file" in demo.inputs:
            shutil.copytree(QUESTIONS, job.workspace / QUESTIONS.name)
        argv = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
        result = runner.run_process(argv, job, step, on_line=lambda line: print(line, flush=True), limit=7200)
    print("\n--- outputs\n")
    for output, value in result.outputs.items():
        print(f"{output}: {'(many lines)' if output in {'report', 'summary-markdown'} else value}")
    print(f"\n--- summary\n\n{result.summary}")
    ended = "failed" if result.exit_code else "succeeded"
    print(f"The step {ended}: {result.outputs['result']}. Expected: {demo.result}.")
    return 0 if (result.outputs["result"], not result.exit_code) == (demo.result, demo.result in GREEN) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "healthy"))
