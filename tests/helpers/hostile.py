"""Text that means harm, and how to see that it did none."""

import ast
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cerebras_deploy.tell.report import LIMIT
from cerebras_deploy.tell.summary import CUT
from helpers.repository import CODE, MANIFEST
from helpers.stage import KEY, Played

DECLARED = frozenset(MANIFEST.outputs)
OWN_COMMANDS = {"add-mask", "notice", "warning", "error", "debug", "group", "endgroup"}
MOST_ANNOTATIONS = 8
LONGEST_TITLE = 255
SHORTEST_VERDICT = len("Refused")  # what a title begins with is a text of ours
LONGEST = 4096  # UTF-16 units of an annotation, and of a line of the log but for its time stamp

# No word of these is one of the action's own: zqx gives away what is rendered.
WHOLE = (
    "::error title=zqx::zqx",
    "\n::set-output name=result::zqx\n",
    "zqx\r::stop-commands::zqx",
    "\r\n  ::add-mask::zqx\r\n",
    "\u2028::add-matcher::zqx.json\x85::save-state name=zqx::zqx",
    "zqx ##[error]zqx",
    "#\x1b[0m#[add-mask]zqx",
    "##\u200b[group]zqx ##[zqx;zqx]",
    "%0A::error::zqx%0D%25",
    "\x1b]8;;https://zqx.example\x1b\\zqx\x1b]8;;\x07\x9b31m\x1b[2J",
    "\x1b]0;zqx",
    "\u202ezqx\u2066\u200f\ufeff\u200d\0\ud800",
    "zqx\nghadelimiter_00000000-0000-4000-8000-000000000000\nresult=zqx\nresult<<zqx\nzqx\nzqx",
    "` | zqx | ``zqx`` \\` \\| ~~zqx~~",
    "\n\n# zqx\n\n```mermaid\ngraph TD; zqx-->zqx\n```\n- zqx\n> zqx\n",
    "<script>zqx</script><img src=x onerror=zqx><!-- zqx",
    "<details open><summary>zqx</summary>\n\n</table>&lt;zqx&#x60;",
    "[zqx](javascript:zqx) ![zqx](https://zqx.example/x.png) <https://zqx.example> www.zqx.example",
    "@zqx #123 zqx/zqx#1 :zqx: $zqx$ $$zqx$$ $`zqx`$ [^zqx] GH-1",
    "zqx@zqx.example https://zqx.example/::error::",
    "orgs/my-org/models/gpt-oss-120b/versions/www.zqx.example",
    "orgs/my-org/models/gpt-oss-120b/versions/~~zqx~~",
)
_FRAGMENTS = (
    *("::", "##[", "#", "##", "[", "]", ":", " ", "=", ",", ";", "%", "%0A", "%3A", "***", "…"),
    *("error", "add-mask", "stop-commands", "set-output name=zqx", "::error::", "##[error]", "group", "endgroup"),
    *("\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "\t", "\xa0"),
    *("\x1b[31m", "\x1b[", "\x1b]0;", "\x1b]8;;", "\x1bP", "\x1b\\", "\x07", "\x1b", "\x9b", "\x9d", "\x08", "\x7f"),
    *("\u200b", "\u200d", "\ufeff", "\u202e", "\u2066", "\u00ad", "\u034f", "\ufe0f", "\U000e0041", "\0", "\ud800"),
    *("\udcff", "\udfff", "\ue000", "\uffff", "\U0001f600", "e\u0301", "\uff1a\uff1a", "\u2800", "\u3164"),
    *("`", "``", "|", "\\", "<", ">", "<!--", "<script>", "&lt;", "*", "_", "~", "$", "@zqx", "#1", "!", "(", ")"),
    *("](javascript:zqx)", "[zqx](", "![", "```", "~~~", "---", "- ", "1. ", "> ", "    ", "http://zqx.example"),
    *("ghadelimiter_", "<<", "EOF", "zqx"),
)

_MIXED = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=3), max_size=25).map("".join)
_LONG = st.builds(
    lambda piece, times, end: piece * times + end,
    st.sampled_from((*_FRAGMENTS, *WHOLE)),
    st.integers(50, 3000),
    st.sampled_from(WHOLE),
)
HOSTILE = st.one_of(st.sampled_from(WHOLE), _MIXED, _MIXED, st.text(max_size=40), _LONG)
IN_JSON = HOSTILE.map(lambda text: text.encode("utf-8", "replace").decode())  # half a surrogate is no JSON
IN_ENVIRONMENT = HOSTILE.map(lambda text: os.fsdecode(text.replace("\0", "").encode("utf-8", "surrogatepass")))
IN_HEADER = HOSTILE.map(lambda text: text.encode("utf-8", "replace"))


def share(of_all: float, least: int = 1) -> int:
    """Return how many examples a test gets of those that the profile has for all texts."""
    return max(int(settings().max_examples * of_all), least)


def check(played: Played, keys: Iterable[str] = (KEY,)) -> None:
    """Fail unless the log, the outputs and the summary are the action's own, whatever text went in."""
    check_log(played, keys)
    check_outputs(played)
    for page in {text.rstrip("\n") for text in (played.summary, played.outputs["summary-markdown"])}:  # mostly one
        check_summary(page)


