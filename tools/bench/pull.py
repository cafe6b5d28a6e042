"""What a job on a fresh runner waits for: to pull the image and to start it, beside other ways to ship the action.

The registry is on this machine. The Docker engine is one of its own, with nothing in it, as on a hosted runner.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from bench.measured import Api, ratio, run
from helpers.oci import registry
from helpers.repository import ROOT

IMAGE, NAIVE = "cerebras-deploy-action:local", "naive-action:local"
MOST_RUNS = 5  # each pulls a naive image, too
ENGINE_STARTS = 30.0  # seconds, at most


def rows(runs: int) -> Iterator[str]:
    """Measure both, in rows: pulled by digest, and from an empty machine to the first request."""
    build = ["docker", "build", "--quiet", "--tag", NAIVE, "--file", str(ROOT / "tools/bench/naive.Dockerfile"), "."]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    pulls: dict[str, list[float]] = {IMAGE: [], NAIVE: []}
    firsts: dict[str, list[float]] = {IMAGE: [], NAIVE: [], "node": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address, api = stack.enter_context(registry(folder)), Api()
        names = {image: _pushed(image, f"{address}/{image.partition(':')[0]}") for image in pulls}
        engine, tarball = stack.enter_context(_engine(folder)), stack.enter_context(_served(folder))
        for _ in range(runs + 1):
            for image, name in names.items():
                pulls[image].append(run(*engine, "pull", "--quiet", name))
                firsts[image].append(pulls[image][-1] + _first(api, engine, name))
                subprocess.run([*engine, "system", "prune", "--all", "--force"], check=True, stdout=subprocess.DEVNULL)
            firsts["node"].append(_unpacked(api, tarball, folder / "node"))
    yield _row("pull by digest", "naive image", pulls[IMAGE], pulls[NAIVE])
    yield _row("pull and `docker run` to first request", "naive image", firsts[IMAGE], firsts[NAIVE])
    yield _row("the same", "Node action, unpacked from a tarball", firsts[IMAGE], firsts["node"])


def _row(what: str, beside: str, ours: list[float], theirs: list[float]) -> str:
    ours, theirs = ours[1:], theirs[1:]  # the first only warms the caches
    return f"| {what} | {median(ours):.2f} s | {beside}: {median(theirs):.2f} s | {ratio(ours, theirs):.2f} x |"


def _pushed(image: str, name: str) -> str:
    """Push an image of this machine's engine, and return its name by digest."""
    subprocess.run(["docker", "tag", image, name], check=True)
    subprocess.run(["docker", "push", "--quiet", name], check=True, stdout=subprocess.DEVNULL)
    template = "{{index .RepoDigests 0}}"
    command = ["docker", "image", "inspect", "--format", template, name]
    digests = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    subprocess.run(["docker", "image", "rm", name], check=True, stdout=subprocess.DEVNULL)
    return digests


@contextmanager
def _engine(folder: Path) -> Iterator[tuple[str, ...]]:
    """Run a Docker engine with nothing in it, and give the command that talks to it. Needs root.

    It shares the bridge of this machine's engine, which it would remove otherwise; its containers do not use it.
    """
    places = {"--data-root": "data", "--exec-root": "exec", "--pidfile": "pid"}
    options = [word for option, name in places.items() for word in (option, str(folder / name))]
    socket = f"unix://{folder}/docker.sock"
    command = ["dockerd", *options, "--host", socket, "--bridge", "docker0", "--iptables=false"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        docker = ("docker", "--host", socket)
        try:
            until = time.monotonic() + ENGINE_STARTS
            while subprocess.run([*docker, "info"], check=False, capture_output=True).returncode:
                if time.monotonic() > until or process.poll() is not None:
                    raise TimeoutError("a second Docker engine does not start. It needs root and Debian's docker.io")
                time.sleep(0.1)
            yield docker
        finally:
            process.terminate()
            process.wait()
            subprocess.run(["umount", "--lazy", "--quiet", str(folder / "exec/netns/default")], check=False)


def _first(api: Api, engine: tuple[str, ...], name: str) -> float:
    variables = [word for pair in api.environment.items() for word in ("--env", "=".join(pair))]
    return api.start(*engine, "run", "--rm", "--network", "host", *variables, name).seconds


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the Node action as a tarball, as the runner gets an action, and give its address."""
    served = folder / "served"
    source = served / "action"
    source.mkdir(parents=True)
    shutil.copy(ROOT / "tools/bench/node_modules/action.mjs", source)
    shutil.copy(ROOT / "action.yml", source)
    subprocess.run(["tar", "--create", "--gzip", "--file", "action.tar.gz", "action"], check=True, cwd=served)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/action.tar.gz"
    finally:
        server.shutdown()


def _unpacked(api: Api, tarball: str, folder: Path) -> float:
    """Return the seconds from the request for the tarball to the first request of the action in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    archive = str(folder / "action.tar.gz")
    fetched = run("curl", "--fail", "--silent", "--output", archive, tarball)
    unpacked = run("tar", "--extract", "--gzip", "--file", archive, "--directory", str(folder))
    return fetched + unpacked + api.start("node", str(folder / "action/action.mjs")).seconds
