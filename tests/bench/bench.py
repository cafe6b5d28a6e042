"""`make bench`: start, memory, size and waiting, as the table of docs/performance.md.

What is compared is run in turns, and medians are given: on a busy machine the ratios hold, the milliseconds do not.
"""

import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from waiting import waiting

HERE = Path(__file__).parent
IMAGE = "cerebras-deploy-action:local"
SAMPLES = 120  # rollouts of each length
MIB = 1024 * 1024
CLEAN = {"PATH": os.environ["PATH"]}  # nothing else of this machine, such as a CA bundle, makes a difference
ACTION = ("/usr/bin/python3", "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy")
NOTHING = ("--entrypoint", "/usr/bin/python3", IMAGE, "-I", "-c", "pass")
# See the peers' own sources: 0.3 s a call, the end spread over ± 30 s. Calls per 10-minute rollout, and mean lag.
PEERS = {
    "Truss push (1 s)": (462, 0.9),
    "sagemaker-core, await-remote-run (5 s)": (115, 2.9),
    "Terraform Cloud (2 s to 7 s)": (85, 3.9),
    "CloudFormation, Octopus, Elastic Beanstalk (10 s)": (60, 5.4),
    "Vercel (1 s to 30 s)": (48, 15.5),
    "CodeBuild (30 s)": (21, 15.6),
    "Amazon ECS 2.6.3 (15 s to 600 s)": (7.7, 322.0),
}


@dataclass(frozen=True)
class Start:
    """Seconds from a process' start to the first byte of its first request, and its peak memory by then."""

    seconds: float
    memory: float


class Api:
    """A socket that notes when a request comes, and refuses it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(30)
        url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        given = {"api-key": "k" * 20, "endpoint": "e", "model": "m", "alias": "production", "base-url": url}
        self.environment = {f"INPUT_{name.upper()}": value for name, value in given.items()}

    def start(self, command: Sequence[str]) -> Start:
        """Run it until its request is there; the memory is that of the process itself."""
        began = time.perf_counter()
        with subprocess.Popen(command, env=self.environment | CLEAN, stdout=subprocess.DEVNULL) as process:
            connection, _ = self._socket.accept()
            with connection:
                connection.recv(1)
                seconds = time.perf_counter() - began
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        return Start(seconds, int(peak[1]) / 1024 if peak else 0.0)


def run(*command: str) -> float:
    """Run it to its end; returns how long that took."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


@contextmanager
def rootfs() -> Iterator[list[str]]:
    """Unpack the image; gives what runs a command in there without a container."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["docker", "create", IMAGE]
        container = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as exported:
            subprocess.run(["tar", "--extract", "--directory", folder], stdin=exported.stdout, check=True)
        subprocess.run(["docker", "rm", container], check=True, stdout=subprocess.DEVNULL)
        yield ["chroot", folder] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot", folder]


def compressed() -> int:
    """Return the size of the image as a registry has it, nearly."""
    size = 0
    with subprocess.Popen(["docker", "save", IMAGE], stdout=subprocess.PIPE) as saved:
        command = ["gzip", "--stdout"]
        with subprocess.Popen(command, stdin=saved.stdout, stdout=subprocess.PIPE) as packed:
            assert packed.stdout
            while chunk := packed.stdout.read(MIB):
                size += len(chunk)
    return size


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of what ran in turns."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def starts(runs: int) -> Iterator[str]:
    """Measure start and memory, in rows. `chroot` and `docker` are in the times; the former is nothing."""
    api, node = Api(), ("node", str(HERE / "node_modules" / "action.mjs"))
    variables = [word for pair in api.environment.items() for word in ("--env", "=".join(pair))]
    docker = ("docker", "run", "--rm", "--network", "host")
    ours, theirs, asked, idle = [], [], [], []
    with rootfs() as inside:
        for _ in range(runs + 1):  # the first of each only warms the caches
            ours.append(api.start([*inside, *ACTION]))
            theirs.append(api.start(node))
            asked.append(api.start([*docker, *variables, IMAGE]).seconds)
            idle.append(run(*docker, *NOTHING))
    ours, theirs, asked, idle = ours[1:], theirs[1:], asked[1:], idle[1:]
    to_request = [one.seconds for one in ours], [one.seconds for one in theirs]
    memory = [one.memory for one in ours], [one.memory for one in theirs]
    yield (
        f"| process start to first request | {1000 * median(to_request[0]):.0f} ms "
        f"| Node action: {1000 * median(to_request[1]):.0f} ms | {ratio(*to_request):.2f} x |"
    )
    yield (
        f"| `docker run` to first request | {1000 * median(asked):.0f} ms "
        f"| `docker run`, Python doing nothing: {1000 * median(idle):.0f} ms | {ratio(asked, idle):.2f} x |"
    )
    yield (
        f"| peak memory by then | {median(memory[0]):.0f} MiB "
        f"| Node action: {median(memory[1]):.0f} MiB | {ratio(*memory):.2f} x |"
    )


def waits(runs: int) -> Iterator[str]:
    """Simulate waiting, in rows."""
    for minutes in (2, 10, 45):
        for counts in (True, False):
            found = waiting(minutes, counts=counts, runs=runs)
            known = "known" if counts else "unknown"
            late = f"{found.lag:.1f} s | {found.most:.1f} s"
            yield f"| this action | {minutes} min | {known} | {late} | {found.calls:.0f} |"
            assert found.results == {"succeeded"}, found.results
    for peer, (calls, lag) in sorted(PEERS.items(), key=lambda one: one[1][1]):
        yield f"| {peer} | 10 min | | {lag} s | | {calls} |"


def machine() -> str:
    """Return what this was measured on."""
    node = subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Node {node}, the image's Python"


def main(runs: int) -> None:
    """Print it all."""
    print(f"Machine: {machine()}. Medians of {runs} runs in turns.\n")
    print("| what | this action | beside it | ratio |\n| --- | --- | --- | --- |")
    for row in starts(runs):
        print(row, flush=True)
    print(f"| image, compressed | {compressed() / 1e6:.1f} MB | | |\n")
    print("| who | rollout | replica counts | mean lag | most | calls |\n| --- | --- | --- | --- | --- | --- |")
    for row in waits(SAMPLES):
        print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
