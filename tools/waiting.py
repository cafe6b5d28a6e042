"""How late the action sees the end of a rollout, and what it asks for that: the shipped code on the virtual clock.

As for the peers' figures: the end is spread evenly over ± 30 s around the length, and a call takes 0.3 s. Here, 8
replicas are updated evenly.
"""

from dataclasses import dataclass, replace
from statistics import mean

from cerebras_simulator.world.scenarios import DONE, HEALTHY
from cerebras_simulator.world.timelines import REPLICAS, Phase, Timeline
from helpers.stage import Stage

SPREAD = 30.0
LATENCY = 0.3


@dataclass(frozen=True)
class Waiting:
    """Seconds from the end to the reply that shows it, mean and greatest; status reads per rollout; the results."""

    lag: float
    most: float
    calls: float
    results: frozenset[str]


def waiting(minutes: float, *, counts: bool, runs: int) -> Waiting:
    """Follow as many rollouts of about that length, with the defaults of all inputs."""
    lags, calls, results = [], [], set()
    for run in range(runs):
        seconds = minutes * 60 + SPREAD * (2 * (run + 0.5) / runs - 1)
        rollout = Timeline((Phase("in_progress", seconds, (0, REPLICAS)), DONE))
        stage = Stage(replace(HEALTHY, rollout=rollout, counts=counts), latency=LATENCY, seed=run)
        played = stage.play()
        # The simulator answers at the end of a call; the peers' figures have a call show how things were at its start.
        lags.append(stage.clock.now() - stage.world.deployments[-1].created - seconds + LATENCY)
        reads = [request.method for request in stage.world.requests]
        calls.append(len(reads) - reads.index("POST") - 1)
        results.add(played.result)
    return Waiting(mean(lags), max(lags), mean(calls), frozenset(results))
