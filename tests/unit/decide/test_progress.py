"""How far a rollout is, in words and as a bar."""

import pytest

from cerebras_deploy.api.operation import Deployment
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.progress import Progress
from helpers import make


class TestProgressInWords:
    @pytest.mark.parametrize(
        ("progress", "words"),
        [
            (Progress(Status.IN_PROGRESS, 5, 8), "in progress, 5 of 8 replicas updated"),
            (Progress(Status.IN_PROGRESS, 0, 8), "in progress, 0 of 8 replicas updated"),
            (Progress(Status.IN_PROGRESS), "in progress"),
            (Progress(Status.IN_PROGRESS, 5), "in progress"),
            (Progress(Status.NOT_STARTED, 0, 8), "not started"),
            (Progress(Status.ROLLING_BACK, 2, 8), "rolling back, 2 of 8 replicas updated"),
            (Progress(Status.ERROR, error="out of memory"), "error (out of memory)"),
            (Progress(Unknown("paused"), 1, 8), "in unrecognized state `paused`, 1 of 8 replicas updated"),
            (Progress(), "not yet listed by the endpoint"),
        ],
    )
    def test_they_say_how_far_it_is(self, progress: Progress, words: str) -> None:
        assert str(progress) == words

    def test_counts_and_reason_come_from_the_listing(self) -> None:
        listed = make.entry(
            "ours 2 in_progress 20",
            rollout_replicas_updated=5,
            rollout_total_replicas=8,
            rollout_error_message="one replica\nrestarts",
        )

        assert Progress.of_entry(listed) == Progress(Status.IN_PROGRESS, 5, 8, "one replica restarts")


@pytest.mark.parametrize(
    ("progress", "bar"),
    [
        (Progress(Status.IN_PROGRESS, 3, 8), "▰▰▰▱▱▱▱▱"),
        (Progress(Status.IN_PROGRESS, 0, 2), "▱▱"),
        (Progress(Status.DONE, 2, 2), "▰▰"),
        (Progress(Status.IN_PROGRESS, 9, 8), "▰▰▰▰▰▰▰▰"),
        (Progress(Status.IN_PROGRESS, 55, 100), "▰▰▰▰▰▱▱▱▱▱"),
        (Progress(Status.NOT_STARTED, 0, 8), ""),
        (Progress(Status.IN_PROGRESS, 5), ""),
        (Progress(Status.IN_PROGRESS, None, 8), ""),
        (Progress(Status.IN_PROGRESS, 0, 0), ""),
        (Progress(Status.IN_PROGRESS), ""),
    ],
    ids=repr,
)
def test_the_bar_has_a_cell_for_each_replica_up_to_ten(progress: Progress, bar: str) -> None:
    assert progress.bar == bar


def test_a_count_without_the_other_is_not_told() -> None:
    assert str(Progress(Status.IN_PROGRESS, None, 8)) == "in progress"
    assert str(Progress(Status.IN_PROGRESS, 0, 0)) == "in progress, 0 of 0 replicas updated"


def test_a_deploy_reply_without_a_status_shows_nothing() -> None:
    reply = Deployment.model_validate({"rollout_replicas_updated": 0, "rollout_total_replicas": 8})

    assert Progress.of_reply(reply) == Progress.of_reply(None) == Progress()


def test_counts_and_reason_come_from_the_deploy_reply() -> None:
    said = {
        "rollout_status": "in_progress",
        "rollout_replicas_updated": 1,
        "rollout_total_replicas": 8,
        "rollout_error_message": "one replica\nrestarts",
    }

    assert Progress.of_reply(Deployment.model_validate(said)) == Progress(
        Status.IN_PROGRESS, 1, 8, "one replica restarts"
    )
