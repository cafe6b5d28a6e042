"""The mutation tester itself: what it changes, what it leaves alone, and how it counts."""

import ast
import textwrap
from collections.abc import Sequence

import pytest

import mutants as program
from mutation.operators import Mutant, mutants
from mutation.report import Fate, equivalents, score, stale, survivors, table
from mutation.tests_of import LEFT_OUT, KnownTests, Project


def found(source: str) -> list[Mutant]:
    return mutants("decide.plan", textwrap.dedent(source))


def changes(source: str) -> set[str]:
    """The mutants of a source, as `operator: before -> after`."""
    return {f"{one.operator}: {one.before} -> {one.after}" for one in found(source)}


class TestOperators:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("x = a < b", {"comparison: a < b -> a <= b"}),
            ("x = a is b", {"comparison: a is b -> a is not b"}),
            ("x = a not in b", {"comparison: a not in b -> a in b"}),
            (
                "x = a and b",
                {"and/or: a and b -> a or b", "operand dropped: a and b -> a", "operand dropped: a and b -> b"},
            ),
            ("x = not a", {"not dropped: not a -> a"}),
            ("x = b if a else c", {"condition negated: a -> not a"}),
            ("x = [a for a in b if a]", {"condition negated: for a in b if a -> for a in b if not a"}),
            ("x = a + b", {"arithmetic: a + b -> a - b"}),
            ("x = 7", {"number: 7 -> 8"}),
            ("x = 2.5", {"number: 2.5 -> 5.0", "number: 2.5 -> 0.0"}),
            ("x = True", {"truth: True -> False"}),
            ("x = max(a, b)", {"max/min: max(a, b) -> min(a, b)"}),
            ("x = f(a, b=c)", {"argument removed: f(b=c) -> f()"}),
            ("f(a)", {"statement removed: f(a) -> pass"}),
            ("def f(): return a", {"None returned: return a -> return None"}),
            ("a.b = c", {"statement removed: a.b = c -> pass"}),
            ("if a: raise B", {"condition negated: a -> not a", "statement removed: raise B -> pass"}),
        ],
    )
    def test_each_changes_one_thing(self, source: str, expected: set[str]) -> None:
        assert expected <= changes(source)

    @pytest.mark.parametrize(
        "source",
        [
            "x = 'text'",
            "x = f'{a < b}'",
            "import a",
            "def f(a: int | None) -> bool | None: ...",
            "@decorator(a=1)\ndef f(): ...",
            "class P(Protocol):\n    def f(self): return 1",
            "def __str__(self): return a",
            "if TYPE_CHECKING:\n    f(a)",
            "assert_never(a)",
            '"""A docstring."""',
        ],
    )
    def test_texts_types_and_what_never_runs_are_left_alone(self, source: str) -> None:
        assert changes(source) == set()

    def test_a_mutant_compiles_and_differs_from_the_source_in_one_place(self) -> None:
        source = "def f(a, b):\n    if a < b:\n        return a + 1\n    return max(a, b)\n"

        for one in mutants("m", source):
            after = ast.unparse(one.applied(source))
            compile(after, "m", "exec")
            assert after != ast.unparse(ast.parse(source))

    def test_its_identity_stays_when_lines_move_and_tells_like_ones_apart(self) -> None:
        before = found("def f():\n    g(a)\n    g(a)\n")
        moved = found("\n\n# a comment\ndef f():\n\n    g(a)\n    g(a)\n")

        assert [one.identity for one in before] == [one.identity for one in moved]
        assert len({one.identity for one in before}) == len(before) == 2


class TestWhichTestsMayNotice:
    def test_those_that_run_the_line(self) -> None:
        lines = {"decide/plan.py": {1: [""], 2: ["t::a", "t::b"], 3: ["t::b"]}}
        known = KnownTests({"t::a": 1.0, "t::b": 2.0}, lines)
        first, *_ = found("def f():\n    return a\n")

        assert known.of(first, Project(program.ROOT)) == ["t::a", "t::b"]

    def test_those_of_the_modules_own_file_for_what_is_bound_at_import(self) -> None:
        own = "tests/unit/decide/test_plan.py::b"
        known = KnownTests({"t::a": 1.0, own: 2.0, "t::c": 3.0}, {"decide/plan.py": {1: [""], 3: ["t::c"]}})
        first, *_ = found("LIMIT = 3\n")

        assert known.of(first, Project(program.ROOT)) == [own]

    def test_of_very_many_as_many_as_asked_the_quickest_first(self) -> None:
        many = {f"{file}::{n}": float(n) for file in "ab" for n in range(50)}
        known = KnownTests(many, {"decide/plan.py": {1: list(many)}})

        chosen = known.chosen(many, 10, "c")

        assert len(chosen) == len(set(chosen)) == 10
        assert [many[test] for test in chosen] == sorted(many[test] for test in chosen)
        assert {test[0] for test in chosen} == {"a", "b"}

    def test_all_in_the_modules_own_file_are_among_them(self) -> None:
        many = {f"{file}::{n}": float(n) for file in "ab" for n in range(50)}
        chosen = KnownTests(many, {}).chosen(many, 10, "a")

        assert len(chosen) == 60
        assert {test for test in many if test.startswith("a::")} < set(chosen)
        assert Project(program.ROOT).tests("decide.plan") == "tests/unit/decide/test_plan.py"


def fates(*ends: str) -> Sequence[Fate]:
    made = found("x = a < b\ny = c < d\nz = e < f\n")
    return [Fate(mutant, end, 3) for mutant, end in zip(made, ends, strict=True)]


class TestReport:
    def test_what_is_equivalent_is_not_counted(self) -> None:
        three = fates("killed", "survived", "survived")
        known = {three[1].mutant.identity: "it says the same"}

        assert score(three, {}) == pytest.approx(100 / 3)
        assert score(three, known) == 50
        assert "| `decide.plan` | 3 | 1 | 1 | 1 | 50.0 % |" in list(table(three, known))
        assert [line.partition("  ")[0] for line in survivors(three, known)] == ["decide.plan:3"]

    def test_a_mutant_that_takes_too_long_is_noticed_and_one_that_no_test_runs_is_not(self) -> None:
        assert score(fates("killed", "out of time", "untested"), {}) == pytest.approx(200 / 3)

    def test_an_equivalent_that_is_killed_or_gone_is_told(self) -> None:
        three = fates("killed", "survived", "survived")
        known = {three[0].mutant.identity: "", three[1].mutant.identity: "", "decide.plan:f gone": "", "other:f": ""}

        assert stale(known, three, [fate.mutant for fate in three]) == [three[0].mutant.identity, "decide.plan:f gone"]


def test_every_module_that_decides_or_acts_is_there() -> None:
    project = Project(program.ROOT)

    assert all(project.path(module).exists() for module in program.DECIDES_OR_ACTS)
    for folder in ("decide", "steps"):
        there = {f"{folder}.{path.stem}" for path in (project.source / folder).glob("[a-z]*.py")}
        assert there - {"decide.progress", "decide.smoke_test"} <= set(program.DECIDES_OR_ACTS)


def test_every_equivalent_mutant_exists_and_has_a_reason() -> None:
    project = Project(program.ROOT)
    there = {
        mutant.identity
        for module in program.DECIDES_OR_ACTS
        for mutant in mutants(module, project.path(module).read_text(encoding="utf-8"))
    }

    assert set(equivalents()) <= there
    assert all(len(reason) > 20 for reason in equivalents().values())


def test_every_file_that_is_left_out_is_there() -> None:
    assert [name for name in LEFT_OUT if not list((program.ROOT / "tests").glob(name))] == []
