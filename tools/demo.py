"""`make demo`: the action on the simulator, started as the runner starts it, at ten times the speed of the real thing.

Prints the job's log as it comes, then the outputs and the summary. Exits 0 if the step ended as its scenario should,
be that green or red.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import runner
from cerebras_simulator.world.scenarios import ALL_SCENARIOS
from helpers.repository import MANIFEST

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
# Demos of more than a rollout: the scenario, further inputs, and the result.
DEMOS = {
    "dry-run": ("healthy", ASK | {"dry-run": "true", "promote-aliases": "stable"}, "planned"),
    "promotion": ("healthy", ASK | {"promote-aliases": "stable,canary"}, "succeeded"),
    "smoke-test": ("wrong-answer", ASK | {"on-failure": "rollback"}, "smoke-test-failed"),
    "wrong-answer": ("wrong-answer", ASK, "smoke-test-failed"),
    "empty-answer": ("empty-answer", ASK | {"smoke-test-expect": ""}, "smoke-test-failed"),
    "slow-answers": ("slow-answers", ASK, "smoke-test-failed"),
    "inference-down": ("inference-down", ASK, "smoke-test-failed"),
    "rollback-fails": ("rollback-fails", ASK | {"on-failure": "rollback"}, "smoke-test-failed"),
    "cold-start": ("cold-start", ASK, "succeeded"),
    "wrong-fingerprint": ("wrong-fingerprint", ASK, "succeeded"),
}
GREEN = {"succeeded", "unchanged", "planned"}


@contextmanager
def simulator(scenario: str) -> Iterator[str]:
    """Start the simulator as a process of its own, and give its address."""
    command = [sys.executable, "-m", "cerebras_simulator", "--port", "0", "--speed", str(SPEED), "--scenario", scenario]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def main(name: str) -> int:
    """Play a scenario or a demo, and say whether it ended as it should; `list` lists them."""
    if name == "list":
        for each in dict.fromkeys((*ALL_SCENARIOS, *DEMOS)):
            scenario, further, _ = DEMOS.get(each, (each, {}, ""))
            inputs = ", ".join(name for name in further if name not in ASK)
            print(f"{each:24} {ALL_SCENARIOS[scenario].about}{f' ({inputs})' if inputs else ''}")
        return 0
    if name not in ALL_SCENARIOS and name not in DEMOS:
        print(f"There is no scenario {name}. `make demo SCENARIO=list` lists all.")
        return 2
    scenario, further, expected = DEMOS.get(name, (name, {}, EXPECTED.get(name, "succeeded")))
    print(f"Scenario {scenario}: {ALL_SCENARIOS[scenario].about}. {SPEED} seconds of it pass in one.")
    for key, value in further.items():
        print(f"  {key}: {value}")
    print()
    with simulator(scenario) as address, tempfile.TemporaryDirectory() as folder:
        given = {
            "api-key": "sim-management-key",
            "endpoint": "my-org-gpt-oss-120b",
            "model": "orgs/my-org/models/gpt-oss-120b",
            "alias": "production",
            "base-url": address,
            "poll-interval": "500ms",
            "timeout": "60s" if expected == "timed-out" else "60m",
        }
        step = runner.Step(MANIFEST, given | further)
        argv = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
        result = runner.run_process(
            argv, runner.JobFolder(Path(folder)), step, on_line=lambda line: print(line, flush=True), limit=7200
        )
    print("\n--- outputs\n")
    for output, value in result.outputs.items():
        print(f"{output}: {'(many lines)' if output in {'report', 'summary-markdown'} else value}")
    print(f"\n--- summary\n\n{result.summary}")
    print(f"The step is {'red' if result.exit_code else 'green'}: {result.outputs['result']}. Expected: {expected}.")
    return 0 if (result.outputs["result"], not result.exit_code) == (expected, expected in GREEN) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "healthy"))
