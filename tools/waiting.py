"""How late the action sees what a rollout does, and what it asks for that: the shipped code on the virtual clock.

As for the peers' figures: the end is spread evenly over ± 30 s around the length, and a call takes 0.3 s and shows how
things were at its start.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from random import Random
from statistics import mean

from cerebras_simulator.world.scenarios import DONE, HEALTHY
from cerebras_simulator.world.timelines import REPLICAS, Phase, Timeline
from helpers.stage import Stage

SPREAD = 30.0
LATENCY = 0.3
# How a rollout's counts of updated replicas go.
EVEN, UNEVEN, RANDOM, STILL, UNKNOWN = "even", "uneven", "at random", "stand still", "unknown"
GROWING, HALVES = "1, 2, 4, 8", "4, 8"
BATCHES = {GROWING: (0, 1, 2, 4), HALVES: (0, 4)}  # the counts before each batch; else one by one
COUNTS = {
    2: (EVEN, UNEVEN, UNKNOWN),
    10: (EVEN, UNEVEN, RANDOM, GROWING, HALVES, STILL, UNKNOWN),
    45: (EVEN, UNEVEN, UNKNOWN),
}  # by the rollout's length in minutes
RUNS = {2: 120, 10: 120, 45: 30}  # by the same
# See the peers' own sources, on the same terms. Calls per 10-minute rollout, and mean lag.
PEERS = {
    "Truss push (1 s)": (462, 0.9),
    "sagemaker-core, await-remote-run (5 s)": (115, 2.9),
    "Terraform Cloud (2 s to 7 s)": (85, 3.9),
    "CloudFormation, Octopus, Elastic Beanstalk (10 s)": (60, 5.4),
    "Vercel (1 s to 30 s)": (48, 15.5),
    "CodeBuild (30 s)": (21, 15.6),
    "Amazon ECS 2.6.3 (15 s to 600 s)": (7.7, 322.0),
}


@dataclass(frozen=True)
class Waiting:
    """Mean seconds until a reply shows it: the end (`lag`, `most` at most), another replica, an error at any moment.

    `calls` are status reads per rollout; `results` those of the runs.
    """

    lag: float
    most: float
    change: float
    error: float
    calls: float
    results: frozenset[str]


@dataclass(frozen=True)
class _Run:
    """One rollout that was followed: when the API was asked, its changes and its end, in seconds from its start."""

    reads: Sequence[float]
    changes: Sequence[float]
    end: float
    result: str

    def lag(self, moment: float) -> float:
        """Return the seconds from a moment to the reply that shows what happened then."""
        return self.reads[bisect_left(self.reads, moment)] - moment + LATENCY

    @property
    def error(self) -> float:
        """Return the mean lag of a moment anywhere in the rollout."""
        gaps = [after - before for before, after in pairwise((0.0, *self.reads))]
        return sum(gap * gap for gap in gaps) / 2 / sum(gaps) + LATENCY


def waiting(minutes: float, *, counts: str, runs: int) -> Waiting:
    """Follow as many rollouts of about that length, with the defaults of all inputs."""
    lengths = [minutes * 60 + SPREAD * (2 * (run + 0.5) / runs - 1) for run in range(runs)]
    played = [_follow(seconds, counts, seed) for seed, seconds in enumerate(lengths)]
    lags = [run.lag(run.end) for run in played]
    return Waiting(
        lag=mean(lags),
        most=max(lags),
        change=mean(run.lag(change) for run in played for change in run.changes),
        error=mean(run.error for run in played),
        calls=mean(len(run.reads) for run in played),
        results=frozenset(run.result for run in played),
    )


def _follow(seconds: float, counts: str, seed: int) -> _Run:
    steps = BATCHES.get(counts, range(REPLICAS))
    lengths = tuple(_lengths(seconds, counts, len(steps), Random(seed)))
    counted = 0 if counts == STILL else 1
    phases = [Phase("in_progress", length, (step * counted,) * 2) for step, length in zip(steps, lengths, strict=True)]
    scenario = replace(HEALTHY, rollout=Timeline((*phases, DONE)), counts=counts != UNKNOWN)
    stage = Stage(scenario, latency=LATENCY, seed=seed)
    result = stage.play().result
    began = stage.world.deployments[-1].created
    methods = [request.method for request in stage.world.requests]
    reads = [request.time - began for request in stage.world.requests[methods.index("POST") + 1 :]]
    return _Run(reads, tuple(accumulate(lengths)), seconds, result)


def _lengths(seconds: float, counts: str, steps: int, rng: Random) -> Iterable[float]:
    """Return how long each step takes; where they are uneven, some take three times as long as others."""
    if counts == RANDOM:
        ends = sorted(rng.uniform(0, seconds) for _ in range(steps - 1))
        return [after - before for before, after in pairwise((0.0, *ends, seconds))]
    parts = [rng.uniform(0.5, 1.5) if counts == UNEVEN else 1.0 for _ in range(steps)]
    return [seconds * part / sum(parts) for part in parts]


def rows() -> Iterator[str]:
    """Return the table of docs/performance.md, line by line."""
    yield "| who | rollout | replica counts | mean lag | most | another replica | an error | calls |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for minutes, kinds in COUNTS.items():
        for counts in kinds:
            found = waiting(minutes, counts=counts, runs=RUNS[minutes])
            late = f"{found.lag:.2f} s | {found.most:.1f} s | {found.change:.1f} s | {found.error:.1f} s"
            yield f"| this action | {minutes} min | {counts} | {late} | {found.calls:.0f} |"
            assert found.results == {"succeeded"}, found.results
    for peer, (calls, lag) in sorted(PEERS.items(), key=lambda one: one[1][1]):
        yield f"| {peer} | 10 min | | {lag} s | | | | {calls} |"


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