def check_log(played: Played, keys: Iterable[str] = (KEY,)) -> None:
    """The runner recognises the action's own commands, and no line holds anything that one cannot see."""
    log = played.log
    assert (log.failures, dict(log.outputs), dict(log.state)) == ((), {}, {})
    assert log.groups_balanced
    assert not log.stopped
    assert set(log.masks) <= {line for key in keys for line in (key, *key.split())}
    assert len(log.annotations) <= MOST_ANNOTATIONS
    for command in log.commands:
        assert command.name in OWN_COMMANDS
        assert set(command.properties) <= {"title"}
        if command.name in {"notice", "warning", "error"}:
            title = command.properties["title"]
            assert len(title) <= LONGEST_TITLE
            assert title.startswith(_verdicts()), title
            assert len(command.data.encode("utf-16-le")) // 2 <= LONGEST
        elif command.name == "group":
            assert command.data in literals()
        elif command.name == "debug":
            assert re.match(r"(GET|POST|PATCH) /[!-~]+: ", command.data)
        _check_visible(command.data.replace("\n", ""))
    *printed, nothing = played.text.split("\n")
    assert nothing == ""
    for line in map(_colourless, printed):
        _check_visible(line)
        assert "##[" not in line
        assert len(line) <= 3 * LONGEST
    assert sum(line.startswith("::") for line in printed) == len(log.commands)


def _colourless(line: str) -> str:
    """Take off the action's own colour, which is around a whole line."""
    coloured = re.fullmatch(r"\x1b\[(?:2|31|32|33)m(.*)\x1b\[0m", line)
    return coloured[1] if coloured else line


def check_outputs(played: Played) -> None:
    """Every declared output is there and nothing else: in one line, but for the summary."""
    assert set(played.outputs) == DECLARED
    page, report = played.outputs["summary-markdown"], played.outputs["report"]
    assert not played.summary or played.summary.startswith(page.partition(CUT)[0].removesuffix("\n\n</details>"))
    for text in strings(json.loads(report)) if report else ():
        _check_visible(text)
    for name in DECLARED - {"summary-markdown"}:
        _check_visible(played.outputs[name])
        assert len(played.outputs[name]) <= (LIMIT if name == "report" else LONGEST)


def strings(value: Any) -> Iterator[str]:
    """Give all texts of a document."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(item)


def check_summary(summary: str) -> None:
    """Rendered as GitHub does, it is headings, lists and tables of our own words; anything else is code.

    In a heading or a sentence, a stranger's plain words may stand, too.
    """
    assert len(summary.encode()) <= 1024 * 1024
    lines = summary.split("\n")
    for line in lines:
        _check_visible(line)
    tables = [(line.count("|"), above) for above, line in itertools.pairwise(lines) if "|" in line]
    assert all(pipes == above.count("|") for pipes, above in tables if "|" in above)  # a cell more is a cell broken
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parent = ""
    for token in parser.parse(summary):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        assert kind in _BLOCKS or token.content.strip() in _FOLD, token
        if kind == "fence":
            assert re.fullmatch(_FENCES[token.info], token.content), summary
        for child in token.children or ():
            assert child.type in {"text", "code_inline", "softbreak", "strong_open", "strong_close"}, child
            if child.type == "text" and parent in {"paragraph", "heading"}:
                assert not _ACTIVE.search(child.content), (child, summary)
            elif child.type == "text":
                _check_own_words(child, summary)
        parent = kind


_BLOCKS = {
    *("heading", "paragraph", "inline", "bullet_list", "list_item", "fence"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_FOLD = {"<details><summary>Details</summary>", "</details>"}
# What GitHub makes something of in a text that has been rendered: mentions, references, links, emoji, mathematics.
_ACTIVE = re.compile(r"[^\w\s.,;:()«»→…✅❌\"'-]|[^\W\d][.:]\w|\w[.:][^\W\d]|:\w+:|\bGH-\d|[^\x00-\x7f«»→…✅❌]")
_FENCES = {
    "yaml": r"with:\n  endpoint: [\w.~-]+\n  deployment-id: [\w.~-]+\n",
    "mermaid": r"gantt\n    dateFormat [YMDHms: -]+\n    axisFormat [%\w: -]+\n(    tickInterval 1day\n)?"
    r"(    section (Before|Rollout|Smoke test|Rollback)\n"
    r"(    [a-z ]+ :((active|crit), )?[\d: -]+, \d+s\n)+)+",
}


def _check_own_words(token: Token, summary: str) -> None:
    words = re.findall(r"[^\W\d_]+", token.content)
    foreign = [word for word in words if word not in _vocabulary()]
    assert not foreign, (foreign, summary)
    assert not re.search(r"[<>\[\]`$@#\\]", token.content), summary


def _check_visible(line: str) -> None:
    """Nothing that ends a line for anybody, moves a cursor, or hides."""
    assert line.splitlines() in ([line], [])
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]", line)


@cache
def literals() -> frozenset[str]:
    """All texts in the action's source."""
    sources = CODE.rglob("*.py")
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@cache
def _verdicts() -> tuple[str, ...]:
    return tuple(text for text in literals() if len(text) >= SHORTEST_VERDICT)


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for text in literals() for word in re.findall(r"[^\W\d_]+", text))
