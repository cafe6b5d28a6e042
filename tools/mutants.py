"""Puts bugs into the decisions and the steps, one at a time, and lists those that no test notices.

`make mutants` tries a sample within ten minutes, `make mutants ALL=1` all of them. How it works: mutation/. An own one,
since mutmut leaves decorated functions and properties alone, where most of our decisions are, and cosmic-ray starts a
process for each mutant and removes no statement.
"""

import argparse
import ast
import difflib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from mutation import runner
from mutation.operators import Mutant, mutants
from mutation.report import GOAL, Fate, equivalents, score, stale, survivors, table
from mutation.tests_of import KnownTests, Project, few_examples, tests_of

ROOT = Path(__file__).parent.parent
DECIDES_OR_ACTS = (
    *(
        "decide.plan",
        "decide.entries",
        "decide.evidence",
        "decide.judgment",
        "decide.freshness",
        "decide.rollout",
        "decide.track",
        "decide.target",
        "decide.facts",
        "decide.seen",
        "decide.known",
        "decide.deploy_call",
        "decide.aliases",
        "decide.lost_call",
        "decide.conclusion",
        "decide.title",
        "decide.stopped",
        "decide.statement",
        "decide.advice",
        "decide.left_behind",
        "decide.resume",
        "decide.rollback_step",
        "decide.outcome",
        "decide.replacement",
        "decide.serving",
        "decide.call_bound",
        "decide.schedule",
        "decide.strides",
        "decide.giving_up",
        "decide.question",
        "decide.suite",
        "decide.collected",
        "decide.comparison",
        "decide.slowdown",
        "decide.load",
        "decide.queue",
    ),
    *(
        "steps.start",
        "steps.submit",
        "steps.insist",
        "steps.accept",
        "steps.search",
        "steps.follow",
        "steps.rollback",
        "steps.promote",
        "steps.write_alias",
        "steps.smoke_test",
        "steps.question",
        "steps.suite",
        "steps.ask_all",
        "steps.settle",
        "steps.inference",
    ),
    *(
        "steps.matcher",
        "steps.deploy",
        "steps.dry_run",
        "steps.look",
        "steps.replace",
        "steps.waiting",
        "steps.context",
        "patience",
        "clock",
        "system_clock",
        "api.http",
        "api.latch",
        "api.early",
    ),
)
SAMPLE_SECONDS = 480.0  # of mutants; the tests run once before
MOST_TESTS = (
    60  # at first, beside the module's own: half of those that run least of the product, half by turns from each file
)
MOST_AGAIN = 300  # of what survives those; so a score is a lower bound
MOST_AT_IMPORT = 15  # of a mutant for which all has to be imported and collected again


def main() -> int:
    """Run what is asked for, tell what survived, and return the exit code."""
    asked = _arguments()
    project = Project(ROOT)
    few_examples()
    tests = tests_of(project)
    found = [m for module in asked.modules for m in mutants(module, project.path(module).read_text(encoding="utf-8"))]
    if asked.show:
        return _show(project, tests, found, asked.show)
    fates = _fates(project, tests, found, None if asked.all else SAMPLE_SECONDS)
    fates.sort(key=lambda fate: (asked.modules.index(fate.mutant.module), fate.mutant.line))
    return _tell(fates, found, is_full=asked.all)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=DECIDES_OR_ACTS, help="below cerebras_deploy: decide.plan")
    parser.add_argument("--all", action="store_true", help="all mutants, not a sample")
    parser.add_argument("--show", metavar="IDENTITY", help="run this one mutant again, and print what happens")
    asked = parser.parse_args()
    asked.modules = asked.modules or DECIDES_OR_ACTS
    return asked


