"""The release as its users have it: `uses: OWNER/REPOSITORY@<commit>`, in an action that is written for it.

A workflow's `uses:` takes no expression. That of a local action is read when the step that uses it begins; the runner
then fetches what it uses, and pulls its images.
"""

import json
from pathlib import Path

from release.commit import pinned
from release.source import ROOT

INPUTS = {
    "api-key": "sim-management-key",
    "endpoint": "my-org-gpt-oss-120b",
    "model": "orgs/my-org/models/gpt-oss-120b",
    "alias": "production",
    "poll-interval": "500ms",
}


def write(folder: Path, uses: str, url: str) -> None:
    """Write a local action with one step, which deploys to the simulator at that address; JSON is YAML."""
    step = {"id": "deploy", "uses": uses, "with": INPUTS | {"base-url": url}}
    action = {
        "name": "Trial",
        "description": f"Deploy to the simulator with {uses}.",
        "outputs": {"result": {"description": "What it said.", "value": "${{ steps.deploy.outputs.result }}"}},
        "runs": {"using": "composite", "steps": [step]},
    }
    folder.mkdir(parents=True)
    (folder / "action.yml").write_text(json.dumps(action, indent=2))


def pin(folder: Path, image: str) -> None:
    """Write the action.yml of a release with that image, before there is such a release."""
    folder.mkdir(parents=True)
    (folder / "action.yml").write_text(pinned((ROOT / "action.yml").read_text(encoding="utf-8"), image))
