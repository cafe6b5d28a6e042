"""The job summary as people see it: rendered as GitHub does, Mermaid included, in a browser.

`make test-page` leaves pictures of some in build/summary-page, to be looked at.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cerebras_simulator.world.scenarios import DONE, HEALTHY, Scenario
from cerebras_simulator.world.timelines import Phase, Timeline
from helpers.repository import ROOT
from helpers.stage import Stage
from helpers.stories import STORIES, stage_of

pytestmark = pytest.mark.browser

RENDER = Path(__file__).parent / "render"
PICTURES = ROOT / "build" / "summary-page"
HOSTILE = "a | b `c` </td><script>alert(1)</script> <img src=x> ```\n### d"
# As loud as it can be asked to be: it goes nowhere, keeps nothing, and ends by itself.
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--allow-file-access-from-files", "--virtual-time-budget=60000"),
)


def scenario(*phases: Phase, error: str | None = None) -> Scenario:
    return replace(HEALTHY, rollout=Timeline((*phases, DONE) if error is None else phases, error))


def flapping() -> Scenario:
    """Go back and forth for hours: thousands of changes."""
    pair = (Phase("in_progress", 4, (3, 3)), Phase("not_started", 4))
    return scenario(*pair * 600)


def summaries() -> dict[str, str]:
    """Play every story, and some that are hard to draw."""
    pages = {}
    for name, story in STORIES.items():
        pages[name] = stage_of(story).play(story.inputs).summary
    days = scenario(Phase("not_started", 50_000), Phase("in_progress", 150_000, (0, 6)))
    hostile = scenario(Phase("not_started", 5), Phase("error", replicas=(3, 3)), error=HOSTILE)
    pages["thousands-of-changes"] = Stage(flapping()).play({"timeout": "8h", "poll-interval": "2s"}).summary
    pages["days"] = Stage(days).play({"timeout": "100h", "poll-interval": "10m"}).summary
    pages["hostile"] = Stage(hostile).play().summary
    return pages


def chromium(page: Path, *options: str) -> str:
    """Open the page in a browser without a past, and give what it prints."""
    with tempfile.TemporaryDirectory() as profile:
        command = [*CHROMIUM, f"--user-data-dir={profile}", *options, page.as_uri()]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def opened(pages: dict[str, str], *options: str, theme: str = "light") -> str:
    """Open a page with these summaries."""
    text = json.dumps(pages).replace("<", "\\u003c")  # it stands in a script element
    with tempfile.NamedTemporaryFile("w", dir=RENDER, suffix=".html", encoding="utf-8") as file:
        file.write(
            (RENDER / "page.html").read_text(encoding="utf-8").replace("SUMMARIES", text).replace("THEME", theme)
        )
        file.flush()
        return chromium(Path(file.name), *options)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return summaries()


@pytest.fixture(scope="module")
def articles(pages: dict[str, str]) -> dict[str, str]:
    """Render all, and give the HTML of each."""
    dom = opened(pages, "--dump-dom")
    assert 'data-rendered="all"' in dom
    found = dict(re.findall(r'<article id="([^"]+)">(.*?)</article>', dom, re.DOTALL))
    assert found.keys() == pages.keys()
    return found


def words(html: str) -> str:
    """Return the text of HTML, its entities but those for brackets and ampersands left alone."""
    text = re.sub(r"<[^>]+>", "", html)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def drawings(html: str) -> Sequence[str]:
    return re.findall(r'<div class="drawing"><svg.*?</svg></div>', html, re.DOTALL)


def test_every_drawing_is_drawn(pages: dict[str, str], articles: dict[str, str]) -> None:
    failed = [words(text) for html in articles.values() for text in re.findall(r'<div class="failed">.*?</div>', html)]
    assert not failed
    for name, html in articles.items():
        assert len(drawings(html)) == pages[name].count("```mermaid"), name
    assert sum(len(drawings(html)) for html in articles.values()) > len(articles) / 2


def test_thousands_of_changes_make_a_page_that_github_takes(pages: dict[str, str], articles: dict[str, str]) -> None:
    assert len(pages["thousands-of-changes"].encode()) < 100_000  # GitHub takes 1 MiB from a step
    assert "changes are left out" in articles["thousands-of-changes"]


def test_a_strangers_text_is_shown_as_it_is_and_nothing_else(articles: dict[str, str]) -> None:
    html = articles["hostile"]

    assert not re.search(r"<(script|img)\b", html)
    assert "a ¦ b 'c' </td><script>alert(1)</script> <img src=x>" in words(html)


def photographed(name: str, pages: dict[str, str], *, theme: str, height: int = 1700) -> bytes:
    """Leave a picture of a page with these summaries in build/summary-page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"{name}-{theme}.png"
    opened(pages, f"--screenshot={picture}", f"--window-size=1000,{height}", theme=theme)
    return picture.read_bytes()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        *("healthy", "smoke-test-failed-and-rolled-back", "suite-failed-by-pass-rate", "dry-run", "timed-out"),
        *("invalid-input", "thousands-of-changes", "hostile"),
    ],
)
def test_pictures_are_left_to_be_looked_at(pages: dict[str, str], name: str, theme: str) -> None:
    assert photographed(name, {name: pages[name]}, theme=theme).startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ten_endpoints_are_on_one_page(pages: dict[str, str], theme: str) -> None:
    ends = ["healthy", "live", "smoke-test-failed-and-rolled-back", "timed-out", "promoted", "rolls-back", "superseded"]
    ten = {name: pages[name] for name in (*ends, "smoke-test-unanswered", "rollout-error", "busy")}

    assert len(ten) == 10
    assert photographed("ten-endpoints", ten, theme=theme, height=4500).startswith(b"\x89PNG")


def test_node_modules_are_those_of_the_lock() -> None:
    assert shutil.which("npm")
    subprocess.run(["npm", "ls", "--silent"], cwd=RENDER, check=True)
