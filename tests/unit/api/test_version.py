"""Versions as the API replies them: whether the weights have arrived, and by which name."""

import pytest
from pydantic import ValidationError

from cerebras_deploy.api.version import Version, Weights
from helpers import make


class TestVersions:
    @pytest.mark.parametrize(
        ("sync", "done", "weights"),
        [
            ("done", True, Weights.READY),
            ("done", False, Weights.READY),
            (None, True, Weights.READY),
            (None, False, Weights.SYNCING),
            ("queued", False, Weights.SYNCING),
            ("in_progress", False, Weights.SYNCING),
            ("IN_PROGRESS", False, Weights.SYNCING),
            ("SYNC_STATUS_IN_PROGRESS", False, Weights.SYNCING),
            ("SYNC_STATUS_FAILED", True, Weights.FAILED),
            ("WeightsSyncState.DONE", False, Weights.READY),
            ("frobnicating", False, Weights.READY),
            ("failed", False, Weights.FAILED),
            ("failed", True, Weights.FAILED),
            ("error", True, Weights.FAILED),
        ],
    )
    def test_the_sync_status_says_whether_it_can_be_deployed(
        self, sync: str | None, *, done: bool, weights: Weights
    ) -> None:
        assert make.version(sync=sync, done=done).weights is weights

    def test_without_metadata_done_says_it(self) -> None:
        ready = Version.model_validate({"name": str(make.name()), "done": True})
        syncing = Version.model_validate({"name": str(make.name()), "done": False, "response": None})
        silent = Version.model_validate({"name": str(make.name())})

        assert [one.weights for one in (ready, syncing)] == [Weights.READY, Weights.SYNCING]
        assert [one.has_unknown_weights for one in (ready, syncing)] == [False, False]
        assert (silent.weights, silent.has_unknown_weights) == (Weights.READY, True)  # the deploy request decides

    @pytest.mark.parametrize("version", ["production", "01", "-1", "1.0"])
    def test_a_reply_may_repeat_the_alias_and_then_tells_no_integer(self, version: str) -> None:
        assert not Version.model_validate({"name": f"orgs/o/models/a/versions/{version}"}).has_integer

    @pytest.mark.parametrize("version", ["", "٣", "9" * 400])
    def test_a_reply_without_a_name_is_not_one(self, version: str) -> None:
        with pytest.raises(ValidationError):
            Version.model_validate({"name": f"orgs/o/models/a/versions/{version}", "done": True})
