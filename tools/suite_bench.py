"""A thousand questions: how long the action takes beside a plain httpx loop, and its peak memory.

`python tools/suite_bench.py [LATENCY]` prints both for a simulator whose answers take so many seconds (0.05).
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx

import runner
from helpers.repository import MANIFEST
from helpers.simulated import simulator

CASES, CONCURRENCY = 1000, 8
ENDPOINT, KEY = "my-org-gpt-oss-120b", "sim-inference-key"
# Runs the action, and writes its peak memory in KiB; getrusage would count the parent's, too.
MEASURED = """
import sys
from pathlib import Path
from cerebras_deploy.__main__ import main
code = main()
status = Path("/proc/self/status").read_text()
Path(sys.argv[1]).write_text(status.partition("VmHWM:")[2].split()[0])
sys.exit(code)
"""


class Measured(NamedTuple):
    """Seconds for all questions, of the action and of a plain loop; peak memory in KiB."""

    action: float
    plain: float
    memory: int

    def __str__(self) -> str:
        times = f"action {self.action:.2f} s, plain loop {self.plain:.2f} s, {self.action / self.plain:.2f} x"
        return f"{CASES} questions, {CONCURRENCY} at a time: {times}; peak memory {self.memory / 1024:.0f} MiB"


def prompts() -> list[str]:
    """Return the questions, of some 200 characters each."""
    return [f"Question {number}: {'please answer briefly. ' * 8}" for number in range(CASES)]


def plain_loop(url: str) -> float:
    """Ask all questions with httpx and nothing else, and return how long that took."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}", "User-Agent": "bench/1"}) as client:

        def ask(prompt: str) -> None:
            body = {"model": ENDPOINT, "messages": [{"role": "user", "content": prompt}], "max_completion_tokens": 1024}
            answer = client.post("/v1/chat/completions", json=body).raise_for_status().json()
            assert "hello" in answer["choices"][0]["message"]["content"].lower()

        began = time.monotonic()
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(ask, prompts()))
        return time.monotonic() - began


def run(url: str, folder: Path, cancel: runner.Cancel | None = None) -> runner.StepResult:
    """Have the action ask them, and judge half of the answers by an expression. Its peak memory is in `peak`."""
    job = runner.JobFolder(folder)
    job.workspace.mkdir(parents=True)
    (job.workspace / "suite.toml").write_text(f'concurrency = {CONCURRENCY}\ncases = "cases.jsonl"\n')
    checks = ({"contains": "hello"}, {"expect": "(?i)hello"})
    lines = [json.dumps({"prompt": prompt} | checks[number % 2]) for number, prompt in enumerate(prompts())]
    (job.workspace / "cases.jsonl").write_text("\n".join(lines))
    given = {
        "api-key": "sim-management-key",
        "endpoint": ENDPOINT,
        "model": "orgs/my-org/models/gpt-oss-120b",
        "alias": "production",
        "base-url": url,
        "smoke-test-file": "suite.toml",
        "inference-api-key": KEY,
    }
    command = [sys.executable, "-I", "-u", "-X", "utf8", "-c", MEASURED, str(folder / "peak")]
    return runner.run_process(command, job, runner.Step(MANIFEST, given), cancel=cancel, limit=600)


def action(url: str, folder: Path) -> tuple[float, int]:
    """Return how long it takes for all questions, and its peak memory."""
    result = run(url, folder)
    assert result.outputs["smoke-test"] == "passed", result.outputs["message"]
    times = [one["at_seconds"] for one in json.loads(result.outputs["report"])["timeline"]]
    return times[-1] - times[-2], int((folder / "peak").read_text())


def measure(latency: float) -> Measured:
    """Measure both against one simulator, one after the other."""
    with simulator("--scenario", "live", "--latency", str(latency)) as url, tempfile.TemporaryDirectory() as folder:
        plain = plain_loop(url)
        seconds, memory = action(url, Path(folder))
    return Measured(seconds, plain, memory)


if __name__ == "__main__":
    print(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05))
