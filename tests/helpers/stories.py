"""The stories that golden files tell: what is asked of which scenario, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cerebras_simulator.world.inference import Answer, Choice
from cerebras_simulator.world.scenarios import SCENARIOS, Scenario
from helpers.repository import ROOT
from helpers.stage import EPOCH, Stage, VirtualClock


@dataclass(frozen=True)
class Story:
    """One run of the step. `interrupt` is when the job is cancelled, in seconds of the run.

    `slow`: on a port it would take long by the real clock.
    `files` are those of the workspace, and `choices` say how versions answer.
    `timed`: what it tells depends on minutes of real time, so that it is told on the virtual clock only.
    """

    name: str
    scenario: str = "healthy"
    inputs: Mapping[str, str] = field(default_factory=dict)
    interrupt: float | None = None
    faults: tuple[str, ...] = ()
    slow: bool = False
    timed: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice | Answer, ...] = ()

    @property
    def played(self) -> str | Scenario:
        """What the simulator plays."""
        return FIRST_ERROR if self.scenario == "first-error" else self.scenario


# An endpoint that has never served anything, on which a rollout fails.
FIRST_ERROR = replace(SCENARIOS["rollout-error"], served=None, about="the first rollout ever fails")
_TIMED = {"slow", "six-hours", "stuck-unknown", "never-listed", "superseded-vanishes"}
_BASE = tuple(
    Story(
        name, name, {"timeout": "8h" if name == "six-hours" else "1h" if name == "slow" else "5m"}, timed=name in _TIMED
    )
    for name in SCENARIOS
    if name not in {"slow", "six-hours"} and SCENARIOS[name].inference == SCENARIOS["healthy"].inference
)
_ASK = {"smoke-test-prompt": "Say hello.", "smoke-test-expect": "(?i)hello", "inference-api-key": "sim-inference-key"}
_ROLL_BACK = _ASK | {"on-failure": "rollback"}
_MANY = {"smoke-test-file": "smoke-test/questions.toml", "inference-api-key": "sim-inference-key"}
_QUESTIONS = {
    f"smoke-test/{path.name}": path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "examples" / "smoke-test").iterdir())
}
_WITHOUT_COMPARING = {
    name: "".join(line for line in text.splitlines(keepends=True) if not line.startswith("max-slowdown"))
    for name, text in _QUESTIONS.items()
}
_GOOD_ANSWERS = tuple(
    Answer(question, answer)
    for question, answer in (
        ("Give the capital", '{"capital": "Paris"}'),
        ("capital of France", "Paris"),
        ("capital of Italy", "Rome"),
        ("17 times 3", "51"),
        ("red planet", "Mars"),
        ("good morning", "Bonjour"),
        ("gold", "Au"),
        ("cat backwards", "tac"),
    )
)
_BY_ID = {"model": "", "alias": "", "deployment-id": "00000000-0000-4000-8000-000000000000"}


def _suite(name: str, *choices: Choice | Answer, scenario: str = "healthy", **more: Any) -> Story:
    """Return a story in which the questions of the example are asked."""
    given: dict[str, Any] = {"files": _QUESTIONS, "choices": (*choices, *_GOOD_ANSWERS), "timed": True} | more
    return Story(name, scenario, _MANY, **given)


_SUITES = (
    _suite("suite-passed"),
    _suite("suite-failed-by-pass-rate", Answer("17 times 3", "50", 2), Answer("gold", "Ag", 2)),
    _suite("suite-failed-by-p95", Choice("seconds", 6, 2), files=_WITHOUT_COMPARING, slow=True),
    _suite("suite-slower", Choice("seconds", 0.6, 2)),
    _suite("suite-unanswered", faults=("chat:14-60=503",)),
    _suite("suite-first-deployment", scenario="first-deployment"),
)

DOCUMENTS = {"report", "summary-markdown"}  # outputs of many lines, which no golden file of outputs has

STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        *_BASE,
        Story("slow", "slow", {"poll-interval": "30s"}, slow=True, timed=True),
        Story("six-hours", "six-hours", {"timeout": "7h", "poll-interval": "60s"}, slow=True, timed=True),
        Story("not-awaited", inputs={"wait": "false"}),
        Story("live-deployed-anyway", "live", {"if-current": "deploy"}),
        Story("busy-fails", "busy", {"if-busy": "fail"}),
        Story("busy-queues", "busy", {"if-busy": "queue"}),
        Story("by-integer", inputs={"model": "orgs/my-org/models/gpt-oss-120b/versions/2", "alias": ""}),
        Story("by-architecture-alone", inputs={"model": "gpt-oss-120b"}),
        Story("followed-id-never-listed", inputs=_BY_ID, timed=True),
        Story("dry-run", inputs={"dry-run": "true", "promote-aliases": "canary,stable"} | _ROLL_BACK),
        Story("dry-run-busy", "busy", {"dry-run": "true"}),
        Story("dry-run-refused", "weights-failed", {"dry-run": "true"}),
        Story("smoke-test-passed", inputs=_ASK),
        Story("smoke-test-of-what-is-live", "live", _ASK),
        Story("smoke-test-after-a-cold-start", "cold-start", _ASK),
        Story("smoke-test-failed", "wrong-answer", _ASK),
        Story("smoke-test-failed-and-rolled-back", "wrong-answer", _ROLL_BACK),
        Story("smoke-test-failed-and-rollback-failed", "rollback-fails", _ROLL_BACK),
        Story("smoke-test-empty", "empty-answer", _ASK | {"smoke-test-expect": ""}),
        Story("smoke-test-too-slow", "slow-answers", _ASK | {"smoke-test-max-latency": "5s"}, slow=True, timed=True),
        Story("smoke-test-unanswered", "inference-down", _ROLL_BACK, faults=("models:2-9=503",), timed=True),
        Story("smoke-test-errors-rolled-back", "inference-down", _ROLL_BACK, timed=True),
        Story("smoke-test-wrong-key", inputs=_ASK | {"inference-api-key": "sim-management-key"}),
        Story("fingerprint-of-another-version", "wrong-fingerprint", _ASK),
        *_SUITES,
        Story("error-rolled-back", "rollout-error", {"on-failure": "rollback"}, timed=True),
        Story("error-then-the-api-rolls-back", "error-then-rolls-back", {"on-failure": "rollback"}, timed=True),
        Story("nothing-to-roll-back-to", "first-error", {"on-failure": "rollback"}, timed=True),
        Story("interrupted-while-rolling-back", "wrong-answer", _ROLL_BACK, interrupt=260.0),
        Story("promoted", inputs=_ASK | {"promote-aliases": "canary,stable,v2"}),
        Story("promotion-put-back", inputs={"promote-aliases": "stable"}, faults=("aliases:2-12=503",), timed=True),
        Story("promotion-broken", inputs={"promote-aliases": "stable"}, faults=("aliases:2-99=503",), timed=True),
        Story("wrong-key", inputs={"api-key": "an-inference-key"}),
        Story("unknown-endpoint", inputs={"endpoint": "my-org-gpt-oss-210b"}),
        Story("unknown-version", inputs={"alias": "prodction"}),
        Story("other-architecture", inputs={"model": "orgs/my-org/models/llama-3.3-70b", "alias": "production"}),
        Story("timed-out", inputs={"timeout": "90s"}, timed=True),
        Story("timed-out-on-weights", "weights-syncing", {"timeout": "30s"}, timed=True),
        Story("interrupted", interrupt=60.0),
        Story("interrupted-before-deploy", "weights-syncing", interrupt=20.0),
        Story(
            "invalid-input",
            inputs={
                "endpoint": "a/b",
                "alias": "production",
                "model": "orgs/o/models/m/versions/1",
                "timeout": "soon",
                "wait": "yes",
                "if-busy": "hope",
                "base-url": "http://example.com",
            },
        ),
    )
}


def stage_of(story: Story) -> Stage:
    """Set up what the story is played on."""
    clock = VirtualClock(interrupt_at=None if story.interrupt is None else EPOCH + story.interrupt)
    options = {"choices": story.choices}
    return Stage(story.played, options, clock=clock, faults=story.faults, files=story.files)
