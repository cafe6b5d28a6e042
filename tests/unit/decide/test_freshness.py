"""Which replies are too old to prove anything."""

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.decide.freshness import Freshness
from helpers import make


def snapshot(*entries: str, updated: float | None = None, age: float = 0) -> Endpoint:
    return make.endpoint(*entries).model_copy(update={"updated": updated, "age": age})


A, B = "a 1 complete 10", "b 2 in_progress 20"


class TestFreshness:
    @staticmethod
    def counts(*reads: tuple[float, Endpoint]) -> list[int]:
        """Return how many reads count after each."""
        freshness = Freshness()
        return [len(freshness.take(endpoint, at)) for at, endpoint in reads]

    def test_what_was_updated_earlier_goes_back(self) -> None:
        assert self.counts((0, snapshot(A, updated=9)), (5, snapshot(A, updated=8)), (9, snapshot(A, updated=9))) == [
            1,
            0,
            1,
        ]

    def test_what_lacks_an_entry_with_no_newer_update_goes_back(self) -> None:
        assert self.counts((0, snapshot(A, B, updated=9)), (5, snapshot(A, updated=9))) == [1, 0]
        assert self.counts((0, snapshot(A, B, updated=9)), (5, snapshot(A, updated=10))) == [1, 1]

    def test_without_an_update_time_nothing_is_known_to_go_back(self) -> None:
        assert self.counts((0, snapshot(A, B)), (5, snapshot(A)), (9, snapshot(A, B))) == [1, 1, 1]

    def test_three_in_a_row_over_20_s_are_the_present_after_all(self) -> None:
        back = snapshot(A, updated=8)
        first = (0.0, snapshot(A, B, updated=9))

        assert self.counts(first, (5, back), (15, back), (24.9, back), (25, back), (30, back)) == [1, 0, 0, 0, 4, 1]
        assert self.counts(first, (5, back), (60, back)) == [1, 0, 0]
        assert self.counts(first, (5, back), (15, back), (25, back)) == [1, 0, 0, 3]

    def test_a_fresh_one_between_begins_it_anew(self) -> None:
        back, fresh = snapshot(A, updated=8), snapshot(A, B, updated=9)

        assert self.counts((0, fresh), (5, back), (10, back), (12, fresh), (15, back), (26, back)) == [1, 0, 0, 1, 0, 0]

    def test_a_reply_from_a_cache_counts_from_when_it_was_made(self) -> None:
        freshness = Freshness()
        freshness.take(snapshot(A), 100)

        assert freshness.take(snapshot(A, age=20), 110) == []
        ((_, at),) = freshness.take(snapshot(A, age=5), 110)
        assert at == 105

    def test_a_first_reply_may_come_from_a_cache_if_it_is_no_older_than_10_s(self) -> None:
        assert self.counts((100, snapshot(A, age=10))) == [1]
        assert self.counts((100, snapshot(A, age=11)), (102, snapshot(A, B))) == [0, 1]

    def test_older_ones_at_first_are_the_present_after_all_if_three_in_a_row_were_made_over_20_s(self) -> None:
        old = snapshot(A, age=600)

        assert self.counts((700, old), (710, old), (719.9, old), (720, old), (725, old)) == [0, 0, 0, 4, 1]
        assert self.counts((700, old), (710, old), (712, snapshot(A)), (713, old)) == [0, 0, 1, 0]

    def test_one_copy_that_only_grows_older_is_never_the_present(self) -> None:
        assert self.counts(*((at, snapshot(A, age=at)) for at in range(600, 700, 10))) == [0] * 10

    def test_a_copy_is_one_of_a_moment_that_was_seen_give_or_take_its_whole_seconds(self) -> None:
        for made, count in ((100.5, 0), (101, 1)):
            assert self.counts((100, snapshot(A)), (110, snapshot(A, age=110 - made))) == [1, count]

    def test_a_reply_that_comes_from_no_cache_is_no_copy(self) -> None:
        assert self.counts((100, snapshot(A)), (100.5, snapshot(A))) == [1, 1]

    def test_one_that_was_listed_without_an_update_time_may_be_gone(self) -> None:
        assert self.counts((0, snapshot(A, B)), (5, snapshot(A, updated=9))) == [1, 1]
