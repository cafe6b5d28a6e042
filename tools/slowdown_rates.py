"""How often `max-slowdown` is judged broken, by simulation: `python tools/slowdown_rates.py` prints the table.

Questions have latencies of their own, spread around 0.5 s. Each answer of either version is off by a factor, whose
logarithm has the given standard deviation.
"""

from random import Random

from cerebras_deploy.decide.slowdown import slowdown

LIMIT = 0.2  # of `max-slowdown`
SIZES, NOISES = (5, 6, 8, 11, 20, 50, 1000), (0.15, 0.3, 0.5)


def rate(size: int, noise: float, slower: float, runs: int, seed: int = 1) -> float:
    """Return in which share of the runs a version that takes `slower` times as long is judged too slow."""
    rng = Random(f"{seed} {size} {noise} {slower}")
    return sum(_is_too_slow(rng, size, noise, slower) for _ in range(runs)) / runs


def _is_too_slow(rng: Random, size: int, noise: float, slower: float) -> bool:
    pairs = []
    for _ in range(size):
        usual = rng.lognormvariate(-0.69, 0.5)
        pairs.append((usual * rng.lognormvariate(0, noise), usual * slower * rng.lognormvariate(0, noise)))
    found = slowdown(pairs)
    return found is not None and found.exceeds(LIMIT)


def main() -> None:
    """Print the table."""
    print(
        "| questions | noise | nothing changed | 1.4 times as slow | 2 times as slow |\n| --- | --- | --- | --- | --- |"
    )
    for size in SIZES:
        for noise in NOISES:
            runs = 10_000 if size < 100 else 500
            cells = [f"{rate(size, noise, slower, runs):.2%}" for slower in (1.0, 1.4, 2.0)]
            print(f"| {size} | {noise} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
