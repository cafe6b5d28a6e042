"""What successive snapshots mean for the one deployment that is followed."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.operation import Deployment
from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.progress import Progress
from cerebras_deploy.decide.rollout import end_at_deadline, end_of, left_because, may_have_left
from cerebras_deploy.decide.target import Target
from cerebras_deploy.decide.track import Track
from cerebras_deploy.result import End, Result
from helpers import make

OLD = "old 1 complete 10"
OURS = "ours 2 {} 20"
INTERVAL = 5.0
DEPLOYED = Target("ours", created=20, older=frozenset({"old"}))
TERSE_REPLY = Target("ours", older=frozenset({"old"}))  # the deploy reply held nothing but the id
GIVEN = Target("ours", by_id=True)


def ours(state: str, *others: str) -> list[str]:
    return [OLD, OURS.format(state), *others]


def absent(*others: str) -> list[str]:
    return [OLD, *others]


def follow(target: Target, snapshots: list[list[str]], interval: float = INTERVAL) -> list[End | None]:
    """Return the verdict after each snapshot, one every `interval` seconds."""
    track, verdicts = Track(target), []
    for n, entries in enumerate(snapshots):
        track = track.read(make.endpoint(*entries), n * interval)
        verdicts.append(end_of(track))
    return verdicts


class Case(NamedTuple):
    about: str
    snapshots: list[list[str]]
    expected: Result | None  # after the last snapshot; before it there is no verdict
    target: Target = DEPLOYED


RUNNING = ours("in_progress")
NEWER, NEWER_DONE = "next 3 in_progress 30", "next 3 complete 30"
CASES = [
    # Our own end
    Case("in progress goes on", [RUNNING] * 9, None),
    Case("not started goes on", [ours("queued")] * 9, None),
    Case("done succeeds", [RUNNING, ours("done")], Result.SUCCEEDED),
    Case("complete, the endpoint's word, succeeds", [RUNNING, ours("complete")], Result.SUCCEEDED),
    Case("an error that has stood for 30 s fails", [RUNNING] + [ours("error")] * 7, Result.FAILED),
    Case("an error that has not stood for 30 s may pass", [RUNNING] + [ours("error")] * 6, None),
    Case("an error that passes goes on", [RUNNING, ours("error"), RUNNING], None),
    Case("an error that passes may end well", [ours("error"), RUNNING, ours("done")], Result.SUCCEEDED),
    Case("an error that is done at once ends well", [RUNNING, ours("error"), ours("done")], Result.SUCCEEDED),
    Case("an error that comes back stands anew", [ours("error")] * 4 + [RUNNING] + [ours("error")] * 6, None),
    Case("an error between absences stands anew", [ours("error")] * 4 + [absent()] + [ours("error")] * 6, None),
    Case(
        "an error, and rolled back by the API",
        [ours("error"), ours("rolling_back"), ours("rolled_back")],
        Result.ROLLED_BACK,
    ),
    Case("failed, the endpoint's word, fails", [RUNNING] + [ours("failed")] * 7, Result.FAILED),
    Case("rolled back", [RUNNING, ours("rolled_back")], Result.ROLLED_BACK),
    Case("cancelled", [RUNNING, ours("cancelled")], Result.CANCELLED),
    Case("canceled, spelt so", [RUNNING, ours("canceled")], Result.CANCELLED),
    Case("an unknown state is no end", [RUNNING] + [ours("frobnicating")] * 9, None),
    Case("done after an unknown state needs a second read", [ours("frobnicating"), ours("done")], None),
    Case("done twice after an unknown state succeeds", [ours("paused"), ours("done"), ours("done")], Result.SUCCEEDED),
    Case("another deployment of the same version proves nothing", [ours("in_progress", "twin 2 done 15")], None),
    Case("the version that was live proves nothing", [absent(), RUNNING], None),
    # Rolling back
    Case("rolling back is watched to its end", [RUNNING] + [ours("rolling_back")] * 9, None),
    Case("rolling back ends rolled back", [ours("rolling_back"), ours("rolled_back")], Result.ROLLED_BACK),
    Case("rolling back ends in error", [ours("rolling_back")] + [ours("error")] * 7, Result.FAILED),
    Case("done after rolling back is no success", [ours("rolling_back"), ours("done")], Result.ROLLED_BACK),
    Case(
        "done after rolling back, with another word between, is no success",
        [ours("rolling_back"), RUNNING, ours("complete")],
        Result.ROLLED_BACK,
    ),
    Case(
        "done after rolling back, unlisted for a while, is no success",
        [ours("rolling_back"), absent(), ours("complete")],
        Result.ROLLED_BACK,
    ),
    # Superseded
    Case("a newer one in progress takes nothing yet", [ours("in_progress", NEWER)] * 9, None),
    Case("a newer one is complete before ours", [RUNNING, ours("in_progress", NEWER_DONE)], Result.SUPERSEDED),
    Case("a newer one is complete while ours waits", [ours("not_started", NEWER_DONE)], Result.SUPERSEDED),
    Case("a newer one is complete, ours in an unknown state", [ours("paused", NEWER_DONE)], Result.SUPERSEDED),
    Case("a newer one is complete while ours rolls back", [ours("rolling_back", NEWER_DONE)], Result.SUPERSEDED),
    Case("a newer one failed", [ours("in_progress", "next 3 failed 30")] * 9, None),
    Case("a newer one of the same version is complete", [ours("in_progress", "twin 2 done 30")] * 9, None),
    Case(
        "of several newer ones an earlier one is complete",
        [ours("in_progress", NEWER_DONE, "more 4 in_progress 40")],
        Result.SUPERSEDED,
    ),
    Case("by id: an older one that is complete takes nothing", [ours("in_progress", "a 3 done 15")] * 9, None, GIVEN),
    Case("cancelled with a newer one listed", [RUNNING, ours("cancelled", NEWER)], Result.SUPERSEDED),
    Case("cancelled with a newer failed one listed", [ours("cancelled", "next 3 failed 30")], Result.SUPERSEDED),
    Case(
        "by id: cancelled with only an older one listed", [ours("cancelled", "a 3 failed 15")], Result.CANCELLED, GIVEN
    ),
    Case("our own done wins over a newer one in progress", [RUNNING, ours("done", NEWER)], Result.SUCCEEDED),
    Case("our own done, and a newer one that is done", [RUNNING, ours("done", NEWER_DONE)], Result.SUPERSEDED),
    Case("our own error stays one with a newer one listed", [RUNNING] + [ours("error", NEWER)] * 7, Result.FAILED),
    Case("our own rollback stays one", [RUNNING, ours("rolled_back", NEWER)], Result.ROLLED_BACK),
    # Absent after it was seen
    Case("absent twice may be a stale answer", [RUNNING, absent(NEWER), absent(NEWER)], None),
    Case("superseded by absence", [RUNNING] + [absent(NEWER)] * 5, Result.SUPERSEDED),
    Case("superseded by absence, the newer one done", [RUNNING] + [absent(NEWER_DONE)] * 5, Result.SUPERSEDED),
    Case(
        "absences are counted in a row",
        [RUNNING, absent(NEWER), absent(NEWER), ours("in_progress", NEWER), absent(NEWER), absent(NEWER)],
        None,
    ),
    Case("absent for 15 s may be a stale answer", [RUNNING] + [absent()] * 4, None),
    Case("absent for 20 s with nothing newer fails", [RUNNING] + [absent()] * 5, Result.FAILED),
    Case("absent twice with nothing newer may be a stale answer", [RUNNING, absent(), absent()], None),
    Case("absent, then done after all", [RUNNING, absent(), absent(), ours("done")], Result.SUCCEEDED),
    Case("rolling back, then absent with nothing newer", [ours("rolling_back")] + [absent()] * 5, Result.FAILED),
    # Absent from the start
    Case("not listed yet is no end", [absent()] * 99, None),
    Case("listed late, then done", [absent()] * 4 + [RUNNING, ours("done")], Result.SUCCEEDED),
    Case("not listed yet while another one is", [absent(NEWER)] * 4, None),
    Case("an empty endpoint is no end", [[]] * 99, None),
    # Two in the same second
    Case("by id: one of the same second is not newer", [ours("in_progress", "twin 3 complete 20")] * 9, None, GIVEN),
    Case(
        "by id: cancelled beside one of the same second", [ours("cancelled", "a 3 queued 20")], Result.CANCELLED, GIVEN
    ),
    # What was first listed after the deploy call is newer, whatever the clocks say
    Case("an older time, first listed after the call", [ours("in_progress", "a 3 complete 15")], Result.SUPERSEDED),
    # What the deploy reply left out is learnt from the listing
    Case("a terse reply: done", [RUNNING, ours("done")], Result.SUCCEEDED, TERSE_REPLY),
    Case("a terse reply: older ones take nothing", [RUNNING, RUNNING], None, TERSE_REPLY),
    Case("a terse reply: superseded", [RUNNING, ours("in_progress", NEWER_DONE)], Result.SUPERSEDED, TERSE_REPLY),
    Case("a terse reply: superseded by absence", [RUNNING] + [absent(NEWER)] * 5, Result.SUPERSEDED, TERSE_REPLY),
    # Following by id
    Case("by id: done at the first look may be a stale answer", [ours("done")], None, GIVEN),
    Case("by id: done in two reads", [ours("done")] * 2, Result.SUCCEEDED, GIVEN),
    Case("by id: done, and replaced since", [ours("done", NEWER_DONE)] * 2, Result.SUPERSEDED, GIVEN),
    Case("by id: rolled back long ago", [ours("rolled_back", NEWER_DONE)], Result.ROLLED_BACK, GIVEN),
    Case("by id: superseded", [ours("in_progress", NEWER_DONE)], Result.SUPERSEDED, GIVEN),
    Case("by id: never listed for five minutes", [absent()] * 61, Result.REFUSED, GIVEN),
    Case("by id: never listed for five minutes, whatever else is", [absent(NEWER_DONE)] * 61, Result.REFUSED, GIVEN),
    Case("by id: not listed for less than five minutes", [absent()] * 60, None, GIVEN),
    Case("by id: listed late", [absent()] * 60 + [RUNNING], None, GIVEN),
    Case("by id: listed, then gone", [RUNNING] + [absent()] * 5, Result.FAILED, GIVEN),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about.replace(" ", "-"))
def test_the_verdict_follows_the_rules(case: Case) -> None:
    *before, last = follow(case.target, case.snapshots)

    assert before == [None] * len(before)
    assert (last.result if last else None) == case.expected


class TestTimes:
    """Patience is the same whenever the first read comes: after ten minutes of waiting for weights as well."""

    @staticmethod
    def ends(target: Target, snapshots: list[list[str]], start: float) -> list[Result | None]:
        track, found = Track(target), []
        for n, entries in enumerate(snapshots):
            track = track.read(make.endpoint(*entries), start + n * INTERVAL)
            end = end_of(track)
            found.append(end.result if end else None)
        return found

    @pytest.mark.parametrize("start", [0.0, 600.0, -600.0])
    def test_an_accepted_deployment_may_be_listed_20_s_late(self, start: float) -> None:
        assert self.ends(TERSE_REPLY, [absent(NEWER)] * 6, start) == [None] * 4 + [Result.SUPERSEDED] * 2

    @pytest.mark.parametrize("start", [0.0, 600.0, -600.0])
    def test_one_that_the_workflow_named_may_be_listed_five_minutes_late(self, start: float) -> None:
        assert self.ends(GIVEN, [absent()] * 62, start) == [None] * 60 + [Result.REFUSED] * 2

    @pytest.mark.parametrize("start", [0.0, 600.0, -600.0])
    def test_an_error_has_to_stand_for_30_s(self, start: float) -> None:
        assert self.ends(DEPLOYED, [ours("error")] * 8, start) == [None] * 6 + [Result.FAILED] * 2

    def test_absence_is_three_reads_however_far_apart(self) -> None:
        track = Track(GIVEN).read(make.endpoint(*absent()), 0).read(make.endpoint(*absent()), 500)

        assert end_of(track) is None


class TestAnErrorStands:
    """It is the end when every read for 30 s lists it, at least three."""

    def test_two_reads_are_too_few_however_far_apart(self) -> None:
        assert follow(DEPLOYED, [ours("error")] * 3, interval=60) == [None, None, End(Result.FAILED)]

    def test_many_reads_in_less_than_30_s_are_too_few(self) -> None:
        assert follow(DEPLOYED, [ours("error")] * 30, interval=1) == [None] * 30
        assert follow(DEPLOYED, [ours("error")] * 31, interval=1)[-1] == End(Result.FAILED)

    def test_at_the_deadline_one_read_is_enough(self) -> None:
        track = Track(DEPLOYED).read(make.endpoint(*ours("error")), 0)

        assert end_of(track) is None
        assert end_at_deadline(track) == End(Result.FAILED)

    def test_at_the_deadline_an_error_that_is_no_longer_listed_is_not_enough(self) -> None:
        track = Track(DEPLOYED).read(make.endpoint(*ours("error")), 0).read(make.endpoint(*absent()), 5)

        assert end_at_deadline(track) is None


class TestWhatAVerdictSays:
    def test_superseded_names_what_took_the_endpoint(self) -> None:
        verdict = follow(DEPLOYED, [ours("in_progress", NEWER_DONE, "more 4 queued 40")])[-1]

        assert verdict is not None
        assert verdict.newer == "deployment next (version 3)"

    def test_done_names_a_newer_deployment_for_the_warning(self) -> None:
        verdict = follow(DEPLOYED, [ours("done", NEWER)] * 2)[-1]

        assert verdict is not None
        assert verdict.newer == "deployment next (version 3)"

    def test_a_newer_one_that_is_contradicted_is_no_end(self) -> None:
        newer = make.entry(NEWER_DONE).model_copy(update={"contradicted": True})
        track = Track(DEPLOYED).read(make.endpoint(OLD, OURS.format("in_progress"), newer), 0)

        assert end_of(track) is None

    def test_a_newer_one_of_the_same_version_does_not_supersede(self) -> None:
        for target in (DEPLOYED, Target("ours", 20, frozenset({"old"}), model=make.name("2"))):
            assert follow(target, [ours("in_progress", "next 2 complete 30")] * 9)[-1] is None

    def test_nor_does_one_of_the_version_that_was_asked_for_if_ours_is_listed_by_its_alias(self) -> None:
        target = Target("ours", 20, frozenset({"old"}), model=make.name("2"))

        assert follow(target, [[OLD, "ours production in_progress 20", "next 2 complete 30"]] * 9)[-1] is None

    def test_absence_is_said(self) -> None:
        gone = follow(DEPLOYED, [RUNNING] + [absent()] * 5)[-1]
        overtaken = follow(DEPLOYED, [RUNNING] + [absent(NEWER)] * 5)[-1]

        assert gone is not None
        assert "neither this deployment nor a newer" in gone.reason
        assert overtaken is not None
        assert "no longer list" in overtaken.reason

    @pytest.mark.parametrize("state", ["error", "rolled_back", "cancelled"])
    def test_the_servers_reason_is_shown(self, state: str) -> None:
        listed = make.entry(f"ours 2 {state} 20", rollout_error_message="replica 4 is out of memory")

        verdict = end_at_deadline(Track(DEPLOYED).read(make.endpoint(listed), 0))

        assert verdict is not None
        assert verdict.reason == "replica 4 is out of memory"


class TestTheDeployReply:
    """Its status is a hint; one that is bad counts if the deployment is not listed at all."""

    @pytest.mark.parametrize("word", [*Status, "frobnicating", None])
    def test_its_word_alone_is_no_end(self, word: str | None) -> None:
        reply = Progress.of_reply(Deployment.model_validate({"rollout_status": word}))

        assert end_of(Track(DEPLOYED, reply.if_under_way, reply=reply)) is None

    @pytest.mark.parametrize(
        ("word", "result"),
        [("error", Result.FAILED), ("cancelled", Result.CANCELLED), ("rolled_back", Result.ROLLED_BACK)],
    )
    def test_a_bad_one_counts_after_20_s_in_which_it_is_not_listed(self, word: str, result: Result) -> None:
        track = Track(DEPLOYED, reply=Progress.of_reply(Deployment.model_validate({"rollout_status": word})))
        for n in range(4):
            track = track.read(make.endpoint(OLD), n * INTERVAL)
        before, track = end_of(track), track.read(make.endpoint(OLD), 20)

        end = end_of(track)
        assert before is None
        assert end is not None
        assert end.result is result
        assert end.reason == "the reply to the deploy request said so, and the endpoint never listed the deployment"

    def test_its_own_error_is_the_reason(self) -> None:
        deployment = Deployment.model_validate({"rollout_status": "error", "rollout_error_message": "out of memory"})
        track = Track(DEPLOYED, reply=Progress.of_reply(deployment))
        for n in range(5):
            track = track.read(make.endpoint(OLD), n * INTERVAL)

        assert end_of(track) == End(Result.FAILED, "out of memory")


class TestLeaving:
    """Whether one that was done may leave the endpoint, by what is listed."""

    @pytest.mark.parametrize("state", ["rolling_back", "error"])
    def test_one_that_rolls_back_or_fails_by_now_is_told(self, state: str) -> None:
        track = Track(DEPLOYED).read(make.endpoint(*ours("done")), 0).read(make.endpoint(*ours(state)), 5)

        assert left_because(track) == f"deployment ours is {state.replace('_', ' ')} by now"

    def test_one_that_is_no_longer_listed_may_only_be_late(self) -> None:
        track = Track(DEPLOYED).read(make.endpoint(*ours("rolling_back")), 0).read(make.endpoint(OLD), 5)

        assert left_because(track) == ""

    def test_one_that_is_done_stays(self) -> None:
        assert left_because(Track(DEPLOYED).read(make.endpoint(*ours("done")), 0)) == ""


class TestDone:
    """One that was never seen under way needs two reads, at least 2 s apart; and it is done when all its rows are."""

    def test_two_reads_within_2_s_are_not_enough(self) -> None:
        assert follow(DEPLOYED, [ours("done")] * 2, interval=1.9) == [None, None]
        assert follow(DEPLOYED, [ours("done")] * 2, interval=2.0)[-1] == End(Result.SUCCEEDED)

    def test_one_that_says_done_between_two_others_is_not_enough(self) -> None:
        assert follow(DEPLOYED, [ours("done"), ours("paused"), ours("done")]) == [None] * 3

    def test_of_two_rows_the_one_that_is_not_done_counts(self) -> None:
        assert follow(DEPLOYED, [ours("in_progress", "ours 2 done 20"), ours("done", "ours 2 queued 20")])[-1] is None

    def test_another_version_in_place_is_a_failure_after_two_reads(self) -> None:
        target = Target("ours", older=frozenset({"old"}), model=make.name("1"))
        ends = follow(target, [RUNNING, ours("done"), ours("done")])

        assert ends[:2] == [None, None]
        assert ends[2] is not None
        assert ends[2].result is Result.FAILED
        assert "which is another version" in ends[2].reason

    def test_a_version_named_by_its_alias_is_no_other_version(self) -> None:
        target = Target("ours", older=frozenset({"old"}), model=make.name("2"))

        assert follow(target, [RUNNING, ["ours production done 20"]])[-1] == End(Result.SUCCEEDED)

    def test_any_form_of_its_id_is_it(self) -> None:
        target = Target("ours", older=frozenset(), forms=frozenset({"ours", "other"}))

        assert follow(target, [["other 2 queued 20"], ["other 2 done 20"]])[-1] == End(Result.SUCCEEDED)


STATES = ["complete", "failed", "cancelled", "rolled_back", "rolling_back", "in_progress", "queued", "paused"]
SNAPSHOTS = st.lists(
    st.builds(
        lambda states: make.endpoint(*(line for line, shown in states if shown)),
        st.tuples(
            st.tuples(st.builds(OURS.format, st.sampled_from(STATES)), st.booleans()),
            st.tuples(st.builds("next 3 {} 30".format, st.sampled_from(STATES)), st.booleans()),
            st.tuples(st.builds("twin 2 {} 15".format, st.sampled_from(STATES)), st.booleans()),
        ),
    ),
    max_size=8,
)


@given(SNAPSHOTS, st.sampled_from([DEPLOYED, TERSE_REPLY, GIVEN]))
def test_only_our_own_done_succeeds_and_never_after_rolling_back(snapshots: list[Endpoint], target: Target) -> None:
    track, seen = Track(target), list[object]()
    for n, snapshot in enumerate(snapshots):
        track = track.read(snapshot, n * INTERVAL)
        now: list[object] = [entry.status for entry in snapshot.deployed_models if entry.id == "ours"]
        before, seen = seen[-1:], [*seen, *(now or ["absent"])]
        under_way = {Status.IN_PROGRESS, Status.NOT_STARTED} & set(seen)
        overtaken = any(entry.id == "next" and entry.status is Status.DONE for entry in snapshot.deployed_models)

        end = end_of(track)
        succeeded = end is not None and end.result is Result.SUCCEEDED
        is_done = now == [Status.DONE] and (bool(under_way) or before == [Status.DONE])
        assert succeeded == (is_done and Status.ROLLING_BACK not in seen and not overtaken)


def test_what_may_be_newer_may_have_taken_its_place() -> None:
    hidden = make.endpoint(OURS.format("complete")).model_copy(update={"unreadable": (None,)})
    track = Track(GIVEN).read(make.endpoint(OURS.format("complete")), 0)

    assert may_have_left(track) == ""
    assert may_have_left(track.read(hidden, 5)) == "the endpoint lists an entry that can't be read, which may be newer"
    assert may_have_left(Track(GIVEN).read(hidden, 0)) == ""  # it was there from the beginning
    twin = track.read(make.endpoint(OURS.format("complete"), "twin 3 complete 20"), 5)
    assert may_have_left(twin) == "deployment twin (version 3) was created in the same second, and may be newer"
    assert may_have_left(track.read(make.endpoint(OURS.format("complete"), "twin 3 failed 20"), 5)) == ""
