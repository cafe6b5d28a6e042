"""How texts for people are written: plain American English, one fact a sentence, the same form for each annotation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import runner
from helpers.repository import GOLDEN, MANIFEST, ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
EXAMPLES = sorted([*ROOT.glob("examples/*.yml"), *ROOT.glob("examples/smoke-test/*.toml")])
MOST_WORDS = 30  # a sentence
# Phrases that read as translated, and British spellings.
NOT_ENGLISH = re.compile(
    r"«|»|\bwhat came\b|\bnothing came\b|\bis another one\b|\bcould not look\b|\bno known version\b|\banew\b|\blest\b"
    r"|\borganis|\bcancelled (?:the|by|this)\b|\blicence\b|\bspelt\b|\bwhat was live before\b|\bmay point nowhere\b",
    re.IGNORECASE,
)
NOT_PROSE = re.compile(r"^```.*?^```$|<!--.*?-->|^\|[^\n]*|^#[^\n]*", re.DOTALL | re.MULTILINE)
LINES = ("Serving now", "Reason", "Rollout", "Rollback", "Smoke test", "Aliases", "Next", "Deployment")


def sentences(text: str) -> Iterator[str]:
    """Give the sentences of a page's prose: of its paragraphs and list items. Code spans and links count as a word."""
    prose = NOT_PROSE.sub("\n\n", text)
    prose = re.sub(r"`[^`]*`", "Code", prose)
    prose = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", prose)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*] |\d+\. ))", prose):
        flat = re.sub(r"^(?:[->*] ?|\d+\. )", "", " ".join(block.split())).replace("*", "")
        yield from (one for one in re.split(r'(?<=[.!?])\s+(?=[A-Z("])', flat) if one)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_sentence_of_a_page_is_short_and_has_one_semicolon_at_most(page: Path) -> None:
    found = list(sentences(page.read_text(encoding="utf-8")))

    assert len(found) > 5
    assert [one for one in found if len(one.split()) > MOST_WORDS or one.count(";") > 1] == []


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES], ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_phrase_that_is_not_english(page: Path) -> None:
    assert NOT_ENGLISH.findall(page.read_text(encoding="utf-8")) == []


def test_the_descriptions_of_the_action_are_sentences() -> None:
    manifest = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    told = [one["description"].strip() for part in ("inputs", "outputs") for one in manifest[part].values()]

    assert len(told) == len(MANIFEST.inputs) + len(MANIFEST.outputs)
    assert [text for text in told if not text.endswith(".") or NOT_ENGLISH.search(text)] == []


def last_annotation(story: Path) -> tuple[str, list[str]]:
    """Return the title and the lines of the annotation that ends a golden log."""
    recorder = runner.Recorder()
    for line in (story / "log.txt").read_text(encoding="utf-8").splitlines():
        recorder.read(line)
    last = recorder.log().annotations[-1]
    return last.title, last.message.splitlines()


#: A line of a golden log that has a time: what stands after it.
TIMED = re.compile(r"^(?:\d+:)?\d\d:\d\d  (.*)$", re.MULTILINE)
STORIES = sorted(path for path in GOLDEN.iterdir() if (path / "log.txt").exists())


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_each_annotation_has_the_same_form(story: Path) -> None:
    title, (first, *rest) = last_annotation(story)
    if title.startswith("Invalid input"):
        assert rest[-1] == "No request was sent."
        return
    names = [line.partition(": ")[0] for line in rest]

    assert re.fullmatch(r"[A-Z].*: [\w.-]+", title)
    assert re.fullmatch(r"\S.*\.", first)
    assert names == sorted(names, key=LINES.index)  # which raises for a line that is none of these
    assert names[0] == "Serving now"
    assert [line for line in rest if line.startswith(("Serving now", "Next")) and not line.endswith(".")] == []
    assert NOT_ENGLISH.findall(" ".join([title, first, *rest])) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_each_line_of_the_log_begins_with_a_capital_letter(story: Path) -> None:
    told = TIMED.findall((story / "log.txt").read_text(encoding="utf-8"))

    assert [line for line in told if line[0].islower()] == []


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_nothing_that_a_run_says_is_a_phrase_that_is_not_english(story: Path) -> None:
    told = {path.name: path.read_text(encoding="utf-8") for path in story.iterdir() if path.suffix in {".txt", ".md"}}

    assert {"log.txt", "outputs.txt"} <= set(told)
    assert {name: NOT_ENGLISH.findall(text) for name, text in told.items()} == {name: [] for name in told}
