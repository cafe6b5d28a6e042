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

from cerebras_simulator.scenarios import SCENARIOS

ROOT = Path(__file__).parent.parent
SPEED = 10
RED = {
    "cancelled": "cancelled",
    "never-listed": "timed-out",
    "rollout-error": "failed",
    "rolls-back": "rolled-back",
    "stuck-unknown": "timed-out",
    "superseded": "superseded",
    "superseded-vanishes": "superseded",
    "vanishes": "failed",
    "weights-failed": "refused",
}
GREEN = {"live": "unchanged"}


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


def main(scenario: str) -> int:
    """Play the scenario, and say whether it ended as it should."""
    if scenario not in SCENARIOS:
        print(f"There is no scenario {scenario}. There are: {', '.join(SCENARIOS)}")
        return 2
    print(f"Scenario {scenario}: {SCENARIOS[scenario].about}. {SPEED} seconds of it pass in one.\n")
    with simulator(scenario) as address, tempfile.TemporaryDirectory() as folder:
        step = runner.Step(
            manifest=runner.load_manifest(ROOT / "action.yml"),
            with_={
                "api-key": "sim-management-key",
                "endpoint": "my-org-gpt-oss-120b",
                "model": "orgs/my-org/models/gpt-oss-120b",
                "alias": "production",
                "base-url": address,
                "poll-interval": "500ms",
                "timeout": "60s" if RED.get(scenario) == "timed-out" else "60m",
            },
        )
        argv = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
        result = runner.run_process(
            argv, runner.JobFolder(Path(folder)), step, on_line=lambda line: print(line, flush=True), limit=7200
        )
    print("\n--- outputs\n")
    for name, value in result.outputs.items():
        print(f"{name}: {value}")
    print(f"\n--- summary\n\n{result.summary}")
    expected = RED.get(scenario) or GREEN.get(scenario, "succeeded")
    print(f"The step is {'red' if result.exit_code else 'green'}: {result.outputs['result']}. Expected: {expected}.")
    return 0 if (result.outputs["result"], bool(result.exit_code)) == (expected, scenario in RED) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "healthy"))
