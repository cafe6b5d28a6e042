"""The release page, by GitHub's command line. `GH_TOKEN` and `GH_REPO` tell it where."""

import subprocess

from release.failure import NotReady


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


def _is_published(tag: str) -> bool:
    """Look for the page; gh finds drafts, too, and says `release not found` if there is neither."""
    command = ["gh", "release", "view", tag, "--json", "isDraft", "--jq", ".isDraft"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode and "release not found" not in done.stderr:
        raise NotReady(f"GitHub does not say whether {tag} has a page: {done.stderr.strip()}. Re-run the failed jobs.")
    if done.stdout.strip() == "true":
        raise NotReady(f"Somebody has drafted a page for {tag}. Delete that draft, then re-run the failed jobs.")
    return not done.returncode


def publish(tag: str, text: str, *, latest: bool) -> None:
    """Publish the page, unless it is. With immutable releases on, neither tag nor page change from here on.

    It has no files, so it needs no draft, which somebody could publish too early.
    """
    if not _is_published(tag):
        flags = ["--verify-tag", "--title", tag, "--notes-file", "-", f"--latest={str(latest).lower()}"]
        subprocess.run(["gh", "release", "create", tag, *flags], check=True, input=text, text=True)
