"""What an entry's words and counts mean, by all reads of a run."""

from collections.abc import Mapping

import pytest

from cerebras_deploy.api.status import Status, StatusWords
from cerebras_deploy.decide.evidence import Evidence
from cerebras_deploy.decide.judgment import History
from helpers.judged import DONE_BESIDE_COPY, NOW, OLD, OTHER, RUNNING_BESIDE_COPY, STATE, entry, listing, seen

Read = tuple[float, Mapping[str, object]]


class TestOneWord:
    @pytest.mark.parametrize("word", Status)
    def test_it_means_what_it_says(self, word: Status) -> None:
        judged = seen((0, {STATE: word.value}))

        assert (judged.status, judged.contradicted) == (word, False)

    def test_an_unknown_one_beside_a_known_one_is_ignored(self) -> None:
        judged = seen((0, {STATE: "active", OTHER: "in_progress"}))

        assert (judged.status, judged.unknown_words) == (Status.IN_PROGRESS, ((STATE, "active"),))

    def test_an_unknown_one_alone_is_beside_none(self) -> None:
        assert seen((0, {STATE: "active"})).unknown_words == ()

    def test_two_that_are_both_under_way_contradict_nothing(self) -> None:
        assert not seen((0, RUNNING_BESIDE_COPY)).contradicted

    def test_a_taught_one_means_what_was_taught(self) -> None:
        evidence = Evidence(StatusWords({"live": Status.DONE}))
        ((snapshot, _, _),) = evidence.take(listing(entry(state="LIVE")), 0, frozenset())

        assert snapshot.deployed_models[0].status is Status.DONE


class TestTwoWords:
    def test_the_end_is_held_back_for_60_s_after_the_last_move(self) -> None:
        reads: list[Read] = [(0.0, RUNNING_BESIDE_COPY), (10.0, DONE_BESIDE_COPY)]

        assert seen(*reads, (69.9, DONE_BESIDE_COPY)).status is Status.NOT_STARTED
        assert seen(*reads, (70.0, DONE_BESIDE_COPY)).status is Status.DONE

    def test_it_counts_only_if_it_alone_has_moved(self) -> None:
        both: list[Read] = [
            (0.0, {STATE: "in_progress", OTHER: "queued"}),
            (10.0, DONE_BESIDE_COPY),
            (99.0, DONE_BESIDE_COPY),
        ]
        none: list[Read] = [(0.0, DONE_BESIDE_COPY), (99.0, DONE_BESIDE_COPY)]

        assert seen(*both).status is Status.NOT_STARTED
        assert seen(*none).status is Status.NOT_STARTED

    def test_it_counts_only_if_it_said_in_progress_before(self) -> None:
        queued = {STATE: "queued", OTHER: "not_started"}

        assert seen((0, queued), (10, DONE_BESIDE_COPY), (99, DONE_BESIDE_COPY)).status is Status.NOT_STARTED

    def test_the_other_may_be_the_one_that_has_moved(self) -> None:
        before, after = {STATE: "complete", OTHER: "queued"}, {STATE: "complete", OTHER: "in_progress"}

        assert seen((0, before), (10, after), (99, after)).status is Status.IN_PROGRESS

    def test_a_bad_end_that_stands_still_counts_after_60_s(self) -> None:
        bad = {STATE: "failed", OTHER: "in_progress"}

        assert seen((0, bad), (59, bad)).status is Status.IN_PROGRESS
        assert seen((0, bad), (60, bad)).status is Status.ERROR

    def test_of_two_ends_the_one_that_has_moved_counts(self) -> None:
        bad, good = {STATE: "complete", OTHER: "in_progress"}, {STATE: "in_progress", OTHER: "error"}
        both = {STATE: "complete", OTHER: "error"}

        assert seen((0, both), (99, both)).status is Status.IN_PROGRESS
        assert seen((0, bad), (10, both)).status is Status.ERROR
        assert seen((0, good), (10, both)).status is Status.IN_PROGRESS
        assert seen((0, good), (10, both), (70, both)).status is Status.DONE

    def test_a_bad_end_that_has_moved_counts_at_once(self) -> None:
        assert seen((0, RUNNING_BESIDE_COPY), (5, {STATE: "error", OTHER: "not_started"})).status is Status.ERROR

    def test_a_bad_end_that_counts_is_contradicted(self) -> None:
        bad = {STATE: "failed", OTHER: "in_progress"}

        assert seen((0, RUNNING_BESIDE_COPY), (5, {STATE: "error", OTHER: "not_started"})).contradicted
        assert seen((0, bad), (60, bad)).contradicted

    def test_a_bad_end_that_stands_still_does_not_count_while_the_other_word_goes_on(self) -> None:
        before, after = {STATE: "failed", OTHER: "queued"}, {STATE: "failed", OTHER: "not_started"}

        assert seen((0, before), (10, after), (99, after)).status is Status.NOT_STARTED

    def test_in_an_entry_that_is_not_followed_the_end_counts_after_60_s_without_a_move(self) -> None:
        assert seen((0, DONE_BESIDE_COPY), (59, DONE_BESIDE_COPY), followed="").status is Status.NOT_STARTED
        assert seen((0, DONE_BESIDE_COPY), (60, DONE_BESIDE_COPY), followed="").status is Status.DONE

    def test_in_an_entry_over_an_hour_old_the_end_counts_at_once_unless_it_is_followed(self) -> None:
        read: Read = (0.0, DONE_BESIDE_COPY)

        assert seen(read, created=OLD, followed="").status is Status.DONE
        assert seen(read, created=OLD, followed="").contradicted
        assert seen(read, created=OLD).status is Status.NOT_STARTED
        assert seen(read, (60.0, DONE_BESIDE_COPY), created=OLD).status is Status.DONE
        assert seen(read, created=NOW - 3600, followed="").status is Status.NOT_STARTED

    def test_done_after_it_was_rolling_back_is_contradicted_and_remembered(self) -> None:
        judged = seen((0, {STATE: "rolling_back"}), (5, {STATE: "in_progress"}), (9, {STATE: "done"}))

        assert (judged.contradicted, judged.was_rolling_back) == (True, True)


