"""A release from its tag to its page, rehearsed: the workflow's own commands, Git, a registry; all on this machine."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.containers import ACTION, docker
from helpers.oci import built, get, layout_of, registry, small
from helpers.rehearsal import Run, Workshop
from release import registry as release_registry
from release.failure import NotReady
from release.layout import PLATFORMS, join, manifests

pytestmark = pytest.mark.container

CHECK = "Check that source, documents, changelog and tag agree"


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
    return {
        f"built/{image}/{machine}": built(base, folder / f"{version}-{image}-{machine}", machine, f"{version} {image}")
        for image in ("action", "simulator")
        for machine in ("amd64", "arm64")
    }


def until_signed(here: Workshop, base: Path, version: str) -> Run:
    """Run a release until its images are pushed, which is before Git hears of it."""
    run = here.tag(version)
    layouts = both(base, here.folder, version)
    assert run.job("check", CHECK).returncode == 0
    assert run.job("join", "Join the layouts, and name each image by its digest", built=layouts).returncode == 0
    joined = here.folder / f"release-v{version}-join/joined"
    pushed = run.job("image", "Push both, each under its version", built={"joined": joined})
    assert pushed.returncode == 0, pushed.stderr
    return run


def release(here: Workshop, base: Path, version: str) -> Run:
    run = until_signed(here, base, version)
    for job in ("publish", "finish"):
        done = run.job(job)
        assert done.returncode == 0, done.stderr
    return run


def state(here: Workshop) -> tuple[str, list[str], list[str], dict[str, tuple[bool, bool]]]:
    """Say which release v1 is at, the exact tags, the branch from its tip, and of each page if draft, if latest."""
    tags = here.tags()
    of = {commit: tag for tag, commit in tags.items() if tag != "v1"}
    branch = here.show("log", "--first-parent", "--grep=^Release v", "--format=%H", "releases/v1").split()
    pages = {tag: (page["draft"], page["latest"]) for tag, page in here.pages.items()}
    return of[tags["v1"]] if "v1" in tags else "", sorted(of.values()), [of[one] for one in branch], pages


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
    labels = json.loads(skopeo("inspect", "--config", f"docker://{image}"))["config"]["Labels"]
    assert labels == {"org.opencontainers.image.version": f"{version} action"}


def major_of_simulator(address: str) -> str:
    raw = skopeo("inspect", "--config", f"docker://{address}/my-org/deploy-to-cerebras-simulator:1")
    label: str = json.loads(raw)["config"]["Labels"]["org.opencontainers.image.version"]
    return label.removesuffix(" simulator")


def skopeo(*arguments: str) -> str:
    command = ["skopeo", *arguments[:1], "--tls-verify=false", "--override-os", "linux", *arguments[1:]]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def the_first(here: Workshop, base: Path, address: str) -> None:
    here.on_main("1.0.0")
    release(here, base, "1.0.0")

    assert state(here) == ("v1.0.0", ["v1.0.0"], ["v1.0.0"], {"v1.0.0": (False, True)})
    assert_whole(here, "1.0.0")
    assert major_of_simulator(address) == "1.0.0"


def two_that_are_aborted(here: Workshop, base: Path) -> None:
    """One before Git hears of it, one when its tag is pushed and its trial fails. v1 stays where it is."""
    here.on_main("1.1.0")
    until_signed(here, base, "1.1.0")
    here.on_main("1.2.0")
    assert until_signed(here, base, "1.2.0").job("publish").returncode == 0

    pages = {"v1.0.0": (False, True), "v1.2.0": (True, False)}
    assert state(here) == ("v1.0.0", ["v1.0.0", "v1.2.0"], ["v1.2.0", "v1.0.0"], pages)


def one_that_is_run_again(here: Workshop, base: Path, address: str) -> None:
    """The page cannot be drafted once branch and tag are pushed, nor be published once v1 has moved."""
    here.on_main("1.3.0")
    run = until_signed(here, base, "1.3.0")
    here.fail_once()
    assert run.job("publish").returncode == 1
    pushed = here.tags()["v1.3.0"]
    assert "v1.3.0" not in here.pages
    assert run.job("publish").returncode == 0
    here.fail_once()
    assert run.job("finish").returncode == 1
    assert (state(here)[0], here.pages["v1.3.0"]["draft"]) == ("v1.3.0", True)
    assert run.job("finish").returncode == 0

    pages = {"v1.0.0": (False, False), "v1.2.0": (True, False), "v1.3.0": (False, True)}
    assert state(here) == ("v1.3.0", ["v1.0.0", "v1.2.0", "v1.3.0"], ["v1.3.0", "v1.2.0", "v1.0.0"], pages)
    assert here.tags()["v1.3.0"] == pushed
    assert_whole(here, "1.3.0")
    assert major_of_simulator(address) == "1.3.0"
    again = run.job("check", CHECK)
    assert (again.returncode, "v1.3.0 exists. Re-run the failed jobs" in again.stderr) == (1, True)


def a_hotfix(here: Workshop, base: Path, address: str) -> None:
    before, exact, branch, pages = state(here)
    here.hotfix("1.0.1", "1.0.0")
    release(here, base, "1.0.1")

    after = (before, sorted([*exact, "v1.0.1"]), ["v1.0.1", *branch], pages | {"v1.0.1": (False, False)})
    assert state(here) == after
    assert_whole(here, "1.0.1")
    assert major_of_simulator(address) == "1.3.0"


def test_releases_from_the_first_to_one_after_a_hotfix(here: Workshop, base: Path, address: str) -> None:
    the_first(here, base, address)
    two_that_are_aborted(here, base)
    one_that_is_run_again(here, base, address)
    a_hotfix(here, base, address)

    here.on_main("1.4.0")
    release(here, base, "1.4.0")
    assert state(here)[0] == "v1.4.0"
    for tag in ("v1.0.0", "v1.0.1", "v1.3.0"):  # the branch, and v1, have only ever gone forward
        assert here.show("merge-base", tag, "v1") == here.tags()[tag]
        assert "releases/v1" in here.show("branch", "--contains", tag)


def test_a_package_that_is_private_stops_the_release_before_git_hears_of_it(here: Workshop, base: Path) -> None:
    here.on_main("1.0.0")
    run = until_signed(here, base, "1.0.0")
    for name, reference in run.said.items():
        run.said[name] = reference.replace("deploy-to-cerebras@", "private@")

    done = run.job("publish")

    assert done.returncode == 1
    assert "cannot be pulled without a login. Make its package public" in done.stderr
    assert here.tags() == {}


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
    release_registry.push(tmp_path / "joined", f"{address}/action:1")
    image = f"{address}/action@{digest}"

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


def test_an_image_that_does_not_start_is_told(base: Path, tmp_path: Path, address: str) -> None:
    layouts = [built(base, tmp_path / machine, machine, "1") for machine in ("amd64", "arm64")]
    for one in layouts:
        assert len(manifests(one)) == 2
    digest = join(layouts, tmp_path / "joined")

    with pytest.raises(NotReady, match="does not start on linux/amd64"):  # there is none under that name
        release_registry.start(f"{address}/action@{digest}")
