"""How far a deployment has come when the run ends."""

import pytest

from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.left_behind import Left, left_behind
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from helpers.known import following, in_doubt, nothing_sent


def test_without_a_deployment_nothing_or_a_call_in_doubt() -> None:
    assert [left_behind(facts) for facts in (nothing_sent(), in_doubt())] == [Left.NOTHING, Left.IN_DOUBT]


def test_one_that_was_accepted_and_never_listed() -> None:
    facts = nothing_sent()
    facts.attached(Track(Target("ours"), Progress(Status.NOT_STARTED)), 0)

    assert left_behind(facts) is Left.UNLISTED


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (Status.NOT_STARTED, Left.UNDER_WAY),
        (Status.IN_PROGRESS, Left.UNDER_WAY),
        (Status.ROLLING_BACK, Left.UNDER_WAY),
        (Unknown("warming_up"), Left.UNCLEAR),
        (Status.DONE, Left.DONE),
        (Status.ERROR, Left.ENDED),
        (Status.ROLLED_BACK, Left.ENDED),
        (Status.CANCELLED, Left.ENDED),
    ],
)
def test_one_that_was_listed_by_its_last_status(status: Status | Unknown, left: Left) -> None:
    assert left_behind(following(Progress(status))) is left
