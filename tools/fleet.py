"""Many steps behind one rate limit, on the virtual clock: what they come to, as the table of docs/performance.md.

Each follows a rollout of its own, which takes ten minutes. All begin at the same moment, and so do the rollouts.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import mean

from cerebras_simulator.world.scenarios import DONE, HEALTHY, Rollout
from cerebras_simulator.world.timelines import REPLICAS, Phase, Timeline
from helpers.fleet import Bucket, SharedClock, Turned, fleet
from helpers.stage import BASE, EPOCH, Stage

SECONDS = 600.0  # of a rollout
LATENCY = 0.3
OUTAGE = (240.0, 300.0)  # seconds from the start: the API takes no connection
SIZES = (1, 10, 100)
RATES = (60, 300, 1000)  # requests a minute
TURNED: tuple[Turned, ...] = ("429", "503")
FOLLOWED = replace(HEALTHY, rivals=(Rollout(2, 0, Timeline((Phase("in_progress", SECONDS, (0, REPLICAS)), DONE))),))


@dataclass(frozen=True)
class Found:
    """What became of a fleet. `lags` are seconds from the end until it was seen, of the steps that saw it.

    `turned_away` is a share of the requests. `steady` is how many requests come in 10 s, on average of the minute
    before the outage, and `after` how many come in the first 10 s after it.
    """

    results: Counter[str]
    lags: tuple[float, ...]
    turned_away: float
    steady: float
    after: int

    @property
    def row(self) -> str:
        """Return the results, the lags and the share that was turned away."""
        results = ", ".join(f"{number} {result}" for result, number in self.results.items())
        late = f"{self.lags[0]:.1f} s, {mean(self.lags):.1f} s, {self.lags[-1]:.1f} s" if self.lags else ""
        return f"{results} | {late} | {self.turned_away:.0%}"


def play(size: int, rate: float, turned: Turned = "429", *, outage: bool = False) -> Found:
    """Play a fleet of as many steps."""

    def begin(number: int, clock: SharedClock) -> tuple[Stage, dict[str, str]]:
        stage = Stage(FOLLOWED, clock=clock, latency=LATENCY, seed=number)
        stage.world.endpoint(BASE["endpoint"])
        return stage, {"deployment-id": stage.world.deployments[-1].id}

    start, end = (EPOCH + moment for moment in OUTAGE)
    bucket = Bucket(rate, turned, (start, end) if outage else (0.0, 0.0))
    played = fleet(size, begin, bucket, LATENCY)
    return Found(
        results=Counter(step.result for step in played),
        lags=tuple(sorted(step.seconds - SECONDS for step in played if step.result == "succeeded")),
        turned_away=1 - bucket.passed / len(bucket.times),
        steady=sum(start - 60 <= at < start for at in bucket.times) / 6,
        after=sum(end <= at < end + 10 for at in bucket.times),
    )


def rows() -> Iterator[str]:
    """Return the tables of docs/performance.md, line by line."""
    yield "| steps | requests a minute | answer | results | lag: least, mean, most | turned away |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for size in SIZES:
        for rate in RATES:
            for turned in TURNED:
                yield f"| {size} | {rate} | {turned} | {play(size, rate, turned).row} |"
    yield ""
    yield "| steps | requests a minute | in 10 s before | in the first 10 s after |"
    yield "| --- | --- | --- | --- |"
    for size in SIZES:
        found = play(size, 1000, outage=True)
        yield f"| {size} | 1000 | {found.steady:.1f} | {found.after} |"


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
