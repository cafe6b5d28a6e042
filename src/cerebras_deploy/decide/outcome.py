"""What the step concluded, and whether it is rolled back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.result import End, Result


@dataclass(frozen=True)
class Outcome:
    """What the step concluded. `title` is a few words, `statement` says what, where and why, `advice` what to do next.

    `details` say the same, a line each, where a sentence would be hard to read.
    """

    result: Result
    title: str
    statement: str
    advice: str = ""
    details: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """Statement and advice in one line."""
        return "; ".join(filter(None, (self.statement, self.advice)))

    def mapped(self, change: Callable[[str], str]) -> "Outcome":
        """Return it with each of its texts changed."""
        details = tuple(map(change, self.details))
        return replace(self, statement=change(self.statement), advice=change(self.advice), details=details)


def is_rolled_back(end: End, facts: Known) -> bool:
    """Whether `on-failure: rollback` applies: the one rule.

    It does if the rollout ended in an error, or if the smoke test judged the version bad. It does not if that says
    nothing about the version, or if the version was live before this step, so that there is nothing to go back to.
    """
    match end.result:
        case Result.FAILED:
            return facts.progress.status is Status.ERROR
        case Result.SMOKE_TEST_FAILED:
            return facts.smoke_test.verdict == "failed" and not facts.found_live_already
        case _:
            return False
