"""What was live before is not clear where entries have no time, or the same: then nothing is put in place of ours."""

from typing import Any

import pytest

from helpers.forged import MODEL, OLD, OURS
from helpers.presented import HOUR, Api, api, entry, states
from helpers.stage import EPOCH, Played

FAILS = states((0, "in_progress"), (30, "error"))
UNCLEAR = "not rolled back, because it is unclear which version was live before"


def fails(*others: dict[str, Any], old: bool = True) -> Api:
    """Give an endpoint that has these entries, too, before our deployment of version 2 ends in an error."""
    return api(
        ours=lambda age: {"state": FAILS(age), "rollout_replicas_updated": 3, "rollout_total_replicas": 8},
        old=lambda entry: entry if old else None,
        more=lambda _: list(others),
    )


def done(version: str, age: float | None, number: int = 0) -> dict[str, Any]:
    """Return a done entry of a version, so many seconds old at the beginning; without an age, it has no time."""
    made = entry(version, "complete", age or 0, EPOCH, id=f"{number}{version}aaaaaa-3333-4333-8333-333333333333")
    return made if age is not None else made | {"created": None}


def played(there: Api, **inputs: str) -> Played:
    return there.play(on_failure="rollback", **inputs)


@pytest.mark.parametrize("version", ["2", "3"])
def test_an_untimed_entry_beside_a_timed_one_may_have_been_live(version: str) -> None:
    there = fails(done(version, None))

    ended = played(there)

    assert (ended.result, there.deployed_versions) == ("failed", ["2"])
    assert (ended.outputs["rollback"], UNCLEAR in ended.told) == ("failed", True)


@pytest.mark.parametrize("version", ["2", "3"])
def test_so_may_one_of_the_same_second(version: str) -> None:
    there = fails(done(version, 2 * HOUR))

    assert UNCLEAR in played(there).told
    assert there.deployed_versions == ["2"]


@pytest.mark.parametrize(
    "others",
    [
        [done("1", None)],  # the same version, whichever it was
        [done("1", 2 * HOUR)],
        [done("3", 3 * HOUR)],
        [done("2", 3 * HOUR)],
        [entry("3", "rolled_back", 0, EPOCH) | {"created": None}],
    ],
    ids=["untimed", "of that second", "older", "ours, older", "rolled back"],
)
def test_where_it_is_clear_which_version_was_live_it_is_deployed_again(others: list[dict[str, Any]]) -> None:
    there = fails(*others)

    played(there)

    assert there.deployed_versions == ["2", "1"]


def test_of_several_without_a_time_that_are_of_one_version_that_one_was_live() -> None:
    there = fails(done("1", None), done("1", None, 1), old=False)

    played(there)

    assert there.deployed_versions == ["2", "1"]


def test_it_stays_unclear_when_the_untimed_entry_is_no_longer_listed() -> None:
    there = fails()
    there.more = lambda age: [done("3", None)] if age is None else []

    assert UNCLEAR in played(there).told
    assert there.deployed_versions == ["2"]


class TestFollowedById:
    """The same holds for a deployment that this step did not start."""

    @pytest.mark.parametrize(
        ("others", "why"),
        [
            ([done("2", 1000)], "version 2 was already live before this deployment"),
            ([done("3", 2 * HOUR)], "it is unclear which version was live before"),
            ([done("3", None)], "not rolled back, because"),
        ],
        ids=["ours was live", "of that second", "untimed"],
    )
    def test_what_was_not_live_before_is_not_deployed(self, others: list[dict[str, Any]], why: str) -> None:
        there = fails(*others)
        there.deployed.append(EPOCH)  # somebody has started it

        ended = played(there, deployment_id=OURS, model="", alias="")

        assert (ended.result, there.deployed_versions) == ("failed", [])
        assert why in ended.told

    def test_what_was_live_before_is_deployed(self) -> None:
        there = fails(done("2", 3 * HOUR))
        there.deployed.append(EPOCH)

        ended = played(there, deployment_id=OURS, model="", alias="")

        assert there.deployed_versions == ["1"]
        assert ended.outputs["previous-model"] == MODEL.format("1")
        assert OLD not in ended.outputs["deployment-id"]