def counted(word: str, updated: int, total: int = 8) -> dict[str, object]:
    return {STATE: word, "rollout_replicas_updated": updated, "rollout_total_replicas": total}


class TestCounts:
    def test_done_below_the_total_is_held_back_for_60_s(self) -> None:
        reads: list[Read] = [(0.0, counted("in_progress", 5)), (10.0, counted("complete", 7))]

        assert seen(*reads).status is Status.IN_PROGRESS
        assert seen(*reads, (69.0, counted("complete", 7))).status is Status.IN_PROGRESS
        assert seen(*reads, (70.0, counted("complete", 7))).status is Status.DONE

    def test_a_count_that_moves_begins_it_anew(self) -> None:
        reads: list[Read] = [
            (0.0, counted("in_progress", 5)),
            (10.0, counted("complete", 6)),
            (60.0, counted("complete", 7)),
        ]

        assert seen(*reads, (119.0, counted("complete", 7))).status is Status.IN_PROGRESS
        assert seen(*reads, (120.0, counted("complete", 7))).status is Status.DONE

    def test_if_the_word_has_not_moved_it_is_not_done(self) -> None:
        assert seen((0, counted("complete", 7)), (99, counted("complete", 7))).status is Status.IN_PROGRESS

    def test_all_of_them_contradict_nothing(self) -> None:
        judged = seen((0, counted("complete", 8)))

        assert (judged.status, judged.contradicted) == (Status.DONE, False)

    def test_zero_in_every_read_is_a_copy_once_the_word_has_moved(self) -> None:
        assert seen((0, counted("in_progress", 0)), (5, counted("complete", 0))).status is Status.DONE
        assert seen((0, counted("in_progress", 1)), (5, counted("complete", 0))).status is Status.IN_PROGRESS

    @pytest.mark.parametrize(("updated", "contradicted"), [(0, False), (3, True)])
    def test_in_an_old_entry_zero_contradicts_nothing(self, updated: int, *, contradicted: bool) -> None:
        judged = seen((0, counted("complete", updated)), created=OLD, followed="")

        assert (judged.status, judged.contradicted) == (Status.DONE, contradicted)

    @pytest.mark.parametrize("word", ["in_progress", "error"])
    def test_they_contradict_nothing_but_done(self, word: str) -> None:
        judged = seen((0, counted(word, 3)), created=OLD, followed="")

        assert (judged.status, judged.contradicted) == (Status(word), False)

    @pytest.mark.parametrize("one", ["rollout_replicas_updated", "rollout_total_replicas"])
    def test_one_of_them_alone_contradicts_nothing(self, one: str) -> None:
        judged = seen((0, {STATE: "complete", one: 3}))

        assert (judged.status, judged.contradicted) == (Status.DONE, False)

    def test_zero_is_not_done_while_the_word_has_not_moved(self) -> None:
        assert seen((0, counted("complete", 0))).status is Status.IN_PROGRESS

    def test_what_counts_all_the_same_is_contradicted_and_the_log_says_by_what(self) -> None:
        evidence, notes = Evidence(StatusWords({})), ""
        judged = None
        for at, fields in ((0, counted("in_progress", 5)), (10, counted("complete", 7)), (70, counted("complete", 7))):
            (taken,) = evidence.take(listing(entry(NOW - 10, **fields)), at, frozenset({"ours"}))
            (judged,), notes = taken.endpoint.deployed_models, "".join(taken.notes)

        assert judged is not None
        assert (judged.status, judged.contradicted) == (Status.DONE, True)
        assert "it is reported done with 7 of 8 replicas updated" in notes


def test_nothing_has_moved_before_the_first_read() -> None:
    assert not History(0.0, is_old=False, appeared=False).moved


@pytest.mark.parametrize(
    ("word", "was"),
    [
        ("rolling_back", True),
        ("RollbackStarted", True),
        ("reverting", True),
        ("rollback_failed", True),
        ("failed", False),
        ("active", False),
        ("in_progress", False),
    ],
)
def test_a_word_that_speaks_of_rolling_back_is_remembered(word: str, *, was: bool) -> None:
    assert seen((0, {STATE: word}), (5, {STATE: "in_progress"})).was_rolling_back is was


def test_one_that_is_known_to_mean_something_else_is_not() -> None:
    evidence = Evidence(StatusWords({"reverting": Status.IN_PROGRESS}))
    ((snapshot, _, _),) = evidence.take(listing(entry(state="reverting")), 0, frozenset())

    assert not snapshot.deployed_models[0].was_rolling_back
