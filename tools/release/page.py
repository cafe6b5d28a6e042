"""The release page, by GitHub's command line. `GH_TOKEN` and `GH_REPO` tell it where."""

import subprocess


def notes(changes: str, commit: str, image: str, simulator: str) -> str:
    """Return the page's text: the changelog's section, and what to pin."""
    return f"""{changes}

### Pinning

The commit of this release is `{commit}`. Its `action.yml` names the image by digest, so pinning the commit pins both.

| image | digest |
| --- | --- |
| action | `{image}` |
| simulator | `{simulator}` |
"""


def draft(tag: str, text: str) -> None:
    """Make the page as a draft, unless there is one."""
    if subprocess.run(["gh", "release", "view", tag], check=False, capture_output=True).returncode:
        command = ["gh", "release", "create", tag, "--draft", "--verify-tag", "--title", tag, "--notes-file", "-"]
        subprocess.run(command, check=True, input=text, text=True)


def publish(tag: str, *, latest: bool) -> None:
    """Publish the page. With immutable releases on, neither tag nor page change from here on."""
    subprocess.run(["gh", "release", "edit", tag, "--draft=false", f"--latest={str(latest).lower()}"], check=True)
