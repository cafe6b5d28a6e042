"""What an endpoint serves is claimed only if nothing speaks against it."""

from typing import Any

import pytest

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.decide.serving import NOTHING, UNCLEAR, Serving, serving
from helpers import make


def entry(version: str, state: str, created: int | None, updated: int | None = None, total: int | None = 8) -> Any:
    counts = {"rollout_replicas_updated": updated, "rollout_total_replicas": total}
    return DeployedModel.model_validate(
        {"id": version, "model": str(make.name(version)), "state": state, "created": created} | counts
    )


OLD = entry("1", "complete", 10)


def served(*entries: DeployedModel, **more: Any) -> Serving:
    return serving(Endpoint(model_arch_id="a", deployed_models=(OLD, *entries)).model_copy(update=more))


def test_the_live_version_if_nothing_newer_has_changed_a_replica() -> None:
    assert (served().text, served().entry) == ("version 1", OLD)


@pytest.mark.parametrize(
    ("state", "updated"),
    [
        *(("rolled_back", None), ("rolled_back", 3), ("not_started", None), ("in_progress", 0), ("error", 0)),
        ("cancelled", 0),
    ],
)
def test_what_has_left_the_endpoint_as_it_was_changes_nothing(state: str, updated: int | None) -> None:
    assert served(entry("2", state, 20, updated)).entry == OLD


@pytest.mark.parametrize("state", ["in_progress", "error", "cancelled", "rolling_back", "strange"])
def test_one_that_has_come_half_way_makes_it_mixed(state: str) -> None:
    now = served(entry("2", state, 20, 3))

    assert (now.text, now.entry) == ("mixed. 3 of 8 replicas run version 2", None)


@pytest.mark.parametrize("state", ["in_progress", "error", "cancelled", "rolling_back", "strange"])
@pytest.mark.parametrize(("updated", "total"), [(None, 8), (3, None), (8, 8), (9, 8)])
def test_without_counts_that_tell_it_is_unclear(state: str, updated: int | None, total: int | None) -> None:
    assert served(entry("2", state, 20, updated, total)) is UNCLEAR


def test_one_without_a_time_may_be_newer() -> None:
    assert served(entry("2", "error", None, 0)) is UNCLEAR


def test_one_that_is_older_changes_nothing() -> None:
    assert served(entry("2", "error", 9, 3)).entry == OLD


@pytest.mark.parametrize(("time", "is_clear"), [(None, False), (10.0, False), (9.0, True)])
def test_an_entry_that_cannot_be_read_may_be_newer(time: float | None, *, is_clear: bool) -> None:
    assert (served(unreadable=(time,)) is UNCLEAR) != is_clear


def test_words_that_contradict_each_other_make_it_unclear() -> None:
    contradicted = OLD.model_copy(update={"contradicted": True})

    assert serving(Endpoint(model_arch_id="a", deployed_models=(contradicted,))) is UNCLEAR


def test_where_nothing_was_ever_done_nothing_is_served() -> None:
    assert serving(Endpoint(model_arch_id="a", deployed_models=(entry("2", "error", 20, 0),))) is NOTHING


def test_of_two_that_were_done_in_the_same_second_it_is_not_clear_which() -> None:
    assert served(entry("2", "complete", 20), entry("3", "complete", 20)) == UNCLEAR
    assert served(entry("2", "complete", 20), entry("2", "complete", 20)).text == "version 2"
    assert served(entry("2", "complete", 20), entry("3", "rolled_back", 20)).text == "version 2"
