"""What a release needs of the repository's settings, and a workflow's token can read. `GH_TOKEN` and `GH_REPO` are set.

GitHub creates an environment that a job names and that is not there, without any rule. So who forgets the reviewers
would release without an approval, and would not hear of it.
"""

import json
import subprocess
from typing import Any

from release.failure import NotReady

ENVIRONMENT = "release"
WHAT_TO_DO = (
    "In Settings > Environments, create it, choose Required reviewers, and add them. Then re-run the failed jobs. "
    "docs/maintaining.md has all of the set-up."
)


def check_reviewers(environment: dict[str, Any]) -> None:
    """Check that somebody has to approve a job with this environment.

    The form is that of `GET /repos/{owner}/{repo}/environments/{environment_name}`.
    """
    rules = environment.get("protection_rules") or []
    if not any(rule.get("type") == "required_reviewers" and rule.get("reviewers") for rule in rules):
        raise NotReady(f"The environment `{ENVIRONMENT}` has no required reviewers. {WHAT_TO_DO}")


def check_environment() -> None:
    """Check the repository's environment; its token needs `actions: read`."""
    command = ["gh", "api", f"repos/{{owner}}/{{repo}}/environments/{ENVIRONMENT}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if "HTTP 404" in done.stderr:
        raise NotReady(f"There is no environment `{ENVIRONMENT}`. {WHAT_TO_DO}")
    if done.returncode:
        raise NotReady(f"The environment `{ENVIRONMENT}` cannot be read: {done.stderr.strip()}")
    check_reviewers(json.loads(done.stdout))
