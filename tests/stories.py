"""The stories that golden files tell: what is asked of which scenario, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cerebras_simulator.scenarios import SCENARIOS


@dataclass(frozen=True)
class Story:
    """One run of the step. `interrupt` is when the job is cancelled, in seconds of the run.

    `timed`: what it tells depends on minutes of real time, so that it is told on the virtual clock only.
    """

    name: str
    scenario: str = "healthy"
    inputs: Mapping[str, str] = field(default_factory=dict)
    interrupt: float | None = None
    timed: bool = False


_TIMED = {"slow", "six-hours", "stuck-unknown", "never-listed"}
_BASE = tuple(
    Story(
        name, name, {"timeout": "8h" if name == "six-hours" else "1h" if name == "slow" else "5m"}, timed=name in _TIMED
    )
    for name in SCENARIOS
    if name not in {"slow", "six-hours"}
)
_BY_ID = {"model": "", "alias": "", "deployment-id": "00000000-0000-4000-8000-000000000000"}

STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        *_BASE,
        Story("slow", "slow", {"poll-interval": "30s"}, timed=True),
        Story("six-hours", "six-hours", {"timeout": "7h", "poll-interval": "60s"}, timed=True),
        Story("not-awaited", inputs={"wait": "false"}),
        Story("live-deployed-anyway", "live", {"if-current": "deploy"}),
        Story("busy-fails", "busy", {"if-busy": "fail"}),
        Story("busy-queues", "busy", {"if-busy": "queue"}),
        Story("by-integer", inputs={"model": "orgs/my-org/models/gpt-oss-120b/versions/2", "alias": ""}),
        Story("by-architecture-alone", inputs={"model": "gpt-oss-120b"}),
        Story("followed-id-never-listed", inputs=_BY_ID, timed=True),
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
