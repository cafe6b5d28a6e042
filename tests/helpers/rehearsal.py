"""A release without GitHub: the workflow's own steps, a bare remote that has GitHub's rules, and a `gh` of its own."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helpers.repository import ROOT
from release.refs import git

REPOSITORY = "My-Org/deploy-to-cerebras"  # with a capital, as accounts have them and images must not
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
REFS = "%(objectname) %(refname)"
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com")

# What GitHub refuses a workflow's token, and what the rulesets of docs/maintaining.md refuse everybody. It refuses one
# ref once if told to.
RULES = """#!/bin/bash
if [[ -e refuse && $(<refuse) == "$1" ]]; then rm refuse; echo "remote: Internal Server Error"; exit 1; fi
workflows() { git rev-parse --verify --quiet "$1:.github/workflows"; }
case $1 in
    refs/tags/v*.*.*) [[ $2 =~ ^0+$ ]] || { echo "$1 is never moved"; exit 1; } ;;
    refs/tags/v* | refs/heads/releases/*)
        [[ $2 =~ ^0+$ ]] || git merge-base --is-ancestor "$2" "$3" || { echo "$1 only goes forward"; exit 1; } ;;
esac
if [[ -z ${GH_TOKEN:-} ]] || ! wanted=$(workflows "$3"); then exit 0; fi
for branch in $(git for-each-ref --format='%(objectname)' refs/heads); do
    if [[ $(workflows "$branch") == "$wanted" ]]; then exit 0; fi
done
echo "refusing to allow a GitHub App to create or update workflow"
exit 1
"""

# Release pages in a file; as gh, it wants to know with --verify-tag that the tag is there. It fails once if told to.
# And the environment, as its API has it.
GH = """#!/usr/bin/env python3
import json, os, pathlib, subprocess, sys
store = pathlib.Path(os.environ["GH_PAGES"])
pages = json.loads(store.read_text())
match sys.argv[1:]:
    case ["auth", "setup-git"]:
        pass
    case ["api", "repos/{owner}/{repo}/environments/release"]:
        print('{"protection_rules": [{"type": "required_reviewers", "reviewers": [{"type": "User"}]}]}')
    case ["release", "view", tag, "--json", "isDraft", "--jq", ".isDraft"]:
        print("false") if tag in pages else sys.exit("release not found")
    case ["release", "create", tag, "--verify-tag", "--title", title, "--notes-file", "-", latest]:
        if pages.pop("fail", None):
            store.write_text(json.dumps(pages))
            sys.exit("HTTP 502")
        subprocess.run(["git", "ls-remote", "--exit-code", "origin", f"refs/tags/{tag}"], check=True, stdout=sys.stderr)
        assert tag not in pages
        if latest == "--latest=true":
            for page in pages.values():
                page["latest"] = False
        pages[tag] = {"latest": latest == "--latest=true", "notes": sys.stdin.read()}
    case other:
        sys.exit(f"unknown: {other}")
store.write_text(json.dumps(pages))
"""


def program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


@dataclass
class Run:
    """One run of the workflow, for one tag: what its jobs have said so far. A job that fails can be run again."""

    here: "Workshop"
    tag: str
    said: dict[str, str] = field(default_factory=dict)

    def job(self, name: str, *only: str, built: dict[str, Path] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run the steps of a job that are commands, those with these names, in a checkout of its own."""
        job = WORKFLOW["jobs"][name]
        checkout = self._checkout(name)
        for place, layout in (built or {}).items():
            shutil.copytree(layout, checkout / place)
        steps = [step for step in job["steps"] if "run" in step and (not only or step.get("name") in only)]
        assert len(steps) >= len(only)
        done = subprocess.CompletedProcess("", 0, "", "")
        for step in steps:
            done = self._step(step, job.get("env", {}), checkout)
            if done.returncode:
                return done
        self.said |= {f"needs.{name}.outputs.{key}": self._filled(text) for key, text in job.get("outputs", {}).items()}
        return done

    def _checkout(self, job: str) -> Path:
        checkout = self.here.folder / f"{self.tag.replace('/', '-')}-{job}"
        shutil.rmtree(checkout, ignore_errors=True)
        git(
            self.here.folder,
            "-c",
            "advice.detachedHead=false",
            "clone",
            "--quiet",
            "--branch",
            self.tag,
            str(self.here.remote),
            str(checkout),
        )
        return checkout

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self.said[match[1]], text)

    def _step(self, step: dict[str, Any], env: dict[str, str], checkout: Path) -> "subprocess.CompletedProcess[str]":
        output = checkout.with_suffix(".output")
        output.write_text("")
        self.said |= {"github.token": "token", "github.repository": REPOSITORY}
        given = {key: self._filled(text) for key, text in (env | step.get("env", {})).items()}
        github = {"GITHUB_OUTPUT": str(output), "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_REF_NAME": self.tag}
        whole = os.environ | WORKFLOW["env"] | self.here.env | github | given
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]  # what `shell: bash` is
        done = subprocess.run(command, check=False, cwd=checkout, env=whole, capture_output=True, text=True)
        lines = (line.partition("=") for line in output.read_text().splitlines())
        self.said |= {f"steps.{step['id']}.outputs.{name}": text for name, _, text in lines if "id" in step}
        return done


class Workshop:
    """A remote with GitHub's rules, its release pages, and a clone in which people work."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder, self.remote, self.work = folder, folder / "remote", folder / "work"
        self.pages_file = folder / "pages.json"
        self.pages_file.write_text("{}")
        (folder / "bin").mkdir()
        program(folder / "bin/gh", GH)
        self.env = {
            "GH_PAGES": str(self.pages_file),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "REGISTRY": registry,
        }
        git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", str(self.remote))
        program(self.remote / "hooks/update", RULES)
        git(folder, "init", "--quiet", "--initial-branch", "main", str(self.work))
        git(self.work, "remote", "add", "origin", str(self.remote))
        git(self.work, "config", "advice.detachedHead", "false")
        self._copy()

    def _copy(self) -> None:
        for name in ("action.yml", "README.md", "CHANGELOG.md", "SECURITY.md", "src/cerebras_deploy/__init__.py"):
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.work / name)
        for name in (".github", "tools/release", "examples", "docs"):
            shutil.copytree(ROOT / name, self.work / name, ignore=shutil.ignore_patterns("__pycache__"))
        changelog = self.work / "CHANGELOG.md"
        changelog.write_text("# Changelog\n\n## Unreleased\n\n- First.\n")
        self.commit("Begin")

    def commit(self, message: str) -> None:
        """Commit what there is."""
        git(self.work, "add", ".")
        git(self.work, *AUTHOR, "commit", "--quiet", "--message", message)

    def push(self, *refs: str) -> None:
        """Push as people do: what they push is not held to what a token may."""
        git(self.work, "push", "--quiet", "origin", *refs)

    def bump(self, version: str) -> None:
        """Make the next version, with something to say, and with other workflows than before."""
        (self.work / ".github/workflows/ci.yml").write_text(f"# of {version}\n")
        command = ["python3", "-m", "release", "bump", version]
        subprocess.run(command, check=True, cwd=self.work, env=os.environ | {"PYTHONPATH": "tools"})
        changelog = self.work / "CHANGELOG.md"
        text = changelog.read_text().replace("## Unreleased\n\n##", f"## Unreleased\n\n- After {version}.\n\n##")
        changelog.write_text(text)
        self.commit(f"Version {version}")

    def on_main(self, version: str) -> None:
        """Make the next version, on main."""
        git(self.work, "checkout", "--quiet", "main")
        self.bump(version)
        self.push("HEAD:main")

    def hotfix(self, version: str, of: str) -> None:
        """Make the next version of an older one, and merge it into main, which has the fix and keeps its version."""
        git(self.work, "checkout", "--quiet", "-b", f"fix-{version}", f"release/v{of}")
        self.bump(version)
        git(self.work, "checkout", "--quiet", "main")
        git(self.work, *AUTHOR, "merge", "--quiet", "--strategy", "ours", f"fix-{version}")
        self.push("HEAD:main")
        git(self.work, "checkout", "--quiet", f"fix-{version}")

    def tag(self, version: str) -> Run:
        """Push the tag that starts a release; one that is there is moved."""
        git(self.work, "tag", "--force", f"release/v{version}")
        self.push(f"+release/v{version}")
        return Run(self, f"release/v{version}")

    @property
    def pages(self) -> dict[str, Any]:
        """The release pages, by tag."""
        pages: dict[str, Any] = json.loads(self.pages_file.read_text())
        return pages

    def fail_once(self) -> None:
        """Have the next call that would change a page fail."""
        self.pages_file.write_text(json.dumps(self.pages | {"fail": True}))

    def refuse_once(self, ref: str) -> None:
        """Have the next push of that ref refused."""
        (self.remote / "refuse").write_text(ref)

    def tags(self) -> dict[str, str]:
        """Which exact tag each moving tag is at, and which exact tags there are."""
        lines = (line.split() for line in git(self.remote, "for-each-ref", "refs/tags", "--format", REFS).splitlines())
        return {ref.removeprefix("refs/tags/"): commit for commit, ref in lines if "release/" not in ref}

    def show(self, *arguments: str) -> str:
        """Ask the remote."""
        return git(self.remote, *arguments)
