"""What became of the mutants: a table by module, the survivors, and what is known to be equivalent."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mutation.operators import Mutant

GOAL = 95  # percent of what is not equivalent

EQUIVALENT = Path(__file__).parent / "equivalent.toml"


@dataclass(frozen=True)
class Fate:
    """A mutant, and how its tests ended: killed, survived, out of time, untested (no test runs it), not run."""

    mutant: Mutant
    end: str
    tests: int

    @property
    def killed(self) -> bool:
        """Whether a test noticed: by failing, or by taking far too long."""
        return self.end in {"killed", "out of time"}


def equivalents() -> Mapping[str, str]:
    """Return the mutants that are shown to change nothing, by identity, with the reason."""
    return {one["mutant"]: one["reason"] for one in tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]}


def stale(known: Mapping[str, str], fates: Iterable[Fate], all_mutants: Iterable[Mutant]) -> list[str]:
    """List the equivalents that do not exist any more, or that a test notices."""
    killed = {fate.mutant.identity for fate in fates if fate.killed}
    modules = {fate.mutant.module for fate in fates}
    there = {mutant.identity for mutant in all_mutants}
    ours = [identity for identity in known if identity.partition(":")[0] in modules]
    return [identity for identity in ours if identity not in there or identity in killed]


def score(fates: Iterable[Fate], known: Mapping[str, str]) -> float:
    """Return the percentage of mutants that were killed, of those that are not equivalent."""
    counted = [fate for fate in fates if fate.mutant.identity not in known]
    return 100 * sum(fate.killed for fate in counted) / len(counted) if counted else 100.0


def table(fates: Iterable[Fate], known: Mapping[str, str]) -> Iterator[str]:
    """Give the table by module, in Markdown."""
    by_module: dict[str, list[Fate]] = {}
    for fate in fates:
        by_module.setdefault(fate.mutant.module, []).append(fate)
    yield "| module | mutants | killed | equivalent | survived | score |"
    yield "| --- | --- | --- | --- | --- | --- |"
    rows = {**by_module, "all": [fate for fates_of_one in by_module.values() for fate in fates_of_one]}
    for module, of_it in rows.items():
        killed = sum(fate.killed for fate in of_it)
        same = sum(fate.mutant.identity in known for fate in of_it)
        left = sum(not fate.killed and fate.mutant.identity not in known for fate in of_it)
        yield f"| `{module}` | {len(of_it)} | {killed} | {same} | {left} | {score(of_it, known):.1f} % |"


def survivors(fates: Iterable[Fate], known: Mapping[str, str]) -> Iterator[str]:
    """Give a line for each mutant that no test noticed."""
    for fate in fates:
        mutant = fate.mutant
        if not fate.killed and mutant.identity not in known:
            yield f"{mutant.module}:{mutant.line}  {mutant.identity}  ({fate.end}, {fate.tests} tests)"
