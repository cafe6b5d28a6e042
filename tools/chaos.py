"""One run of the step under a random scenario and a random schedule of faults, and what must hold whatever happens.

A run is its seed: `python tools/chaos.py SEED` plays it again and prints its log.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from cerebras_simulator.world.scenarios import ALL_SCENARIOS, SCENARIOS
from cerebras_simulator.world.state import ROLLOUT_WORDS, STATE_WORDS
from helpers.repository import MANIFEST
from helpers.stage import Played, Stage

ENDPOINT = "my-org-gpt-oss-120b"
BUDGET = 300.0  # seconds that the API may be away
PASSING = (
    "408",
    "429",
    "429;retry-after=20",
    "429;retry-date=15",
    "500",
    "502",
    "503",
    "504",
    "html",
    "html;status=200",
)
BROKEN = ("truncated", "malformed", "nested;depth=3000", "huge;mb=6", "drip", "body", "body;to=null", "content-type")
FIELDS = (
    "extra",
    "missing;field=version_alias,managing_org_name,updated",
    "null;field=version_alias,response",
    "types;field=updated,version_alias",
    "missing;field=deployed_models",
    "types;field=created",
    "null;field=id",
    "missing",
    "null",
    "types",
    "types;field=rollout_replicas_updated",
    "null;field=model_arch_id",
)
LINES = ("refused", "reset-before", "reset-after", "read-timeout", "read-timeout-before")
PERMANENT = ("401", "403", "404", "empty", "cloudflare", "redirect", "detail-list", "flat", "422")
PROCESSED = ("500-after", "502-after", "503-after", "504-after", "408-after")
CALLS = ("deploy", "status", "version", "chat", "aliases")
GOOD = {"succeeded", "unchanged"}
BAD_ANSWERS = {"wrong-answer", "rollback-fails", "empty-answer", "slow-answers", "inference-down"}
LOST = {"failed": "error", "rolled-back": "rolled_back", "cancelled": "cancelled"}


@dataclass(frozen=True)
class Chaos:
    """What a seed stands for."""

    scenario: str
    state_words: dict[str, str]
    faults: tuple[str, ...]
    inputs: dict[str, str]
    latency: float
    interrupt: float | None


def chaos(seed: int) -> Chaos:
    """Draw a run."""
    rng = Random(seed)
    scenario = rng.choice([name for name in ALL_SCENARIOS if name not in {"six-hours", "slow"}])
    if scenario == "late-listing":
        scenario = f"late-listing:{rng.randint(0, 15)}"
    gate = _gate(rng, "gate" if scenario in set(ALL_SCENARIOS) - set(SCENARIOS) else scenario)
    return Chaos(
        scenario=scenario,
        state_words=dict(rng.choice([STATE_WORDS, ROLLOUT_WORDS])),
        faults=tuple(_faults(rng)),
        inputs={
            "timeout": rng.choice(["30s", "5m", "10m", "15m", "20m"]),
            "poll-interval": rng.choice(["1s", "5s", "10s", "30s"]),
            "if-busy": rng.choice(["wait", "wait", "queue", "fail"]),
            "if-current": rng.choice(["skip", "skip", "skip", "deploy"]),
            "wait": "true" if gate else rng.choice(["true"] * 9 + ["false"]),
        }
        | gate,
        latency=rng.choice([0.02, 0.2, 1.5]),
        interrupt=rng.uniform(0, 300) if rng.random() < 0.1 else None,
    )


def _gate(rng: Random, scenario: str) -> dict[str, str]:
    """Draw what comes after the rollout."""
    gate: dict[str, str] = {}
    if scenario == "gate" or rng.random() < 0.3:
        gate |= {"smoke-test-prompt": "Say hello.", "inference-api-key": "sim-inference-key"}
        gate |= {"smoke-test-expect": "(?i)hello"} if rng.random() < 0.9 else {}
        gate |= {"smoke-test-max-latency": "5s"} if rng.random() < 0.3 else {}
    if rng.random() < 0.5:
        gate["on-failure"] = "rollback"
    if rng.random() < 0.3:
        gate["promote-aliases"] = rng.choice(["stable", "canary", "stable,candidate", "v2,stable"])
    return gate


def _faults(rng: Random) -> Iterator[str]:
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5])):
        call = rng.choice(["deploy", "deploy", *CALLS])
        first = rng.randint(1, 3 if call == "deploy" else 30)
        last = first + rng.choice([0, 0, 0, 1, 2, 5, 20])
        pool: tuple[str, ...] = rng.choice([PASSING, BROKEN, LINES, PROCESSED, FIELDS])
        yield f"{call}:{first}-{last}={rng.choice(pool)}"
    if rng.random() < 0.15:
        start, length = rng.randint(0, 200), rng.choice([10, 60, 120, 290, 400])
        yield f"away:{rng.choice(['deploy+', ''])}{start}..{start + length}={rng.choice(['refused', '502', 'reset'])}"
    if rng.random() < 0.08:
        yield f"{rng.choice(CALLS)}:{rng.randint(1, 20)}={rng.choice(PERMANENT)}"
    if rng.random() < 0.05:
        yield f"status:{rng.randint(1, 10)}=clock;by={rng.choice([3600, 86400])}"


class Run:
    """A seed, played."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chaos = seed, chaos(seed)
        drawn = self.chaos
        options: dict[str, Any] = {"state_words": drawn.state_words, "seed": seed}
        self.stage = Stage(drawn.scenario, options, faults=drawn.faults, latency=drawn.latency, seed=seed)
        if drawn.interrupt is not None:
            self.stage.clock.interrupt_at = self.stage.clock.now() + drawn.interrupt
        self.aliases = {alias: self.holder(alias) for alias in ("stable", "production", "v2", "candidate")}
        self.first = self.stage.play(drawn.inputs)
        self.after = {alias: self.holder(alias) for alias in (*self.aliases, "canary")}
        self.stage.clock.interrupt_at = None

    @property
    def ours(self) -> list[str]:
        """The ids of the deployments of the wanted version made by the caller, by the simulator's own record."""
        return [one.id for one in self.stage.world.deployments if one.by == "caller" and one.version == 2]

    @property
    def rollbacks(self) -> list[str]:
        """The ids of the caller's deployments of any other version."""
        return [one.id for one in self.stage.world.deployments if one.by == "caller" and one.version != 2]

    def holder(self, alias: str) -> int | None:
        """The version that an alias points to by now."""
        known = self.stage.world.registry.known("gpt-oss-120b")
        return next((version.number for version in known if alias in version.aliases), None)

    def violations(self) -> list[str]:
        """List what does not hold; a second run, without faults, comes with it."""
        found = list(self._of_the_first())
        ended_badly = self.first.result in LOST or self.first.result in {"superseded", "smoke-test-failed"}
        taken_back = bool(self.rollbacks)  # so a re-run is right to deploy the version once more
        if not (ended_badly or taken_back) and self.chaos.inputs["if-current"] == "skip":
            found += self._of_the_second()
        return found

    def _of_the_first(self) -> Iterator[str]:
        played, world = self.first, self.stage.world
        result, id_ = played.result, played.outputs["deployment-id"]
        if len(self.ours) > 1 and self.chaos.scenario != "never-listed":  # a stated limit
            yield f"duplicate: {len(self.ours)} deployments"
        yield from self._of_rollback(played)
        yield from self._of_promotion(played)
        status = world.standing(id_).moment.status if id_ else ""
        if result in GOOD and status != "done":
            yield f"false green: {result}, and the simulator says {status}"
        if result == "succeeded" and not self._of_the_wanted_version(id_):
            yield "false green: another version"
        if result in LOST and not (status == LOST[result] or (result == "failed" and self._vanished())):
            yield f"false red: {result}, and the simulator says {status}"
        if result == "superseded" and not self.chaos.scenario.startswith("superseded"):
            yield f"false red: superseded in {self.chaos.scenario}"
        if result == "timed-out" and played.seconds < _seconds(self.chaos.inputs["timeout"]) - 10:
            yield f"false red: timed out after {played.seconds:.0f} s"
        yield from self._of_any(played)
        yield from self._of_no_answer(played)

    def _of_rollback(self, played: Played) -> Iterator[str]:
        result, asked, scenario = played.result, self.chaos.inputs, self.chaos.scenario
        allowed = {"smoke-test-failed", "failed", "interrupted", "rolled-back"}
        if len(self.rollbacks) > (asked.get("on-failure") == "rollback" and result in allowed):
            yield f"duplicate: {len(self.rollbacks)} rollbacks with {result}"
        unknown = {id_ for id_ in self.rollbacks if id_ != played.outputs["rollback-deployment-id"]}
        if unknown and "may have started" not in played.told and result != "interrupted":
            yield f"rollback {unknown} is not told: {played.told}"
        honest = scenario not in BAD_ANSWERS and not any("chat" in rule for rule in self.chaos.faults)
        if result == "smoke-test-failed" and honest:
            yield f"false red: smoke test failed in {scenario}"
        if result in GOOD and asked.get("smoke-test-expect") and scenario in {"wrong-answer", "rollback-fails"}:
            yield "false green: a bad answer"

    def _of_promotion(self, played: Played) -> Iterator[str]:
        result = played.result
        open_ended = result in {"promotion-failed", "interrupted"}
        told = open_ended and "may be unassigned" in played.told
        wanted = [alias for alias in self.chaos.inputs.get("promote-aliases", "").split(",") if alias]
        if result in GOOD and any(self.after[alias] != 2 for alias in wanted):
            yield f"false green: aliases {self.after}"
        for alias, before in self.aliases.items():
            now = self.after[alias]
            if now is None and not told:
                yield f"alias {alias} of version {before} was lost silently"
            if now not in {None, before, 2} or (now != before and alias not in wanted):
                yield f"alias {alias} of version {before} is at {now}"
            if now != before and not open_ended and result not in GOOD:
                yield f"alias {alias} was moved with {result}"

    def _of_any(self, played: Played) -> Iterator[str]:
        if set(played.outputs) != set(OUTPUTS):
            yield f"outputs: {sorted(played.outputs)}"
        if played.log.failures:
            yield f"the runner fails the step: {played.log.failures}"
        bound = _seconds(self.chaos.inputs["timeout"]) + 5
        bound += bound + 30 if "on-failure" in self.chaos.inputs else 0  # a rollback gets the same again
        bound += 140 if "promote-aliases" in self.chaos.inputs else 0  # an alias is put back past the deadline
        if played.seconds > bound:
            yield f"late: {played.seconds:.1f} s"
        if (played.exit_code == 0) != (played.result in {"succeeded", "unchanged", "triggered"}):
            yield f"exit code {played.exit_code} with {played.result}"

    def _of_no_answer(self, played: Played) -> Iterator[str]:
        told = played.told  # replies that lack what is needed, from the first on, end soon
        doubt = "got no usable reply" in told or "the API's reply has an unexpected form" in told
        gate = self.chaos.scenario == "inference-down"
        permanent = any(text in rule for rule in self.chaos.faults for text in PERMANENT)
        planned = self.chaos.scenario == "weights-failed" or self.chaos.inputs["if-busy"] == "fail"
        if played.result == "unreachable" and not (doubt or gate) and played.seconds < BUDGET:
            yield f"false red: unreachable after {played.seconds:.0f} s"
        if played.result == "unreachable" and not (self.chaos.faults or gate):
            yield "false red: unreachable without a fault"
        if played.result == "refused" and not (permanent or planned):
            yield f"false red: refused: {played.told}"
        if played.result == "interrupted" and self.chaos.interrupt is None:
            yield "interrupted by nobody"
        if played.result in {"", "invalid-input"}:
            yield f"bug: {played.text}"

    def _of_the_second(self) -> Iterator[str]:
        """Re-run the step when what was accepted is listed: it attaches, or finds the version live."""
        stage = self.stage
        stage.world.faults.clear()
        stage.clock.time += 20
        before = len(self.ours)
        plain = {key: value for key, value in self.chaos.inputs.items() if key == "poll-interval"}
        again = stage.play(plain | {"timeout": "30m"})
        lost = again.result in LOST or again.result == "superseded"
        if len(self.ours) > max(before, 1) and not self._ended_badly():
            yield f"duplicate on a re-run: {len(self.ours)} deployments"
        if (
            again.result not in GOOD
            and not lost
            and self.chaos.scenario not in {"weights-failed", "never-listed", "stuck-unknown", "vanishes"}
        ):
            yield f"re-run: {again.result}: {again.outputs['message']}"

    def _of_the_wanted_version(self, id_: str) -> bool:
        return next(one for one in self.stage.world.deployments if one.id == id_).version == 2

    def _vanished(self) -> bool:
        return self.chaos.scenario == "vanishes"

    def _ended_badly(self) -> bool:
        """Whether the deployment had ended badly, or was never to be seen, so that another one is legitimate."""
        hidden = self.chaos.scenario in {"never-listed", "vanishes", "superseded-vanishes"}
        return hidden or any(
            self.stage.world.standing(id_).moment.status in {"error", "rolled_back", "cancelled"} for id_ in self.ours
        )


def play(seed: int) -> tuple[int, str, str, int, list[str]]:
    """Play a seed: return it, its scenario, the result, how many faults were scheduled, and what does not hold."""
    run = Run(seed)
    found = run.violations()
    return seed, run.chaos.scenario.partition(":")[0], run.first.result, len(run.chaos.faults), found


OUTPUTS = MANIFEST.outputs


def _seconds(text: str) -> float:
    return float(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


if __name__ == "__main__":
    run = Run(int(sys.argv[1]))
    print(replace(run.chaos, state_words={}))
    print(run.first.text, *run.violations(), sep="\n")
