"""Which tests run which lines of the product, and how long each takes: the suite, once, in this process.

The answer is kept in build/, under the hash of all that it depends on.
"""

import ast
import hashlib
import itertools
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest
from hypothesis import Phase, settings

from mutation.operators import Mutant

# Of these no mutant hears: they look at the repository's files, at the simulator or at the runner's harness, or they
# run the product in a process of its own.
LEFT_OUT = (
    *("image", "repository", "runner", "simulator"),
    *("stories/test_place.py", "stories/test_summary_page.py", "unit/test_main.py"),
)
AT_IMPORT = ""  # as coverage has it: in no test
MARKED = "not container and not workflow and not browser and not long and not hostile"
PLAIN = (
    "-q",
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:schemathesis", "-p", "no:cov"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Hypothesis is there already
)


@dataclass(frozen=True)
class Project:
    """Where the code and its tests are."""

    root: Path
    package: str = "cerebras_deploy"

    @property
    def source(self) -> Path:
        """The folder of the package."""
        return self.root / "src" / self.package

    def path(self, module: str) -> Path:
        """Return the file of a module, by its dotted name below the package."""
        return self.source.joinpath(*module.split(".")).with_suffix(".py")

    def tests(self, module: str) -> str:
        """Return the file of a module's own tests, by its path below the project."""
        *folders, name = module.split(".")
        return "/".join(("tests", "unit", *folders, f"test_{name}.py"))


@dataclass
class KnownTests:
    """`seconds` of each test; `lines` are the tests of each line of each file, by path below the package."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Count the lines that each test runs."""
        lines = itertools.chain.from_iterable(file.values() for file in self.lines.values())
        self.extent = Counter(itertools.chain.from_iterable(lines))

    def of(self, mutant: Mutant, project: Project) -> list[str]:
        """Return the tests that may notice, by name.

        What is bound at import is noticed where its name is used, or by the module's own tests. What no test is known
        to use, and what only the import runs, such as the constructor of an Enum, is noticed wherever the module is.
        """
        here = self._here(mutant, project)
        found = set[str]().union(*(here.get(line, ()) for line in mutant.lines))
        for file, line in _uses(project, mutant.names) if mutant.names else ():
            found.update(self.lines.get(file, {}).get(line, ()))
        if mutant.at_import:
            own = project.tests(mutant.module)
            found.update(test for test in self.seconds if test.startswith(f"{own}::"))
        if (mutant.at_import or AT_IMPORT in found) and not found - {AT_IMPORT}:
            found.update(*here.values())
        return sorted(found - {AT_IMPORT})

    def at_import(self, mutant: Mutant, project: Project) -> bool:
        """Whether the import of something runs the mutated lines, so that it must be in place before."""
        here = self._here(mutant, project)
        return mutant.at_import or any(AT_IMPORT in here.get(line, ()) for line in mutant.lines)

    def _here(self, mutant: Mutant, project: Project) -> dict[int, list[str]]:
        return self.lines.get(str(project.path(mutant.module).relative_to(project.source)), {})

    def chosen(self, tests: Iterable[str], most: int, own: str) -> list[str]:
        """Return those in the module's own file, and that many others at most, the quickest first.

        Half of the others are those that run least of the product; the rest are taken by turns from each file.
        """
        tests = set(tests)
        mine = {test for test in tests if test.startswith(f"{own}::")}
        left = sorted(tests - mine, key=lambda test: (self.extent[test], self.seconds[test]))
        focused, left = left[: most // 2], left[most // 2 :]
        files: dict[str, list[str]] = defaultdict(list)
        for test in sorted(left, key=lambda test: hashlib.sha256(test.encode()).digest()):
            files[test.partition("::")[0]].append(test)
        turns = itertools.chain.from_iterable(itertools.zip_longest(*files.values()))
        spread = itertools.islice((test for test in turns if test), most - len(focused))
        return sorted([*mine, *focused, *spread], key=lambda test: self.seconds[test])


def _uses(project: Project, names: frozenset[str]) -> Iterator[tuple[str, int]]:
    for path in sorted(project.source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)) in names:
                yield str(path.relative_to(project.source)), getattr(node, "lineno", 0)


class _Recorder:
    """A pytest plugin that tells coverage which test is on."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._measured = measured

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._measured.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def few_examples() -> None:
    """Have Hypothesis try few examples, always the same, and look for no smaller ones."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", max_examples=5, deadline=None, derandomize=True, database=None, phases=phases, print_blob=False
    )
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"


def selected(project: Project) -> list[str]:
    """Return the arguments that have pytest collect what may notice anything."""
    left_out = (f"--ignore-glob={project.root}/tests/{name}" for name in LEFT_OUT)
    return [*PLAIN, "-m", MARKED, *left_out, str(project.root / "tests")]


def tests_of(project: Project) -> KnownTests:
    """Return what is known of the tests; run them, if something has changed since."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted([*project.source.rglob("*.py"), *(project.root / "tests").rglob("*")]):
        if path.is_file() and not {"__pycache__", "node_modules", "mutation"} & set(path.parts):
            digest.update(path.read_bytes())
    kept = project.root / "build" / f"tests-of-{digest.hexdigest()[:16]}.json"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        if (child := os.fork()) == 0:
            os._exit(_measure(project, kept))
        if os.waitpid(child, 0)[1] != 0:
            raise SystemExit("the tests fail as it is: mutants would tell nothing")
    told = json.loads(kept.read_text(encoding="utf-8"))
    return KnownTests(
        told["seconds"],
        {file: {int(line): tests for line, tests in lines.items()} for file, lines in told["lines"].items()},
    )


def _measure(project: Project, kept: Path) -> int:
    measured = coverage.Coverage(data_file=None, config_file=False, source=[str(project.source)])
    recorder = _Recorder(measured)
    measured.start()
    code = pytest.main(selected(project), plugins=[recorder])
    measured.stop()
    data = measured.get_data()
    lines = {
        str(Path(file).relative_to(project.source)): {
            line: sorted(tests) for line, tests in sorted(data.contexts_by_lineno(file).items())
        }
        for file in data.measured_files()
    }
    if code == 0:
        kept.write_text(json.dumps({"seconds": recorder.seconds, "lines": lines}), encoding="utf-8")
    return int(code)
