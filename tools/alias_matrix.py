"""One run of the step that promotes aliases while somebody else changes aliases too, and what must hold in any.

The API takes a version's whole list of aliases and has no compare-and-swap. So whoever writes a list can overwrite what
somebody else has written since it was read. The step cannot rule that out. It keeps the moment as short as one call,
and leaves the rest to the other writer, which is a sane one: each of its changes is made at once, between two of the
step's requests, and a few seconds later it reads again and repairs its change if that is gone. It looks once after each
write, so that what is overwritten later stays lost. One of the step's own aliases, which it sometimes moves, too, it
repairs only if no version holds it.

A run is its seed: `python tools/alias_matrix.py SEED` plays it again, and prints its log and all changes of aliases.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import httpx

from cerebras_simulator.world.inventory import ARCHITECTURE, ORG
from cerebras_simulator.world.rollouts import VersionName
from helpers.stage import EPOCH, Played, Stage

VERSIONS, OURS = (1, 2, 3), 2
THEIRS = ("blue", "green", "nightly", "rc")
UNTOUCHED = {"production": 2, "v2": 2, "candidate": 3, "stable": 1}  # where they are at first
PASSING = ("429", "500", "502", "503", "503", "504", "html", "truncated", "malformed", "409", "403")
PROCESSED = ("500-after", "503-after", "504-after", "reset-after", "read-timeout")
LINES = ("refused", "reset-before", "read-timeout-before")
FIELDS = ("missing;field=version_aliases", "null;field=version_aliases", "types;field=version_aliases", "missing")
LATE = 60.0 + 10.0  # seconds past the deadline: for putting an alias back, and the calls that are out then

Version = int | None


class Change(NamedTuple):
    """A change of who holds an alias."""

    time: float
    by: str
    alias: str
    before: Version
    after: Version


@dataclass
class Other(httpx.BaseTransport):
    """The other writer, who acts before each request of the step; and a record of all that happens to aliases.

    `wanted` is where it has put its aliases, and `due` when it looks again at what it wrote. While the step waits
    between two requests, it acts at some moment of that wait, too.
    """

    stage: Stage
    rng: Random
    meddles_with: tuple[str, ...]
    activity: float
    wanted: dict[str, Version] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    writes: int = 0
    repairs: int = 0
    read: dict[int, set[str]] = field(default_factory=dict)  # what the step has read last, by version

    def __post_init__(self) -> None:
        """Stand between the step and the simulator."""
        self.inner, self.stage.transport = self.stage.transport, self
        self.seen, self.answered = self.holders(), self.stage.clock.now()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Act, then let the step have its answer."""
        now, gap = self.stage.clock.now(), self.stage.clock.now() - self.answered
        moments = [now - self.rng.uniform(0, gap), now] if gap > 1 else [now]
        for moment in moments:
            self.look_again(moment)
            if self.rng.random() < self.activity:
                self._act(moment)
        self.look_again(now)
        meant = self._meant(request)
        try:
            return self.inner.handle_request(request)
        finally:
            self._note("the step", meant)
            self.answered = self.stage.clock.now()
            if request.url.path.endswith("/versions"):
                self.read = {one.number: set(one.aliases) for one in self.stage.world.registry.known(ARCHITECTURE)}

    def look_again(self, now: float) -> None:
        """Repair what was written some seconds ago, and is gone."""
        for alias in [alias for alias, due in self.due.items() if due <= now]:
            del self.due[alias]
            is_gone = self.holders().get(alias) != self.wanted[alias]
            if is_gone and (alias in THEIRS or alias not in self.holders()):
                self.repairs += 1
                self._put(alias, self.wanted[alias], now)
        self._note("the other")

    def holders(self) -> dict[str, Version]:
        """Who holds each alias."""
        known = self.stage.world.registry.known(ARCHITECTURE)
        return {alias: version.number for version in known for alias in version.aliases}

    def _meant(self, request: httpx.Request) -> set[str]:
        """Return the alias that a write of the step is about: what differs from the list that it read."""
        if request.method != "PATCH":
            return set()
        wanted = set(json.loads(request.read())["version_aliases"])
        return wanted ^ self.read[int(request.url.path.rpartition("/")[2])]

    def _act(self, now: float) -> None:
        if self.meddles_with and self.rng.random() < 0.4:
            alias, places = self.rng.choice(self.meddles_with), [*VERSIONS, None]
        else:
            alias, places = self.rng.choice(THEIRS), [*VERSIONS, *VERSIONS, None]
        self.writes += 1
        self._put(alias, self.rng.choice(places), now)
        self._note("the other")

    def _put(self, alias: str, version: Version, now: float) -> None:
        """Have that version hold it, and look again some seconds later."""
        registry = self.stage.world.registry
        for one in registry.known(ARCHITECTURE):
            kept = tuple(other for other in one.aliases if other != alias)
            registry.set_aliases(VersionName(ORG, ARCHITECTURE, str(one.number)), kept)
        if version is not None:
            held = next(one.aliases for one in registry.known(ARCHITECTURE) if one.number == version)
            registry.set_aliases(VersionName(ORG, ARCHITECTURE, str(version)), (*held, alias))
        self.wanted[alias] = version
        self.due[alias] = now + self.stage.latency + self.rng.uniform(0.2, 3.0)

    def _note(self, who: str, meant: Iterable[str] = ()) -> None:
        now = self.holders()
        for alias in sorted(now.keys() | self.seen.keys()):
            before, after = self.seen.get(alias), now.get(alias)
            if before != after:
                by = "the step, unaware" if who == "the step" and alias not in meant else who
                self.changes.append(Change(self.stage.clock.now() - EPOCH, by, alias, before, after))
        self.seen = now


