"""A deploy call whose reply was lost: what shows that it arrived, and what is needed to say that it did not."""

import pytest

from cerebras_deploy.decide.lost_call import LostCall
from helpers import make

OLD = "old 1 complete 10"


def lost(asked: str = "production") -> LostCall:
    return LostCall(make.name(), asked, make.endpoint(OLD, updated=10), frozenset({"old"}), since=100.0)


class TestFinding:
    @pytest.mark.parametrize("line", ["ours 2 queued 20", "ours production queued 20", "ours 2 complete 5"])
    def test_a_new_entry_of_the_wanted_version_is_ours(self, line: str) -> None:
        found = lost().find(make.endpoint(OLD, line))

        assert found is not None
        assert found.id == "ours"

    @pytest.mark.parametrize("line", ["their 3 queued 20", "their stable queued 20", "their 1 complete 30"])
    def test_a_new_entry_of_another_version_is_not(self, line: str) -> None:
        assert lost().find(make.endpoint(OLD, line)) is None

    def test_an_entry_that_was_there_before_is_not(self) -> None:
        call = LostCall(make.name(), "production", make.endpoint("old 2 complete 10"), frozenset({"old"}), since=100.0)

        assert call.find(make.endpoint("old 2 complete 10")) is None

    def test_one_that_an_earlier_look_has_shown_is_not(self) -> None:
        call = LostCall(make.name(), "production", make.endpoint(OLD), frozenset({"old", "seen"}), since=100.0)

        assert call.find(make.endpoint("seen 2 complete 99999")) is None

    @pytest.mark.parametrize("created", [99_999, 92_800, 1])
    def test_one_that_none_has_shown_is_whatever_its_time_says(self, created: int) -> None:
        before = make.endpoint(OLD, updated=10).model_copy(update={"date": 100_000.0})
        call = LostCall(make.name(), "production", before, frozenset({"old"}), since=100.0)

        assert call.find(make.endpoint(f"ours 2 complete {created}")) is not None

    def test_one_without_a_time_may_be_ours(self) -> None:
        before = make.endpoint(OLD, updated=10).model_copy(update={"date": 100_000.0})
        call = LostCall(make.name(), "production", before, frozenset({"old"}), since=100.0)

        assert call.find(make.endpoint(make.entry("ours 2 queued 1", created=None))) is not None

    def test_asked_for_by_integer_an_alias_is_not(self) -> None:
        assert lost(asked="2").find(make.endpoint(OLD, "their production queued 20")) is None
        assert lost(asked="").find(make.endpoint(OLD, "ours 2 queued 20")) is not None


class TestChanges:
    def test_nothing_has_changed_while_the_endpoint_is_as_it_was(self) -> None:
        call = lost()
        call.read(make.endpoint(OLD, updated=10), 101)

        assert (call.reads, call.something_changed) == (1, False)

    @pytest.mark.parametrize(
        ("lines", "updated"),
        [((OLD, "their 3 failed 20"), 10), ((OLD, "their 3 complete 5"), 10), ((OLD,), 11)],
        ids=["a new entry", "a new entry with an old time", "updated"],
    )
    def test_anything_new_is_a_change(self, lines: tuple[str, ...], updated: int) -> None:
        call = lost()
        call.read(make.endpoint(*lines, updated=updated), 101)

        assert call.something_changed

    def test_a_change_that_only_one_read_shows_is_one(self) -> None:
        call = lost()
        call.read(make.endpoint(OLD, "their 3 in_progress 20", updated=10), 101)
        call.read(make.endpoint(OLD, updated=10), 103)

        assert (call.reads, call.something_changed) == (2, True)

    def test_an_entry_that_cannot_be_read_and_is_new_is_one(self) -> None:
        call = lost()
        call.read(make.endpoint(OLD, updated=10).model_copy(update={"unreadable": (None,)}), 101)

        assert call.something_changed

    def test_a_reply_that_was_made_before_the_call_says_nothing(self) -> None:
        call = lost()
        call.read(make.endpoint(OLD, "their 3 failed 20", updated=11), 99.9)

        assert (call.reads, call.something_changed) == (0, False)

    def test_a_rollout_that_began_before_is_one_as_well(self) -> None:
        before = make.endpoint(OLD, "their 3 in_progress 12", updated=10)
        call = LostCall(make.name(), "production", before, frozenset({"old", "their"}), since=100.0)
        call.read(before, 101)

        assert call.something_changed


@pytest.mark.parametrize(
    ("reads", "now", "undecided"),
    [(5, 120.0, False), (9, 119.9, True), (4, 120.0, True), (4, 999.0, True), (5, 999.0, False)],
)
def test_it_takes_20_seconds_and_five_reads_to_say_that_it_did_not_arrive(
    reads: int, now: float, *, undecided: bool
) -> None:
    call = lost()
    for _ in range(reads):
        call.read(make.endpoint(OLD, updated=10), 101)

    assert call.is_undecided(now) is undecided
