"""What an end is called."""

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.title import title_of
from cerebras_deploy.errors import Interrupted
from cerebras_deploy.result import End, Result
from helpers.known import following


def test_titles_tell_the_results_apart() -> None:
    titles = {title_of(End(result), following()) for result in Result}

    assert len(titles) == len(Result)


def test_only_a_smoke_test_that_was_not_judged_has_that_title() -> None:
    facts = following(Progress(Status.DONE))
    facts.smoke_tested(SmokeTestResult("unanswered"))

    assert title_of(End(Result.SMOKE_TEST_FAILED, "503"), facts) == "Smoke test not judged"
    assert title_of(Interrupted().end, facts) == "Interrupted"