class Run:
    """A seed, played."""

    def __init__(self, seed: int) -> None:
        rng = Random(seed)
        self.promoted: str = rng.choice(
            ["stable", "stable", "canary", "stable,candidate", "v2,stable", "canary,stable"]
        )
        self.aliases = tuple(self.promoted.split(","))
        self.timeout: int = rng.choice([25, 40, 60, 300, 300, 300])
        self.faults = tuple(_faults(rng))
        latency = rng.choice([0.05, 0.3, 1.0, 2.0])
        self.stage = Stage("live", faults=self.faults, latency=latency, seed=seed)
        if rng.random() < 0.1:
            self.stage.clock.interrupt_at = EPOCH + rng.uniform(2, 20)
        meddles = self.aliases if rng.random() < 0.5 else ()
        self.other = Other(self.stage, rng, meddles, rng.choice([0.1, 0.3, 0.6]))
        self.played: Played = self.stage.play({"promote-aliases": self.promoted, "timeout": f"{self.timeout}s"})
        for _ in range(20):  # whatever it wrote last, it looks at
            self.stage.clock.time += 5
            self.other.look_again(self.stage.clock.now())
        self.told = self.played.told

    @property
    def end(self) -> str:
        """The result, and where an alias that was not moved is."""
        if self.played.result != "promotion-failed":
            return self.played.result
        told = {
            "may be unassigned": "it may be unassigned",
            "by someone else": "somebody else has moved it",
            "is back on": "it is back",
            "is still on": "it is where it was",
            "a move takes up to": "too little time was left",
            "was not moved": "it was not moved",
        }
        return f"promotion-failed: {next(words for text, words in told.items() if text in self.told)}"

    def violations(self) -> Iterator[str]:
        """Give what does not hold."""
        holders, result = self.other.holders(), self.played.result
        for alias, wanted in self.other.wanted.items():
            if alias in THEIRS and holders.get(alias) != wanted:
                yield f"lost: {alias} of the other is at {holders.get(alias)}, not at {wanted}"
        for alias, at in UNTOUCHED.items():
            if alias not in self.aliases and holders.get(alias) != at:
                yield f"lost: {alias}, which nobody moves, is at {holders.get(alias)}"
        for alias in self.aliases:
            yield from self._of_ours(alias)
        if self.played.seconds > self.timeout + LATE:
            yield f"late: {self.played.seconds:.0f} s"
        if result == "timed-out" and "Moving alias" in self.played.text:
            yield "timed out while an alias was moved"
        has_reason = self.faults or self.other.meddles_with or "Set a longer `timeout`" in self.told
        if result == "promotion-failed" and not has_reason:
            yield f"promotion failed without a reason: {self.told}"

    def _of_ours(self, alias: str) -> Iterator[str]:
        """Compare what is told of an alias with what has happened to it."""
        told, ends = self._told(alias), self._ends(alias)
        own = [change for change in self.other.changes if change.alias == alias and change.by == "the step"]
        if told == "untouched":
            if self.played.result in {"succeeded", "unchanged"}:
                yield f"false: nothing is told of {alias}"
            if own:
                yield f"false: {alias} is told as not moved, and was: {own}"
        elif told == "unassigned":
            if "curl -X PATCH" not in self.told:
                yield f"no command repairs {alias}"
        elif told not in ends:
            yield f"false: {alias} is told to be at {told}, and is at {ends}: {self.told}"
        taken = {change.before for change in own if change.after is None}
        if len(taken) > 1:
            yield f"overwritten: {alias} was taken from {taken}"

    def _told(self, alias: str) -> Version | str:
        """Where the log or the message says that it is."""
        said = rf"alias {alias} (?:is (?:back |still )?on|was moved to|was not moved, it is at) version (\d)"
        if re.search(rf"^\S+  Alias {alias}: (.* → version 2|already on version 2)\.$", self.played.text, re.MULTILINE):
            return OURS
        if f"alias {alias} may be unassigned" in self.told:
            return "unassigned"
        if found := re.search(said, self.told):
            return int(found[1])
        return None if f"alias {alias} was not moved, it is unassigned" in self.told else "untouched"

    def _ends(self, alias: str) -> set[Version]:
        """Where it is at the end, and where it was before what the other did after the step's last change of it."""
        ends: set[Version] = {self.other.holders().get(alias)}
        for change in reversed([one for one in self.other.changes if one.alias == alias]):
            if change.by == "the step":
                break
            ends.add(change.before)
        return ends


def _faults(rng: Random) -> Iterator[str]:
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        call = rng.choice(["versions", "versions", "version", "aliases", "aliases", "aliases"])
        first = rng.randint(1, 4)
        last = first + rng.choice([0, 0, 1, 2, 5, 30])
        pool = rng.choice([PASSING, PROCESSED, LINES, FIELDS])
        yield f"{call}:{first}-{last}={rng.choice(pool)}"


class Tally(NamedTuple):
    """What is left of a run for the tally."""

    seed: int
    end: str
    faults: int
    writes: int
    repairs: int
    violations: list[str]


def play(seed: int) -> Tally:
    """Play a seed."""
    run = Run(seed)
    return Tally(seed, run.end, len(run.faults), run.other.writes, run.other.repairs, list(run.violations()))


if __name__ == "__main__":
    run = Run(int(sys.argv[1]))
    print(run.promoted, run.timeout, run.faults, run.other.meddles_with)
    print(run.played.text, *run.other.changes, *run.violations(), sep="\n")