def _fates(project: Project, tests: KnownTests, found: Sequence[Mutant], seconds: float | None) -> list[Fate]:
    """Run the mutants: first against some of the tests that run their lines, and what survives against all of them."""
    began = time.monotonic()
    all_of = {mutant.identity: tests.of(mutant, project) for mutant in found}
    tested = [mutant for mutant in found if all_of[mutant.identity]]
    most = {m.identity: MOST_AT_IMPORT if tests.at_import(m, project) else MOST_TESTS for m in tested}
    first = [
        (mutant, tests.chosen(all_of[mutant.identity], most[mutant.identity], project.tests(mutant.module)))
        for mutant in tested
    ]
    fates = {fate.mutant.identity: fate for fate in _run(project, tests, first, seconds)}
    again = [fate.mutant for fate in fates.values() if not fate.killed]
    tried = {mutant.identity: set(chosen) for mutant, chosen in first}
    rest = {mutant.identity: set(all_of[mutant.identity]) - tried[mutant.identity] for mutant in again}
    second = [
        (mutant, sorted(rest[mutant.identity], key=lambda test: tests.seconds[test])[:MOST_AGAIN])
        for mutant in again
        if rest[mutant.identity]
    ]
    print(f"{len(again)} survive their first tests", file=sys.stderr, flush=True)
    left = None if seconds is None else max(seconds - (time.monotonic() - began), 0.0)
    fates |= {fate.mutant.identity: fate for fate in _run(project, tests, second, left)}
    return [*fates.values(), *(Fate(mutant, "untested", 0) for mutant in found if not all_of[mutant.identity])]


def _run(project: Project, tests: KnownTests, work: runner.Work, seconds: float | None) -> list[Fate]:
    """Run the mutants, as many as there is time for: in random order, but the same at each call."""
    shuffled = list(work)
    Random(7).shuffle(shuffled)
    fates: list[Fate] = []
    shown = {mutant.identity: len(chosen) for mutant, chosen in shuffled}
    end = None if seconds is None else time.monotonic() + seconds

    def told(mutant: Mutant, how: str) -> None:
        fates.append(Fate(mutant, how, shown[mutant.identity]))
        if len(fates) % 50 == 0:
            print(f"{len(fates)} of {len(shuffled)}", file=sys.stderr, flush=True)

    for part in _parts(shuffled, len(shuffled) if end is None else 100):
        if end is not None and time.monotonic() > end:
            break
        before = len(fates)
        runner.run(project, tests, part, told)
        if len(fates) - before != len(part):
            raise SystemExit("not every mutant was run: the tests cannot be collected")
    return fates


def _parts(work: runner.Work, size: int) -> Iterator[runner.Work]:
    for start in range(0, len(work), max(size, 1)):
        yield work[start : start + size]


def _tell(fates: Sequence[Fate], found: Sequence[Mutant], *, is_full: bool) -> int:
    known = equivalents()
    print(*table(fates, known), "", *survivors(fates, known), sep="\n")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    told = [{"mutant": fate.mutant.identity, "line": fate.mutant.line, "end": fate.end} for fate in fates]
    (build / "mutants.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    gone = stale(known, fates, found)
    print(*(f"listed as equivalent, and is not: {identity}" for identity in gone), sep="\n")
    modules = {fate.mutant.module for fate in fates}
    weak = [one for one in modules if score([fate for fate in fates if fate.mutant.module == one], known) < GOAL]
    is_broken = any(fate.end == "not run" for fate in fates)
    return int(bool(gone) or is_broken or (is_full and bool(weak)))


def _show(project: Project, tests: KnownTests, found: Sequence[Mutant], identity: str) -> int:
    mutant = next((one for one in found if one.identity == identity), None)
    if mutant is None:
        raise SystemExit(f"there is no such mutant: {identity}")
    source = project.path(mutant.module).read_text(encoding="utf-8")
    before, after = ast.unparse(ast.parse(source)), ast.unparse(mutant.applied(source))
    print(*difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=5), sep="\n")
    return runner.import_and_play(project, tests, mutant, tests.of(mutant, project), "-s")


if __name__ == "__main__":
    sys.exit(main())
