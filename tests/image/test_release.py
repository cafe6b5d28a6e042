"""A release from its tag to its page, rehearsed: the workflow's own commands, Git, a registry; all on this machine."""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from helpers.containers import ACTION, docker
from helpers.oci import built, get, layout_of, registry, small
from helpers.rehearsal import Run, Workshop
from release import registry as release_registry
from release.failure import NotReady
from release.layout import PLATFORMS, join, manifests

pytestmark = pytest.mark.container

CHECK = "Check that it may be released, and that somebody has to approve it"
LOADED = "cerebras-deploy-action:loaded"
PUSH = "Push both by digest, without a tag"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("images") / "base")


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layout_of(ACTION, tmp_path_factory.mktemp("images") / "action")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with registry(tmp_path) as address:
        yield address
    pulled = docker("image", "ls", "--digests", "--format", "{{.Repository}}@{{.Digest}}").splitlines()
    for image in (one for one in pulled if one.startswith(address)):
        docker("image", "rm", "--force", image)


@pytest.fixture
def here(tmp_path: Path, address: str) -> Workshop:
    return Workshop(tmp_path, address)


def both(base: Path, folder: Path, version: str) -> dict[str, Path]:
    """Build what the two build jobs leave behind."""
    place = Path(tempfile.mkdtemp(dir=folder))
    return {
        f"built/{image}/{machine}": built(base, place / f"{image}-{machine}", machine, f"{version} {image}")
        for image in ("action", "simulator")
        for machine in ("amd64", "arm64")
    }


def until_signed(here: Workshop, base: Path, version: str) -> Run:
    """Run a release until its images are pushed, which is before Git hears of it."""
    run = here.tag(version)
    layouts = both(base, here.folder, version)
    done = run.job("check", CHECK)
    assert done.returncode == 0, done.stderr
    assert run.job("join", "Join the layouts, and name each image by its digest", built=layouts).returncode == 0
    joined = here.folder / f"release-v{version}-join/joined"
    pushed = run.job("image", PUSH, built={"joined": joined})
    assert pushed.returncode == 0, pushed.stderr
    return run


def until_tried(here: Workshop, base: Path, version: str) -> Run:
    """Run a release until its trial, which takes a runner; this is what the trial gets."""
    run = until_signed(here, base, version)
    done = run.job("candidate")
    assert done.returncode == 0, done.stderr
    assert here.show("rev-parse", f"candidates/v{version}") == run.said["needs.candidate.outputs.commit"]
    return run


def release(here: Workshop, base: Path, version: str) -> Run:
    run = until_tried(here, base, version)
    done = run.job("finish")
    assert done.returncode == 0, done.stderr
    return run


@dataclass(frozen=True)
class State:
    """What people find: the release that v1 is at, exact tags, the branch from its tip, pages, and candidates."""

    v1: str
    exact: list[str]
    branch: list[str]
    pages: list[str]
    latest: list[str]
    candidates: list[str]


def state(here: Workshop) -> State:
    tags = here.tags()
    of = {commit: tag for tag, commit in tags.items() if tag != "v1"}
    branches = here.show("for-each-ref", "refs/heads", "--format", "%(refname:lstrip=2)").splitlines()
    released = "releases/v1" in branches
    branch = here.show("log", "--first-parent", "--grep=^Release v", "--format=%H", "releases/v1") if released else ""
    return State(
        of[tags["v1"]] if "v1" in tags else "",
        sorted(of.values()),
        [of[one] for one in branch.split()],
        sorted(here.pages),
        [tag for tag, page in here.pages.items() if page["latest"]],
        [one.removeprefix("candidates/") for one in branches if one.startswith("candidates/")],
    )


def assert_whole(here: Workshop, version: str) -> None:
    """Check that a release is its source but for one line and the workflows, and that what it names can be pulled."""
    tag, source = f"v{version}", f"release/v{version}"
    assert here.show("rev-parse", f"{tag}^@").split()[-1] == here.show("rev-parse", source)
    changed = [line.split("\t") for line in here.show("diff", "--numstat", source, tag).splitlines()]
    kept = [(added, removed, name) for added, removed, name in changed if not name.startswith(".github/workflows/")]
    assert kept == [("1", "1", "action.yml")]
    assert here.show("ls-tree", tag, ".github/workflows") == ""
    (image,) = re.findall(r"image: docker://(\S+)", here.show("show", f"{tag}:action.yml"))
    assert f"`{image}`" in here.pages[tag]["notes"]
    assert here.show("rev-parse", tag) in here.pages[tag]["notes"]
    name, _, digest = image.partition("@")
    for reference in (image, f"{name}:{version}"):
        labels = json.loads(skopeo("inspect", "--config", f"docker://{reference}"))["config"]["Labels"]
        assert labels == {"org.opencontainers.image.version": f"{version} action"}
    assert hashlib.sha256(skopeo_raw(f"{name}:{version}")).hexdigest() == digest.removeprefix("sha256:")


