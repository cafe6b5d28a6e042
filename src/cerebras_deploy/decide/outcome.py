"""What the step concluded, and whether it is rolled back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.known import Known
from cerebras_deploy.result import End, Result


@dataclass(frozen=True)
class Outcome:
    """What the step concluded, for people. A text that does not apply is empty.

    `title` is the verdict in a few words, and `statement` says what happened in a sentence that stands alone. `serving`
    is what the endpoint serves now. `reason` is the API's own words, or ours. `asked` has a heading and a text for what
    was asked for beside the rollout, and `advice` is the next step. `problems` has a line for each invalid input.
    """

    result: Result
    title: str
    statement: str
    serving: str = ""
    reason: str = ""
    asked: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    deployment_id: str = ""
    problems: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The `message` output: what happened and, on failure, the next step."""
        return " ".join(filter(None, (self.statement, self.advice)))

    @property
    def lines(self) -> list[str]:
        """The annotation, line by line."""
        if self.problems:
            return [*(f"- {problem}" for problem in self.problems), "No request was sent."]
        rows = (
            *(("Serving now", self.serving and f"{self.serving}."), ("Reason", self.reason), *self.asked),
            *(("Next", self.advice), ("Deployment", self.deployment_id)),
        )
        return [self.statement, *(f"{name}: {text}" for name, text in rows if text)]

    def mapped(self, change: Callable[[str], str]) -> "Outcome":
        """Return it with each of its texts changed."""
        return replace(
            self,
            statement=change(self.statement),
            reason=change(self.reason),
            asked=tuple((name, change(text)) for name, text in self.asked),
            advice=change(self.advice),
            problems=tuple(map(change, self.problems)),
        )


def is_rolled_back(end: End, facts: Known) -> bool:
    """Whether `on-failure: rollback` applies: the one rule.

    It does if the rollout ended in an error, or if the smoke test judged the version bad. It does not if that says
    nothing about the version, or if the version was live before this step, so that there is nothing to go back to.
    """
    if facts.found_live_already:
        return False
    match end.result:
        case Result.FAILED:
            return facts.progress.status is Status.ERROR
        case Result.SMOKE_TEST_FAILED:
            return facts.smoke_test.verdict == "failed"
        case _:
            return False
