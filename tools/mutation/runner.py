"""Runs tests against mutants: a process each, forked from one in which all is imported and collected.

There a mutant is the code of a function, swapped. What import runs needs more: the process is forked from one that
has imported what is not ours, imports the mutant in place of its module, and collects its tests.
"""

import contextlib
import gc
import importlib
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from mutation.operators import Mutant
from mutation.tests_of import PLAIN, KnownTests, Project, selected

Work = Sequence[tuple[Mutant, Sequence[str]]]
Play = Callable[[Mutant, Sequence[str]], int]
Told = Callable[[Mutant, str], None]  # of each mutant, how it ended

HEAVY = ("httpx", "pydantic", "fastapi", "uvicorn", "trustme", "yaml", "hypothesis.strategies")
MEMORY = 4 * 1024**3  # bytes of address space; a loop that never ends fills it
NOTHING_RAN = 5  # pytest's exit code


class Swap(SourceFileLoader):
    """Imports the mutant in place of its module."""

    def __init__(self, project: Project, mutant: Mutant) -> None:
        super().__init__(f"{project.package}.{mutant.module}", str(project.path(mutant.module)))
        self._mutant = mutant

    def find_spec(self, fullname: str, _path: object, _target: ModuleType | None = None, /) -> ModuleSpec | None:
        """Answer for the one module."""
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutant; nothing is read from or written to a cache."""
        tree = self._mutant.applied(self.get_data(self.path).decode())
        return compile(tree, self.get_filename(fullname), "exec", dont_inherit=True)


class _Bounds:
    """A pytest plugin that ends the process when a test takes many times as long as it does."""

    def __init__(self, known: KnownTests) -> None:
        self._known = known

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        bound(self._known.seconds[nodeid])


class _Only(_Bounds):
    """A pytest plugin that leaves these tests, in this order."""

    def __init__(self, known: KnownTests, tests: Sequence[str]) -> None:
        super().__init__(known)
        self._order = {test: n for n, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self._order), key=lambda i: self._order[i.nodeid])


def bound(seconds: float) -> None:
    """End this process when it has computed for several times as long, or waited for much longer."""
    signal.setitimer(signal.ITIMER_PROF, 4 + 5 * seconds)
    signal.setitimer(signal.ITIMER_REAL, 60 + 20 * seconds)


def import_and_play(project: Project, known: KnownTests, mutant: Mutant, tests: Sequence[str], *options: str) -> int:
    """Import the mutant and run the tests, in this process; returns pytest's exit code."""
    sys.meta_path.insert(0, Swap(project, mutant))
    files = sorted({test.partition("::")[0] for test in tests})
    return int(pytest.main([*PLAIN, "-x", *options, *files], plugins=[_Only(known, tests)]))


class _Collected(_Bounds):
    """A pytest plugin: instead of running all that is collected, a child a mutant runs what may notice it."""

    def __init__(self, known: KnownTests, project: Project, run_all: Callable[[Play], None]) -> None:
        super().__init__(known)
        self._project, self._run_all = project, run_all
        self._in_child = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        items = {item.nodeid: item for item in session.items}

        def play(mutant: Mutant, tests: Sequence[str]) -> int:
            self._in_child = True
            swap(self._project, mutant)
            session.items[:] = [items[test] for test in tests]
            try:
                session.config.hook.pytest_runtestloop(session=session)
            except Exception:  # noqa: BLE001 - one failed, or took so long that it was stopped wherever it was
                return 1
            return int(session.testsfailed > 0)

        if not self._in_child:
            self._run_all(play)
            session.items.clear()
        return (yield)


def functions(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """Give the functions and methods of a module's code, by name and line."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and inner.co_flags & inspect.CO_OPTIMIZED:
            yield (inner.co_qualname, inner.co_firstlineno), inner
        elif isinstance(inner, CodeType):  # the body of a class
            yield from functions(inner)


def swap(project: Project, mutant: Mutant) -> None:
    """Have the functions of the imported module run the mutant's code, whatever wraps them."""
    path = project.path(mutant.module)
    source = path.read_text(encoding="utf-8")
    new = dict(functions(compile(mutant.applied(source), str(path), "exec", dont_inherit=True)))
    old = dict(functions(compile(source, str(path), "exec", dont_inherit=True)))
    changed = {code: new[key] for key, code in old.items() if new[key] != code}
    module = vars(importlib.import_module(f"{project.package}.{mutant.module}"))
    found = [entry for entry in gc.get_objects() if type(entry) is FunctionType and entry.__globals__ is module]
    found = [function for function in found if function.__code__ in changed]
    for function in found:
        function.__code__ = changed[function.__code__]
    if not found:
        raise RuntimeError(f"nothing runs {mutant.identity}")


def run(project: Project, known: KnownTests, work: Work, told: Told, workers: int = 2) -> None:
    """Run all mutants, and tell of each how it ended: killed, survived, or out of time."""
    os.chdir(project.root)
    for name in HEAVY:
        importlib.import_module(name)
    early = [(mutant, tests) for mutant, tests in work if known.at_import(mutant, project)]
    late = [(mutant, tests) for mutant, tests in work if not known.at_import(mutant, project)]
    run_all = partial(_run_all, told, workers)
    run_all(early, partial(import_and_play, project, known))
    if late:
        _in_a_child(lambda told: _run_collected(project, known, late, partial(_run_all, told, workers)), told, late)


def _in_a_child(run: Callable[[Told], None], told: Told, work: Work) -> None:
    """Run this in a process of its own: what it imports must not be there when other mutants are to be imported."""
    by_identity = {mutant.identity: mutant for mutant, _ in work}
    read, write = os.pipe()
    if not os.fork():
        with os.fdopen(write, "w", encoding="utf-8") as out:
            run(lambda mutant, how: print(json.dumps([mutant.identity, how]), file=out, flush=True))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as lines:
        for line in lines:
            identity, how = json.loads(line)
            told(by_identity[identity], how)
    os.wait()


def _run_collected(project: Project, known: KnownTests, work: Work, run_all: Callable[[Work, Play], None]) -> None:
    for module in {mutant.module for mutant, _ in work}:  # steps are imported late
        importlib.import_module(f"{project.package}.{module}")
    plugin = _Collected(known, project, partial(run_all, work))
    with Path(os.devnull).open("w", encoding="utf-8") as null, contextlib.redirect_stdout(null):
        pytest.main(["-x", "-s", *selected(project)], plugins=[plugin])


def _run_all(told: Told, workers: int, work: Work, play: Play) -> None:
    waiting, running = list(reversed(work)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < workers:
            mutant, tests = waiting.pop()
            running[_forked(mutant, tests, play)] = mutant
        pid, status = os.wait()
        if ended := running.pop(pid, None):  # or a process that a test has left behind
            told(ended, _end(os.waitstatus_to_exitcode(status)))


def _forked(mutant: Mutant, tests: Sequence[str], play: Play) -> int:
    if pid := os.fork():
        return pid
    code = NOTHING_RAN
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        bound(2)
        code = play(mutant, tests)
    except KeyboardInterrupt:  # a signal that the mutant does not handle: it would end the tests
        code = 1
    finally:
        os._exit(code)


def _end(code: int) -> str:
    """Say how a mutant's process ended; what ended before a test ran says nothing of the tests."""
    ends = {0: "survived", NOTHING_RAN: "not run", -signal.SIGPROF: "out of time", -signal.SIGALRM: "out of time"}
    return ends.get(code, "killed")
