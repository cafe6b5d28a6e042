"""What must agree: action.yml, the inputs' model, the outputs, the README, the dependencies."""

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import runner
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.input_readers import READERS
from cerebras_deploy.inputs import Inputs, parse_inputs
from cerebras_deploy.result import Result
from cerebras_deploy.tell.outputs import outputs_so_far
from helpers.repository import CODE, GOLDEN, MANIFEST, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
SOURCES = {str(path.relative_to(CODE)): path.read_text(encoding="utf-8") for path in CODE.rglob("*.py")}


def table(heading: str, page: str = REFERENCE) -> dict[str, list[str]]:
    """Return a page's table under a heading: first cell to the other cells."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]
    return {cells[0].strip("`"): cells[1:] for cells in rows}


def imports(source: str) -> set[str]:
    """Return the top-level names of the packages that a module imports."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


def test_inputs_are_the_same_in_action_yml_the_model_and_the_reference() -> None:
    model = [name.replace("_", "-") for name in Inputs._fields]

    assert list(MANIFEST.inputs) == model
    assert list(READERS) == model
    assert list(table("Inputs")) == model


def test_defaults_are_the_same_in_action_yml_the_model_and_the_reference() -> None:
    least = {"api-key": "key", "endpoint": "e", "model": "m", "alias": "production"}
    variables = runner.step_inputs(MANIFEST, least)
    unset = {f"INPUT_{name.upper()}": value for name, value in least.items()}

    assert parse_inputs(variables) == parse_inputs(unset)
    for name, (default, _) in table("Inputs").items():
        told = re.fullmatch(r"`(.*)`|(required.*)?", default)
        assert told, f"the reference's default of {name} is neither code, nor required, nor empty"
        assert (told[1] or "") == MANIFEST.inputs[name]


def test_outputs_are_the_same_in_action_yml_the_code_and_the_reference() -> None:
    written = list(outputs_so_far(Facts(endpoint="")))

    assert list(MANIFEST.outputs) == written
    assert list(table("Outputs")) == written


def test_results_are_the_same_in_the_code_and_the_readme() -> None:
    results = table("Results", README)

    assert set(results) == {result.value for result in Result}
    for name, (outcome, _, todo) in results.items():
        assert outcome == ("passes" if Result(name).is_success else "fails")
        assert todo or Result(name).is_success


def test_the_readme_has_some_of_the_inputs_and_outputs_with_their_defaults() -> None:
    inputs, _, outputs = README.partition("\n## Inputs and outputs\n")[2].partition("\n| output | meaning |")
    shown = dict(re.findall(r"^\| `([\w-]+)` \| (\S*) ?\|", inputs, re.MULTILINE))

    assert shown == {name: table("Inputs")[name][0].split(" ")[0] for name in shown}
    assert {"api-key", "endpoint", "model", "alias"} < set(shown)
    assert set(re.findall(r"^\| `([\w-]+)` \|", outputs, re.MULTILINE)) <= set(MANIFEST.outputs)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_the_readme_shows_the_golden_log() -> None:
    shown = README.partition("<!-- log: no-replica-counts -->\n```text\n")[2].partition("```")[0]
    golden = (GOLDEN / "no-replica-counts" / "log.txt").read_text(encoding="utf-8")
    lines = [line for line in golden.splitlines() if not line.startswith("::add-mask::")]
    lines[-1] = re.sub(r"^::notice title=[^:]*::", "Notice: ", lines[-1]).replace("%0A", "\n")

    assert shown.splitlines() == "\n".join(lines).splitlines()


def test_the_three_libraries_are_the_direct_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {Requirement(text).name for text in project["dependencies"]}

    assert names == {"actions-toolkit", "httpx", "pydantic"}
    for name in names:
        assert re.search(rf"^{name}==.* \\$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("library", "users"),
    [
        ("httpx", {"api/http.py", "api/latch.py", "api/network.py", "api/network_errors.py"}),
        (
            "pydantic",
            {"suite_case.py", "suite_file.py", "suite_mistakes.py"}
            | {
                f"api/{name}.py"
                for name in ("completion", "endpoint", "fields", "management", "operation", "reading", "version")
            },
        ),
        ("actions_toolkit", {"tell/runner.py"}),
    ],
)
def test_each_library_does_its_job_and_nothing_else_does(library: str, users: set[str]) -> None:
    assert {name for name, source in SOURCES.items() if library in imports(source)} == users
    others = {"aiohttp", "attrs", "dataclasses_json", "http.client", "requests", "socket", "urllib3"}
    assert not others & set().union(*(imports(source) for source in SOURCES.values()))


def test_no_document_names_this_machine_or_a_registry(tracked: Callable[[], list[Path]]) -> None:
    # In two pieces each, so that this file needs no exception.
    pieces = (
        *(("/wo", "rk/"), ("/fa", "rm/"), (".lib", "rary"), ("registry.", "npm")),
        *(("py", "pi.o"), ("python", "hosted"), ("deb.", "debian")),
    )
    forbidden = re.compile("|".join(re.escape("".join(pair)) for pair in pieces))
    found = [path for path in tracked() if forbidden.search(path.read_text(encoding="utf-8", errors="replace"))]

    assert found == []


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("[de]*s/*.md")), ids=lambda page: str(page.relative_to(ROOT))
)
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
