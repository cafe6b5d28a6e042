"""The page at `/`: what it tells, that nobody can write on it, and how a browser sees it."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from cerebras_simulator.page.overview import REQUESTS, page
from cerebras_simulator.page.panels import DEPLOYMENTS, span
from cerebras_simulator.server import running
from cerebras_simulator.world.rollouts import VersionName, history
from cerebras_simulator.world.scenarios import ALL_SCENARIOS
from cerebras_simulator.world.state import DEFAULT_KEY, World

ENDPOINT = "my-org-gpt-oss-120b"
VERSION_1 = VersionName("my-org", "gpt-oss-120b", "1")
VERSION_2 = VersionName("my-org", "gpt-oss-120b", "production")
HOSTILE = "</code><script>alert(1)</script>"
VOID = {"meta"}


@dataclass
class Clock:
    time: float = 1_750_000_000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Seen(HTMLParser):
    """What a reader makes of the page: its text, its elements, and whether they are closed as they should be."""

    texts: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def read(html: str) -> Seen:
    seen = Seen()
    seen.feed(html)
    assert seen.open == []
    return seen


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock)


def text(world: World) -> str:
    return read(page(world)).text


def test_at_first_it_shows_what_serves_and_what_else_there_is(world: World) -> None:
    shown = text(world)

    assert "my-org-gpt-oss-120b healthy : the rollout succeeds in about 200 seconds" in shown
    assert "version 1 on 8 of 8 replicas" in shown
    assert "done 8 of 8, since 16 May 15:06:40" in shown
    assert "Faults in force None" in shown
    assert "Requests (newest first) None yet." in shown
    assert all(scenario.about in shown for scenario in ALL_SCENARIOS.values())


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "not started 0 of 8, 0 s"),
        (107, "not started 15 s in progress 4 of 8, 1 min 32 s"),
        (131, "not started 15 s in progress 4 of 8, 1 min 56 s"),
        (150, "not started 15 s in progress 1 min 57 s rolling back 4 of 8, 18 s"),
        (
            999,
            "not started 15 s in progress 1 min 57 s rolling back 1 min 00 s rolled back 0 of 8, since 15 Jun 15:09:52",
        ),
    ],
)
def test_it_tells_the_statuses_of_a_rollout_so_far(clock: Clock, seconds: float, told: str) -> None:
    world = World(clock, scenario="rolls-back" if seconds != 107 else "healthy")
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += seconds

    assert f"version 2, asked for as production {world.deployments[-1].id} {told} version 1 (initial)" in text(world)


def test_it_tells_which_replicas_have_which_version(world: World, clock: Clock) -> None:
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 84

    assert "2 2 2 1 1 1 1 1 version 1 on 5 and version 2 on 3 of 8 replicas" in text(world)


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        ("first-deployment", "nothing is served"),
        ("never-listed", "version 2, asked for as production, not listed by the API"),
        ("superseded", "version 3, by somebody else"),
        ("stuck-unknown", "warming up 0 of 8"),
    ],
)
def test_it_tells_what_the_api_does_not(clock: Clock, scenario: str, told: str) -> None:
    world = World(clock, scenario=scenario)
    before = text(world)
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 50

    assert told in before + text(world)


def test_a_scenario_that_is_not_in_the_catalogue_is_custom(clock: Clock) -> None:
    assert "custom : a deployment is listed" in text(World(clock, scenario="late-listing:7"))


def test_it_tells_faults_aliases_and_requests(world: World) -> None:
    world.faults.add("status:1-2=503;retry-after=7")
    world.registry.set_aliases(VERSION_2, ["v2"])
    with running(world) as url:
        headers = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_KEY}"}
        httpx.get(f"{url}/management/v1/endpoints/{ENDPOINT}", headers=headers)
        shown = re.sub(r"\s+", " ", read(httpx.get(url).text).text)

    assert "Faults in force status:1-2=503;retry-after=7" in shown
    assert f"15:06:40 GET /management/v1/endpoints/{ENDPOINT} 503" in shown
    assert "gpt-oss-120b/versions/2 v2 done v2-green" in shown
    assert "15:06:40 gpt-oss-120b/versions/2: production, v2 → v2" in shown


def test_to_look_at_it_changes_nothing_and_needs_nothing(clock: Clock) -> None:
    world = World(clock, scenario="busy", speed=2)
    world.faults.add("*:*=reset")
    with running(world) as url:
        reply = httpx.get(url, headers={"user-agent": ""})

    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "2x speed; 0 requests" in reply.text
    assert (world.requests, world.begun) == ([], set())
    assert {one.version for one in world.deployments} == {1, 2}


def test_nothing_on_it_comes_from_elsewhere_or_runs(world: World) -> None:
    html = page(world)
    with running(world) as url:
        policy = httpx.get(url).headers["content-security-policy"]

    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"https?:|url\(|@import", html)
    assert {"src", "href", "onload"}.isdisjoint(read(html).attributes)


def test_nobody_can_write_on_it(clock: Clock) -> None:
    world = World(clock, endpoints={f"eu{HOSTILE}": "healthy", '" onload="x': "healthy"})
    world.faults.add(f"chat:*=set;field=content;to={HOSTILE}")
    clean = read(page(World(clock)))
    with running(world) as url:
        httpx.get(f"{url}/{HOSTILE}", headers={"user-agent": "a-test/1"})
        seen = read(httpx.get(url).text)

    assert seen.text.count("alert(1)") == 3
    assert seen.tags - clean.tags <= {"ul", "li"}
    assert clean.attributes == seen.attributes


def test_it_is_bounded(world: World) -> None:
    for _ in range(DEPLOYMENTS + 5):
        world.deploy(ENDPOINT, VERSION_2)
    with running(world) as url:
        for number in range(REQUESTS + 5):
            httpx.get(f"{url}/x{number}{'y' * 1000}", headers={"user-agent": "a-test/1"})
    shown = text(world)

    assert "and 6 before" in shown
    assert "/x4y" not in shown
    assert f"GET /x24{'y' * 116}… 404" in shown


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (59.6, "1 min 00 s"), (202, "3 min 22 s"), (7500, "2 h 05 min")]
)
def test_spans_are_said_in_short(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_history_of_a_rollout_that_waits_for_another_begins_when_it_was_accepted(clock: Clock) -> None:
    world = World(clock, scenario="stuck-unknown")
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 10
    waiting = world.deploy(ENDPOINT, VERSION_1)
    clock.time += 1000

    steps = history(world.standing(waiting.deployment.id), clock.time, world.speed)

    assert [(step.status, step.since) for step in steps] == [("not_started", clock.time - 1000)]


@pytest.fixture
def dumped(world: World, clock: Clock, tmp_path: Path) -> Iterator[Seen]:
    """Give the page as Chromium has it in the end."""
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += 107
    world.faults.add(f"chat:*=set;field=content;to={HOSTILE}")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    offline = ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path}"]
    with running(world) as url:
        command = ["chromium", *options, *offline, "--dump-dom", url]
        yield read(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


@pytest.mark.browser
def test_a_browser_shows_the_rollout_and_runs_nothing(dumped: Seen) -> None:
    assert "not started 15 s in progress 4 of 8, 1 min 32 s" in dumped.text
    assert f"to={HOSTILE}" in dumped.text
    assert "script" not in dumped.tags
