"""What import-linter cannot see of the boundaries in pyproject.toml."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from helpers.repository import ROOT

SRC = ROOT / "src"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
PURE = next(contract["source_modules"] for contract in CONTRACTS if contract["name"].startswith("Pure"))
IMPURE_CALLS = {
    "open",
    "input",
    "print",
    "exec",
    "eval",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}
LONGEST = 40  # lines of a function
LONGEST_FILE = 150  # lines


def files_of(module: str) -> list[Path]:
    path = SRC.joinpath(*module.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_open_nothing_and_read_no_clock(module: str) -> None:
    assert files_of(module)
    for path in files_of(module):
        assert not calls(path) & IMPURE_CALLS


def test_no_function_is_longer_than_40_lines() -> None:
    found = [
        f"{path.relative_to(SRC)}: {node.name}"
        for path in files_of("cerebras_deploy")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST
    ]

    assert found == []


def test_no_module_is_longer_than_150_lines() -> None:
    found = [
        f"{path.relative_to(SRC)}: {lines}"
        for path in files_of("cerebras_deploy")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]

    assert found == []


def test_no_decision_is_made_by_the_cause_of_an_exception() -> None:
    errors = SRC / "cerebras_deploy" / "api" / "network_errors.py"  # looks for the system's error under httpx's
    found = [path for path in files_of("cerebras_deploy") if "__cause__" in path.read_text(encoding="utf-8")]

    assert found == [errors]


def test_every_module_has_a_file_of_tests_under_its_name() -> None:
    source, tests = SRC / "cerebras_deploy", ROOT / "tests" / "unit"
    modules = [path.relative_to(source) for path in source.rglob("*.py") if path.name != "__init__.py"]
    wanted = {path.with_name(f"test_{path.stem.strip('_')}.py") for path in modules}

    assert wanted - {path.relative_to(tests) for path in tests.rglob("test_*.py")} == set()


def test_the_design_names_every_module() -> None:
    table = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Module map")[2]
    code = SRC / "cerebras_deploy"
    modules = {str(path.relative_to(code)) for path in code.rglob("*.py")} - {"__init__.py"}

    assert {name for name in modules if not name.endswith("/__init__.py")} == set(re.findall(r"`([\w/]+\.py)`", table))
