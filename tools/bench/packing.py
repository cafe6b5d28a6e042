"""`make bench-packing`: how long the image takes to pull from a registry on this machine, by how it is packed.

Docker's own pull is that of its classic store. containerd's (`ctr`, with the one that Docker has brought along) is that
of Docker's newer store. The forms are pulled in turns, and one that a client can't unpack is told. The network takes no
time here, so what counts is unpacking; on a slow network the megabytes do.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path
from statistics import median

from helpers.oci import MANIFEST, put, registry
from release.layout import blob

IMAGE = "cerebras-deploy-action:local"
SOCKETS = ("/var/run/docker/containerd/containerd.sock", "/run/containerd/containerd.sock")
BASELINE = "gzip, 1 layer"
FORMS = {
    BASELINE: ("gzip", 1),
    "gzip, 3 layers": ("gzip", 3),
    "zstd -19, 1 layer": ("zstd", 1),
    "zstd -19, 3 layers": ("zstd", 3),
}


def layers(count: int) -> list[bytes]:
    """Split what is in the image into that many archives of about the same size."""
    container = subprocess.run(["docker", "create", IMAGE], check=True, capture_output=True, text=True).stdout.strip()
    try:
        whole = subprocess.run(["docker", "export", container], check=True, stdout=subprocess.PIPE).stdout
    finally:
        subprocess.run(["docker", "rm", container], check=True, stdout=subprocess.DEVNULL)
    archives = [BytesIO() for _ in range(count)]
    with tarfile.open(fileobj=BytesIO(whole)) as source:
        targets = [tarfile.open(fileobj=archive, mode="w") for archive in archives]  # noqa: SIM115
        for member in source:
            smallest = min(targets, key=lambda target: target.offset)
            target = targets[0] if member.islnk() else smallest  # hard links and what they name stay together
            target.addfile(member, source.extractfile(member) if member.isreg() else None)
        for target in targets:
            target.close()
    return [archive.getvalue() for archive in archives]


def packed(archive: bytes, kind: str) -> bytes:
    """Compress a layer as BuildKit does by default, or by zstd as well as it can."""
    if kind == "gzip":
        return gzip.compress(archive, 6, mtime=0)
    return subprocess.run(
        ["zstd", "-19", "--quiet", "--stdout"], check=True, input=archive, stdout=subprocess.PIPE
    ).stdout


def write(folder: Path, kind: str, count: int) -> int:
    """Write the image as a layout in that form; returns the bytes of its layers."""
    (folder / "blobs/sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    inside, outside = [], []
    for archive in layers(count):
        compressed = packed(archive, kind)
        digest = f"sha256:{hashlib.sha256(compressed).hexdigest()}"
        blob(folder, digest).write_bytes(compressed)
        inside.append(f"sha256:{hashlib.sha256(archive).hexdigest()}")
        form = f"application/vnd.oci.image.layer.v1.tar+{kind}"
        outside.append({"mediaType": form, "digest": digest, "size": len(compressed)})
    machine = subprocess.run(["docker", "version", "--format", "{{.Server.Arch}}"], check=True, capture_output=True)
    rootfs = {"type": "layers", "diff_ids": inside}
    config = {"os": "linux", "architecture": machine.stdout.decode().strip(), "config": {}, "rootfs": rootfs}
    config_is = put(folder, config, "application/vnd.oci.image.config.v1+json")
    image = put(folder, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config_is, "layers": outside}, MANIFEST)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [image]}))
    return sum(one["size"] for one in outside if isinstance(one["size"], int))


def clients() -> dict[str, tuple[list[str], list[str]]]:
    """Name the clients of this machine, each with how it pulls an image and how it drops it."""
    version = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], check=True, capture_output=True)
    found = {f"Docker {version.stdout.decode().strip()}": (["docker", "pull"], ["docker", "image", "rm", "--force"])}
    for socket in (one for one in SOCKETS if Path(one).exists()):
        ctr = ["ctr", "--address", socket, "--namespace", "bench-packing", "images"]
        found["containerd"] = ([*ctr, "pull", "--plain-http"], [*ctr, "rm", "--sync"])
    return found


def pull(client: tuple[list[str], list[str]], reference: str) -> list[float]:
    """Pull an image that is not there, and drop it; returns the seconds, or nothing if the client can't."""
    began = time.perf_counter()
    done = subprocess.run([*client[0], reference], check=False, capture_output=True, text=True)
    took = time.perf_counter() - began
    subprocess.run([*client[1], reference], check=False, capture_output=True)
    if done.returncode:
        print(f"{' '.join(client[0][:2])}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return []
    return [took]


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as place, registry(Path(place)) as address:
        sizes = {}
        for name, (kind, count) in FORMS.items():
            folder = Path(place, f"{kind}{count}")
            sizes[name] = write(folder, kind, count)
            target = f"docker://{address}/action:{kind}{count}"
            command = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", f"oci:{folder}", target]
            subprocess.run(command, check=True)
        print("| client | packed as | MB | pull | ratio |\n| --- | --- | --- | --- | --- |")
        for client, commands in clients().items():
            took: dict[str, list[float]] = {name: [] for name in FORMS}
            for _ in range(runs):
                for name, (kind, count) in FORMS.items():
                    took[name] += pull(commands, f"{address}/action:{kind}{count}")
            medians = {name: median(times) for name, times in took.items() if len(times) == runs}
            for name, size in sizes.items():
                row = (
                    f"{medians[name]:.2f} s | {medians[name] / medians[BASELINE]:.2f} x"
                    if name in medians
                    else "can't |"
                )
                print(f"| {client} | {name} | {size / 1e6:.1f} | {row} |")


if __name__ == "__main__":
    main()
