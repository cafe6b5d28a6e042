"""What the step concluded: the names of its results, and the one kind of end that every part of a run comes to."""

from enum import StrEnum
from typing import NamedTuple


class Result(StrEnum):
    """What the step concluded: the `result` output."""

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    TRIGGERED = "triggered"
    PLANNED = "planned"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    SMOKE_TEST_FAILED = "smoke-test-failed"
    PROMOTION_FAILED = "promotion-failed"
    TIMED_OUT = "timed-out"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    INVALID_INPUT = "invalid-input"

    @property
    def is_success(self) -> bool:
        """Whether the step ends with exit code 0."""
        return self in {Result.SUCCEEDED, Result.UNCHANGED, Result.TRIGGERED, Result.PLANNED}


class End(NamedTuple):
    """How a run, or a part of it, ended. A rollout's verdict and a stop on the way are both this.

    `reason` says why, and `hint` what to do about it. `newer` names the deployment that took the endpoint, or is about
    to, and `newer_version` its version. `alias` is the one that could not be moved, which may be unassigned now.
    `call_error` is the failed call's own words, where patience with it ran out. `problems` has a line for each invalid
    input.
    """

    result: Result
    reason: str = ""
    hint: str = ""
    newer: str = ""
    newer_version: str = ""
    alias: str = ""
    is_unassigned: bool = False
    call_error: str = ""
    problems: tuple[str, ...] = ()
