"""Images as files, and a registry on this machine: what BuildKit and the container registry are to a release."""

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from release.layout import ABOUT, INDEX, blob

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = """version: 0.1
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:0"}}
"""

Json = dict[str, Any]


def put(layout: Path, document: Json, kind: str) -> Json:
    """Write a document into a layout, and return its descriptor."""
    text = json.dumps(document).encode()
    digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
    blob(layout, digest).write_bytes(text)
    return {"mediaType": kind, "digest": digest, "size": len(text)}


def get(layout: Path, digest: str) -> Json:
    """Read a document of a layout."""
    document: Json = json.loads(blob(layout, digest).read_bytes())
    return document


def layout_of(image: str, folder: Path) -> Path:
    """Write an image of this machine's Docker as a layout."""
    subprocess.run(["docker", "save", "--output", f"{folder}.tar", image], check=True)
    subprocess.run(["skopeo", "copy", "--quiet", f"docker-archive:{folder}.tar", f"oci:{folder}"], check=True)
    Path(f"{folder}.tar").unlink()
    return folder


def small(folder: Path) -> Path:
    """Write the layout of an image with one empty file in it, for what need not start."""
    (folder / "blobs/sha256").mkdir(parents=True)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("empty"))
    packed = gzip.compress(layer.getvalue(), mtime=0)
    inside, outside = (f"sha256:{hashlib.sha256(one).hexdigest()}" for one in (layer.getvalue(), packed))
    blob(folder, outside).write_bytes(packed)
    config = {"os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [inside]}}
    layers = [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": outside, "size": len(packed)}]
    config_is = put(folder, config, "application/vnd.oci.image.config.v1+json")
    image = put(folder, {"schemaVersion": 2, "config": config_is, "layers": layers}, MANIFEST)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [image]}))
    return folder


def built(base: Path, folder: Path, architecture: str, version: str) -> Path:
    """Write the layout that BuildKit would have built for that machine: an index of the image, and of what is about it.

    The files are those of `base` all the same, so that it runs here whatever it says it is for.
    """
    shutil.copytree(base, folder)
    (first,) = json.loads((base / "index.json").read_bytes())["manifests"]
    manifest = get(base, first["digest"])
    config = get(base, manifest["config"]["digest"]) | {"architecture": architecture}
    config["config"]["Labels"] = {"org.opencontainers.image.version": version}
    config_is = put(folder, config, manifest["config"]["mediaType"])
    image = put(folder, manifest | {"mediaType": MANIFEST, "config": config_is}, MANIFEST)
    bill = put(folder, {"packages": [architecture]}, "application/vnd.in-toto+json")
    nothing = put(folder, {}, "application/vnd.oci.image.config.v1+json")
    about = put(folder, {"schemaVersion": 2, "mediaType": MANIFEST, "config": nothing, "layers": [bill]}, MANIFEST)
    about |= {"annotations": {ABOUT: image["digest"]}, "platform": {"architecture": "unknown", "os": "unknown"}}
    image["platform"] = {"architecture": architecture, "os": "linux"}
    index = put(folder, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [image, about]}, INDEX)
    named = index | {"annotations": {"org.opencontainers.image.created": "2026-01-02T03:04:05Z"}}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return folder


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run Debian's docker-registry, and give its address, until the block ends."""
    if not (program := shutil.which("docker-registry")):
        raise FileNotFoundError("docker-registry is missing. Install it: apt-get install docker-registry skopeo")
    config = folder / "registry.yml"
    config.write_text(CONFIG.format(root=folder / "registry"))
    with subprocess.Popen(
        [program, "serve", str(config)], text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        listening = (re.search(r"listening on (127\.0\.0\.1:\d+)", line) for line in process.stderr)
        address = next(match[1] for match in listening if match)
        log = Thread(target=process.stderr.read)  # a pipe that nobody reads fills up
        log.start()
        try:
            yield address
        finally:
            process.terminate()
            log.join()
