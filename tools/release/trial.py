"""The release as its users have it: `uses: OWNER/REPOSITORY@v1.2.3`, in an action that is written for it.

A workflow's `uses:` takes no expression. That of a local action is read when the step that uses it begins.
"""

import json
from pathlib import Path

INPUTS = {
    "api-key": "sim-management-key",
    "base-url": "http://simulator:8321",
    "endpoint": "my-org-gpt-oss-120b",
    "model": "orgs/my-org/models/gpt-oss-120b",
    "alias": "production",
    "poll-interval": "500ms",
}


def write(folder: Path, repository: str, tag: str) -> None:
    """Write a local action with one step, the release; JSON is YAML."""
    step = {"id": "deploy", "uses": f"{repository}@{tag}", "with": INPUTS}
    action = {
        "name": "Trial",
        "description": f"Deploy to the simulator with {tag}.",
        "outputs": {"result": {"description": "What it said.", "value": "${{ steps.deploy.outputs.result }}"}},
        "runs": {"using": "composite", "steps": [step]},
    }
    folder.mkdir(parents=True)
    (folder / "action.yml").write_text(json.dumps(action, indent=2))
