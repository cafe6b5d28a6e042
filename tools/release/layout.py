"""Images as files (OCI image layouts): those of two platforms are joined to one index before anything is pushed."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from release.failure import NotReady

INDEX = "application/vnd.oci.image.index.v1+json"
PLATFORMS = ("linux/amd64", "linux/arm64")
# What says that a manifest is not an image to run, but the SBOM or the build's record of one.
ABOUT = "vnd.docker.reference.digest"


def blob(layout: Path, digest: str) -> Path:
    """Return where a layout keeps the file with that digest."""
    return layout / "blobs" / digest.replace(":", "/")


def platform(descriptor: dict[str, Any]) -> str:
    """Return the platform of an image in an index, like `linux/arm64`."""
    found = descriptor.get("platform", {})
    return f"{found.get('os', '')}/{found.get('architecture', '')}"


def _with_platform(layout: Path, descriptor: dict[str, Any]) -> dict[str, Any]:
    """Return the descriptor as it stands in an index. If it does not name the platform, the image's config does."""
    kept = {name: descriptor[name] for name in ("mediaType", "digest", "size", "platform") if name in descriptor}
    annotations = {name: text for name, text in descriptor.get("annotations", {}).items() if name.startswith("vnd.")}
    if "platform" not in kept:
        config = json.loads(blob(layout, descriptor["digest"]).read_bytes())["config"]["digest"]
        image = json.loads(blob(layout, config).read_bytes())
        kept["platform"] = {"architecture": image["architecture"], "os": image["os"]}
    return kept | ({"annotations": annotations} if annotations else {})


def manifests(layout: Path) -> list[dict[str, Any]]:
    """List what a layout holds, the images and what is about them, whether they are in an index of their own or not."""
    found: list[dict[str, Any]] = []
    for descriptor in json.loads((layout / "index.json").read_bytes())["manifests"]:
        if descriptor["mediaType"] == INDEX:
            found += json.loads(blob(layout, descriptor["digest"]).read_bytes())["manifests"]
        else:
            found.append(descriptor)
    return [_with_platform(layout, one) for one in found]


def join(layouts: list[Path], out: Path) -> str:
    """Write one layout with one index of all their images; returns the index' digest."""
    entries = [one for layout in layouts for one in manifests(layout)]
    images = sorted(platform(one) for one in entries if ABOUT not in one.get("annotations", {}))
    if images != sorted(PLATFORMS):
        raise NotReady(f"an index of {', '.join(PLATFORMS)} is wanted, and there are {', '.join(images)}")
    for layout in layouts:
        shutil.copytree(layout / "blobs", out / "blobs", dirs_exist_ok=True)
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, indent=2).encode()
    digest = f"sha256:{hashlib.sha256(index).hexdigest()}"
    blob(out, digest).write_bytes(index)
    whole = {"mediaType": INDEX, "digest": digest, "size": len(index)}
    (out / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (out / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [whole]}))
    return digest
