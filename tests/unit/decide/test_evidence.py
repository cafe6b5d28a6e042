"""What an entry's words and counts prove, by all reads of a run; and which replies are too old to prove anything."""

import pytest

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.status import Status, StatusWords, Unknown
from cerebras_deploy.decide.evidence import Evidence, teach
from helpers import make
from helpers.judged import DONE_BESIDE_COPY, NOW, OLD, RUNNING_BESIDE_COPY, STATE, entry, listing, seen


def counted(word: str, updated: int, total: int = 8) -> dict[str, object]:
    return {STATE: word, "rollout_replicas_updated": updated, "rollout_total_replicas": total}


class TestYoung:
    @pytest.mark.parametrize(("age", "is_young"), [(3599, True), (3600, False), (0, True)])
    def test_it_is_less_than_an_hour_old(self, age: float, *, is_young: bool) -> None:
        assert seen((0, {STATE: "odd"}), created=NOW - age).is_young == is_young

    def test_or_it_moved_in_this_run(self) -> None:
        assert seen((0, {STATE: "odd"}), (5, {STATE: "odder"}), created=OLD).is_young
        assert seen((0, counted("odd", 1)), (5, counted("odd", 2)), created=OLD).is_young

    def test_one_without_a_time_only_if_it_appeared_or_moved_in_this_run(self) -> None:
        evidence = Evidence(StatusWords({}))
        first, later = entry(state="odd", created="?"), entry(state="odd", created="?", id="later")
        for at, listed in ((0, (first,)), (5, (first, later))):
            taken = evidence.take(listing(*listed), at, frozenset())

        assert [one.is_young for one in taken[0].endpoint.deployed_models] == [False, True]


def snapshot(*entries: str, updated: float | None = None, age: float = 0) -> Endpoint:
    return make.endpoint(*entries).model_copy(update={"updated": updated, "age": age})


def test_a_word_is_taught_in_the_form_of_the_table_with_the_entry() -> None:
    assert "`status-words: live=done`" in teach("DeploymentState.LIVE", '{"state": 1}')
    assert teach("live", '{"state": 1}').endswith('{"state": 1}')
    assert teach("", "{}") == "The entry has no status: {}"


def test_what_is_counted_all_the_same_is_said_of_the_deployment_that_is_followed() -> None:
    evidence, notes = Evidence(StatusWords({})), list[tuple[str, ...]]()
    for at, fields in ((0, RUNNING_BESIDE_COPY), (10, DONE_BESIDE_COPY), (70, DONE_BESIDE_COPY)):
        notes = [one.notes for one in evidence.take(listing(entry(NOW - 10, **fields)), at, frozenset({"ours"}))]

    assert "Only `state` has changed" in "".join(notes[0])
    assert isinstance(seen((0, {})).status, Unknown)


def test_a_followed_one_of_which_nothing_is_to_be_said_has_no_note() -> None:
    (taken,) = Evidence(StatusWords({})).take(listing(entry(state="complete")), 0, frozenset({"ours"}))

    assert taken.notes == ()


def test_two_rows_of_one_deployment_are_read_each_by_itself() -> None:
    evidence, rows = Evidence(StatusWords({})), (entry(OLD, state="odd"), entry(OLD, state="odder"))
    for at in (0, 5):
        (taken,) = evidence.take(listing(*rows, at=at), at, frozenset())

    assert [one.is_young for one in taken.endpoint.deployed_models] == [False, False]


def test_old_is_what_was_so_at_our_first_read() -> None:
    evidence = Evidence(StatusWords({}))
    evidence.take(listing(), 0, frozenset())
    (taken,) = evidence.take(listing(entry(OLD, **DONE_BESIDE_COPY)), 0, frozenset())

    assert taken.endpoint.deployed_models[0].status is Status.NOT_STARTED


def test_what_is_rolling_back_contradicts_nothing_until_it_is_called_done() -> None:
    assert not seen((0, {STATE: "rolling_back"})).contradicted
    assert not seen((0, {STATE: "rolling_back"}), (5, {STATE: "rolled_back"})).contradicted


def test_it_knows_all_ids_that_any_read_has_listed() -> None:
    evidence = Evidence(StatusWords({}))
    for at, one in enumerate(("a", "b")):
        evidence.take(listing(entry(id=one)), at, frozenset())

    assert evidence.ids == {"a", "b"}


def test_without_the_servers_clock_an_entry_is_neither_old_nor_young() -> None:
    endpoint = listing(entry(OLD, **DONE_BESIDE_COPY)).model_copy(update={"date": None})
    (taken,) = Evidence(StatusWords({})).take(endpoint, 0, frozenset())

    (judged,) = taken.endpoint.deployed_models
    assert (judged.status, judged.is_young) == (Status.NOT_STARTED, False)


def test_one_without_a_time_is_young_once_it_has_moved() -> None:
    evidence = Evidence(StatusWords({}))
    for at, word in enumerate(("odd", "odder")):
        (taken,) = evidence.take(listing(entry(created="?", state=word)), at, frozenset())

    assert taken.endpoint.deployed_models[0].is_young