def major_of_simulator(address: str) -> str:
    raw = skopeo("inspect", "--config", f"docker://{address}/my-org/deploy-to-cerebras-simulator:1")
    label: str = json.loads(raw)["config"]["Labels"]["org.opencontainers.image.version"]
    return label.removesuffix(" simulator")


def skopeo(*arguments: str) -> str:
    command = ["skopeo", *arguments[:1], "--tls-verify=false", "--override-os", "linux", *arguments[1:]]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def skopeo_raw(image: str) -> bytes:
    command = ["skopeo", "inspect", "--tls-verify=false", "--raw", f"docker://{image}"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def tags_of(image: str, address: str) -> list[str]:
    listed = json.loads(skopeo("list-tags", f"docker://{address}/my-org/{image}"))["Tags"]
    return sorted(listed)


def the_first(here: Workshop, base: Path, address: str) -> None:
    here.on_main("1.0.0")
    run = until_tried(here, base, "1.0.0")
    assert state(here) == State("", [], [], [], [], ["v1.0.0"])
    tried = here.show("rev-parse", "candidates/v1.0.0^{tree}")
    assert run.job("finish").returncode == 0

    assert state(here) == State("v1.0.0", ["v1.0.0"], ["v1.0.0"], ["v1.0.0"], ["v1.0.0"], [])
    assert here.show("rev-parse", "v1.0.0^{tree}") == tried
    assert_whole(here, "1.0.0")
    assert major_of_simulator(address) == "1.0.0"


def two_that_are_aborted(here: Workshop, base: Path, address: str) -> None:
    """One before Git hears of it, one by its trial. All that people use stays as it is; a branch is left over."""
    before = state(here)
    here.on_main("1.1.0")
    until_signed(here, base, "1.1.0")
    assert state(here) == before
    here.on_main("1.2.0")
    until_tried(here, base, "1.2.0")

    assert state(here) == replace(before, candidates=["v1.2.0"])
    assert tags_of("deploy-to-cerebras", address) == ["1.0.0"]
    assert tags_of("deploy-to-cerebras-simulator", address) == ["1", "1.0.0"]


def the_same_version_once_its_cause_is_mended(here: Workshop, base: Path) -> None:
    (here.work / "mended").write_text("")
    here.commit("Mend it")
    here.push("HEAD:main")
    release(here, base, "1.2.0")

    both_tags = ["v1.0.0", "v1.2.0"]
    assert state(here) == State("v1.2.0", both_tags, both_tags[::-1], both_tags, ["v1.2.0"], [])
    assert here.show("ls-tree", "--name-only", "v1.2.0", "mended") == "mended"
    assert_whole(here, "1.2.0")


def one_that_is_run_again(here: Workshop, base: Path, address: str) -> None:
    """Branch and tag cannot be pushed, then the page cannot be made, then v1 cannot be moved, which comes last."""
    before = state(here)
    here.on_main("1.3.0")
    run = until_tried(here, base, "1.3.0")
    here.refuse_once("refs/tags/v1.3.0")
    assert run.job("finish").returncode == 1
    assert state(here) == replace(before, candidates=["v1.3.0"])
    here.fail_once()
    assert run.job("finish").returncode == 1
    pushed = here.tags()["v1.3.0"]
    assert (state(here).v1, state(here).pages) == ("v1.2.0", before.pages)
    here.refuse_once("refs/tags/v1")
    assert run.job("finish").returncode == 1
    assert (state(here).v1, state(here).pages) == ("v1.2.0", [*before.pages, "v1.3.0"])
    assert major_of_simulator(address) == "1.2.0"
    assert run.job("finish").returncode == 0

    exact = ["v1.0.0", "v1.2.0", "v1.3.0"]
    assert state(here) == State("v1.3.0", exact, exact[::-1], exact, ["v1.3.0"], [])
    assert here.tags()["v1.3.0"] == pushed
    assert_whole(here, "1.3.0")
    assert major_of_simulator(address) == "1.3.0"
    again = run.job("check", CHECK)
    assert (again.returncode, "v1.3.0 exists. Re-run the failed jobs" in again.stderr) == (1, True)


def a_hotfix_while_another_waits(here: Workshop, base: Path, address: str) -> None:
    """An older minor's is finished between the trial of the next release and its finish."""
    before = state(here)
    here.on_main("1.4.0")
    waiting = until_tried(here, base, "1.4.0")
    here.hotfix("1.0.1", "1.0.0")
    release(here, base, "1.0.1")

    exact = sorted([*before.exact, "v1.0.1"])
    after = State("v1.3.0", exact, ["v1.0.1", *before.branch], exact, ["v1.3.0"], ["v1.4.0"])
    assert state(here) == after
    assert_whole(here, "1.0.1")
    assert major_of_simulator(address) == "1.3.0"
    done = waiting.job("finish")
    assert done.returncode == 0, done.stderr
    exact = [*exact, "v1.4.0"]
    assert state(here) == State("v1.4.0", exact, ["v1.4.0", *after.branch], exact, ["v1.4.0"], [])


def test_releases_from_the_first_to_one_after_a_hotfix(here: Workshop, base: Path, address: str) -> None:
    the_first(here, base, address)
    two_that_are_aborted(here, base, address)
    the_same_version_once_its_cause_is_mended(here, base)
    one_that_is_run_again(here, base, address)
    a_hotfix_while_another_waits(here, base, address)

    for tag in state(here).exact:  # the branch, and v1, have only ever gone forward
        assert here.show("merge-base", tag, "v1") == here.tags()[tag]
        assert "releases/v1" in here.show("branch", "--contains", tag)


def test_a_package_that_is_private_stops_the_release_before_git_hears_of_it(here: Workshop, base: Path) -> None:
    here.on_main("1.0.0")
    run = until_signed(here, base, "1.0.0")
    for name, reference in run.said.items():
        run.said[name] = reference.replace("deploy-to-cerebras@", "private@")

    done = run.job("candidate")

    assert done.returncode == 1
    assert "cannot be pulled without a login. Make its package public" in done.stderr
    assert state(here) == State("", [], [], [], [], [])


def test_the_remote_refuses_a_token_what_github_refuses_it(here: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    here.push("HEAD:main")
    here.bump("1.0.0")  # with another workflow than main's
    monkeypatch.setenv("GH_TOKEN", "token")

    with pytest.raises(subprocess.CalledProcessError):
        here.push("HEAD:refs/tags/v1.0.0")


def test_both_platforms_start_from_one_index(
    action: Path, tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    layouts = [built(action, tmp_path / machine, machine, "1") for machine in ("amd64", "arm64")]
    digest = join(layouts, tmp_path / "joined")
    image = f"{address}/action@{digest}"
    release_registry.push(tmp_path / "joined", image)

    release_registry.start(image)

    said = capsys.readouterr().out
    assert [said.count(f"{platform}:\n") for platform in PLATFORMS] == [1, 1]
    assert said.count("result: invalid-input") == 2
    index = json.loads(skopeo("inspect", "--raw", f"docker://{image}"))
    assert index == get(tmp_path / "joined", digest)
    abouts = [one for one in index["manifests"] if one["platform"]["os"] == "unknown"]
    assert [one["annotations"]["vnd.docker.reference.digest"] for one in abouts] == [
        one["digest"] for one in index["manifests"] if one["platform"]["os"] == "linux"
    ]
    for one in abouts:  # the SBOMs came along
        skopeo("inspect", "--raw", f"docker://{address}/action@{one['digest']}")


def test_what_docker_gets_for_the_tests_is_what_is_pushed(action: Path, tmp_path: Path) -> None:
    machine = docker("version", "--format", "{{.Server.Arch}}")
    layout = built(action, tmp_path / "built", machine, "of the layout")
    (image,) = (one for one in manifests(layout) if one["platform"]["os"] == "linux")
    config = get(layout, get(layout, image["digest"])["config"]["digest"])

    release_registry.load(layout, LOADED)

    try:
        loaded = json.loads(docker("image", "inspect", LOADED))[0]
        assert loaded["RootFS"]["Layers"] == config["rootfs"]["diff_ids"]
        assert loaded["Config"]["Labels"] == {"org.opencontainers.image.version": "of the layout"}
        assert loaded["Config"]["Entrypoint"] == config["config"]["Entrypoint"]
    finally:
        docker("image", "rm", LOADED)


def test_an_image_is_pushed_under_its_own_digest_only(base: Path, tmp_path: Path, address: str) -> None:
    layouts = [built(base, tmp_path / machine, machine, "1") for machine in ("amd64", "arm64")]
    join(layouts, tmp_path / "joined")

    with pytest.raises(subprocess.CalledProcessError):
        release_registry.push(tmp_path / "joined", f"{address}/action@sha256:{'0' * 64}")


def test_an_image_that_does_not_start_is_told(base: Path, tmp_path: Path, address: str) -> None:
    layouts = [built(base, tmp_path / machine, machine, "1") for machine in ("amd64", "arm64")]
    for one in layouts:
        assert len(manifests(one)) == 2
    digest = join(layouts, tmp_path / "joined")

    with pytest.raises(NotReady, match="does not start on linux/amd64"):  # there is none under that name
        release_registry.start(f"{address}/action@{digest}")
