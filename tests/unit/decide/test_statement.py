"""What happened, in a sentence that stands alone."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.smoke_test import SmokeTestResult
from cerebras_deploy.decide.statement import statement
from cerebras_deploy.errors import invalid_input
from cerebras_deploy.result import End, Result
from helpers import make
from helpers.known import following, nothing_sent

VERSION, ENDPOINT = "gpt-oss-120b version 2 (alias production)", "my-org-gpt-oss-120b"
ROLLOUT = f"rollout of {VERSION} to {ENDPOINT}"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (End(Result.SUCCEEDED), f"{VERSION} was deployed to {ENDPOINT} in 3m22s."),
        (End(Result.UNCHANGED), f"{ENDPOINT} already serves {VERSION}, so nothing was deployed."),
        (End(Result.TRIGGERED), f"The {ROLLOUT} has started. This step doesn't wait for it."),
        (End(Result.PLANNED, "deploy it"), "A real run would deploy it."),
        (End(Result.FAILED, "the endpoint no longer lists it"), f"The {ROLLOUT} failed."),
        (End(Result.ROLLED_BACK, "out of memory"), f"Cerebras rolled back the {ROLLOUT}."),
        (End(Result.CANCELLED), f"Someone canceled the {ROLLOUT}."),
        (
            End(Result.SUPERSEDED, newer="deployment d3 (version 3)"),
            f"The {ROLLOUT} was superseded by deployment d3 (version 3).",
        ),
        (End(Result.SUPERSEDED), f"The {ROLLOUT} was superseded by a newer deployment."),
        (End(Result.PROMOTION_FAILED), f"{VERSION} is deployed to {ENDPOINT}, but not every alias was moved."),
        (invalid_input("`a` is b.", "`c` is d").end, "`a` is b; `c` is d. No request was sent."),
        (End(Result.TIMED_OUT), f"The {ROLLOUT} did not finish within 1h00m. It continues without this job."),
    ],
    ids=str,
)
def test_of_each_result(end: End, said: str) -> None:
    facts = following()
    facts.finished(212.0)

    assert statement(end, facts) == said


def test_of_an_error_says_so() -> None:
    facts = following(Progress(Status.ERROR, 3, 8))

    assert statement(End(Result.FAILED, "out of memory"), facts) == f"The {ROLLOUT} stopped with an error."


def test_of_a_smoke_test_tells_judged_from_not_judged() -> None:
    facts, end = following(), End(Result.SMOKE_TEST_FAILED)
    facts.smoke_tested(SmokeTestResult("failed"))
    failed = statement(end, facts)
    facts.smoke_tested(SmokeTestResult("unanswered"))

    assert failed == f"{VERSION} was deployed to {ENDPOINT} but failed its smoke test."
    assert statement(end, facts) == f"{VERSION} is deployed to {ENDPOINT}, but its smoke test could not be judged."


def test_of_a_smoke_test_of_what_was_live_already_says_not_that_it_was_deployed() -> None:
    facts = nothing_sent()
    facts.found_live(make.entry("ours 2 complete 20"))
    facts.smoke_tested(SmokeTestResult("failed"))

    assert (
        statement(End(Result.SMOKE_TEST_FAILED), facts) == f"{VERSION} is live on {ENDPOINT} but failed its smoke test."
    )


def test_without_times_it_took_no_time() -> None:
    assert statement(End(Result.SUCCEEDED), following()).endswith("in 0s.")
