"""Facts of a run at typical moments."""

from dataclasses import replace

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.facts import Facts
from cerebras_deploy.decide.outcome import Outcome
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.errors import Interrupted
from cerebras_deploy.result import End, Result
from helpers import make

UUID = "550e8400-e29b-41d4-a716-446655440000"


def nothing_sent(asked: str = "production") -> Facts:
    facts = Facts(endpoint=make.ENDPOINT, asked=asked, timeout=3600)
    facts.saw_version(make.version())
    return facts


def following(progress: Progress | None = None, *, wanted: bool = False) -> Facts:
    """Facts of a rollout of version 2 that is followed, on an endpoint that served version 1.

    `wanted`: with `on-failure: rollback`.
    """
    facts = Facts(endpoint=make.ENDPOINT, asked="production", timeout=3600, rollback_wanted=wanted)
    facts.saw_version(make.version())
    facts.saw_endpoint(make.endpoint("old 1 complete 10"), 0)
    track = Track(Target(UUID)).listed(make.entry(f"{UUID} 2 in_progress 20"), 0)
    facts.attached(replace(track, progress=progress or Progress(Status.IN_PROGRESS, 5, 8)), 10.0)
    return facts


def tracked(state: str = "in_progress") -> Track:
    return Track(Target("ours", 20)).listed(make.entry(f"ours 2 {state} 20"), 0)


def in_doubt() -> Facts:
    facts = nothing_sent()
    facts.deploy_call.lost()
    return facts


STOPS = [
    End(Result.TIMED_OUT),
    Interrupted().end,
    End(Result.REFUSED, "HTTP 401 Unauthorized: Wrong API Key", "`api-key` must be a Management API key"),
    End(Result.UNREACHABLE, "no request succeeded for 5m00s: no connection"),
]


def told(outcome: Outcome) -> str:
    return "\n".join([outcome.title, *outcome.lines])


def rolling_back(track: Track | None = None) -> Facts:
    """Facts of a version that was found bad; `track` is of the rollback's deployment, if there is one."""
    facts = following(Progress(Status.DONE, 8, 8))
    back = facts.rollback_begun(make.name("1"))
    if track:
        back.attached(track, 20.0)
    return facts
