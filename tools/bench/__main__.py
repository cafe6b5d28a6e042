"""`make bench`: start, memory, size and waiting, as the table of docs/performance.md.

What is compared is run in turns, and medians are given: on a busy machine the ratios hold, the milliseconds do not.
"""

import json
import os
import platform
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

import fleet
import waiting
from bench import pull
from bench.measured import Api, Sides, Start, run

HERE = Path(__file__).parent
IMAGE = "cerebras-deploy-action:local"
MIB = 1024 * 1024
ACTION = ("/usr/bin/python3", "-I", "-S", "-u", "-X", "utf8", "/action/bundle.pyc", "/action/bundle")
NOTHING = ("--entrypoint", "/usr/bin/python3", IMAGE, "-I", "-S", "-c", "pass")
CA = "ca.pem"


@contextmanager
def rootfs(authority: trustme.CA, image: str = IMAGE) -> Iterator[tuple[str, ...]]:
    """Unpack an image, and put a CA's certificate into it; gives what runs the action in there without a container."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["docker", "create", image]
        container = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as exported:
            subprocess.run(["tar", "--extract", "--directory", folder], stdin=exported.stdout, check=True)
        subprocess.run(["docker", "rm", container], check=True, stdout=subprocess.DEVNULL)
        authority.cert_pem.write_to_path(f"{folder}/{CA}")
        root = ("chroot", folder) if os.geteuid() == 0 else ("unshare", "--map-root-user", "chroot", folder)
        yield ("env", *variables_of(image), *root, *ACTION)


def variables_of(image: str) -> list[str]:
    """Return the environment that an image sets, as `NAME=value`."""
    command = ["docker", "image", "inspect", "--format", "{{json .Config.Env}}", image]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout) or []


def compressed(image: str = IMAGE) -> int:
    """Return the size of an image as a registry has it, nearly."""
    size = 0
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
        command = ["gzip", "--stdout"]
        with subprocess.Popen(command, stdin=saved.stdout, stdout=subprocess.PIPE) as packed:
            assert packed.stdout
            while chunk := packed.stdout.read(MIB):
                size += len(chunk)
    return size


def starts(runs: int) -> Iterator[str]:
    """Measure start and memory, in rows. `chroot` and `docker` are in the times; the former is nothing."""
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    https, http = Api(server), Api()
    node = ("node", str(HERE / "node_modules" / "action.mjs"))
    variables = [word for pair in http.environment.items() for word in ("--env", "=".join(pair))]
    docker = ("docker", "run", "--rm", "--network", "host")
    tls, plain, container = Sides(), Sides(), Sides()
    with rootfs(authority) as action, tempfile.TemporaryDirectory() as folder:
        authority.cert_pem.write_to_path(f"{folder}/{CA}")
        for _ in range(runs + 1):
            tls.ours.append(https.start(*action, SSL_CERT_FILE=f"/{CA}"))
            tls.theirs.append(https.start(*node, NODE_EXTRA_CA_CERTS=f"{folder}/{CA}"))
            plain.ours.append(http.start(*action))
            plain.theirs.append(http.start(*node))
    for _ in range(runs + 1):  # apart, since Docker cleans up behind its back
        container.ours.append(http.start(*docker, *variables, IMAGE))
        container.theirs.append(Start(run(*docker, *NOTHING), 0.0, 0.0))
    yield tls.row("process start to first request, https", "Node action", "seconds", 1000, "ms")
    yield plain.row("the same, plain http", "Node action", "seconds", 1000, "ms")
    yield container.row(
        "`docker run` to first request, http", "`docker run`, Python doing nothing", "seconds", 1000, "ms"
    )
    yield tls.row("peak memory at the first request", "Node action", "memory", 1, "MiB")
    yield tls.row("peak memory to the end", "Node action", "peak", 1, "MiB")


def beside(runs: int, other: str) -> Iterator[str]:
    """Measure the same of another image of the action, in turns: that of an earlier revision."""
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    https, process = Api(server), Sides()
    with rootfs(authority) as new, rootfs(authority, other) as old:
        for _ in range(runs + 1):
            process.ours.append(https.start(*new, SSL_CERT_FILE=f"/{CA}"))
            process.theirs.append(https.start(*old, SSL_CERT_FILE=f"/{CA}"))
    yield process.row("process start to first request, https", other, "seconds", 1000, "ms")
    yield process.row("peak memory at the first request", other, "memory", 1, "MiB")
    yield process.row("peak memory to the end", other, "peak", 1, "MiB")
    sizes = [compressed(image) / 1e6 for image in (IMAGE, other)]
    yield f"| image, compressed | {sizes[0]:.1f} MB | {other}: {sizes[1]:.1f} MB | {sizes[0] / sizes[1]:.2f} x |"


def machine() -> str:
    """Return what this was measured on."""
    node = subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Node {node}, the image's Python"


def main(runs: int, other: str = "") -> None:
    """Print it all; or, with another image of the action, how the two compare."""
    print(f"Machine: {machine()}. Medians of {runs} runs in turns.\n")
    print("| what | this action | beside it | ratio |\n| --- | --- | --- | --- |")
    if other:
        print(*beside(runs, other), sep="\n")
        return
    for row in starts(runs):
        print(row, flush=True)
    print(f"| image, compressed | {compressed() / 1e6:.1f} MB | | |", flush=True)
    for row in pull.rows(min(runs, pull.MOST_RUNS)):
        print(row, flush=True)
    print()
    for row in (*waiting.rows(), "", *fleet.rows()):
        print(row, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15, *sys.argv[2:])
