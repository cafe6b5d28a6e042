"""What has to be done, in every situation; version 2 is wanted everywhere."""

from typing import Literal, NamedTuple, assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.api.endpoint import DeployedModel
from cerebras_deploy.api.status import Status, Unknown
from cerebras_deploy.decide.plan import Attach, Deploy, NotPossible, Plan, Unchanged, WaitFirst, make_plan
from helpers import make

IfCurrent = Literal["skip", "deploy"]
IfBusy = Literal["wait", "queue", "fail"]
IF_CURRENT: tuple[IfCurrent, ...] = ("skip", "deploy")
IF_BUSY: tuple[IfBusy, ...] = ("wait", "queue", "fail")


def sentence(decided: Plan) -> str:
    match decided:
        case Unchanged(entry):
            return f"unchanged: {entry.id}"
        case Attach(entry):
            return f"attach: {entry.id}"
        case Deploy():
            return "deploy"
        case WaitFirst(entry):
            return f"wait for {entry.id if entry else 'the weights'}"
        case NotPossible():
            return "not possible"
        case never:
            assert_never(never)


class Case(NamedTuple):
    about: str
    entries: list[str]
    expected: str
    if_current: IfCurrent = "skip"
    if_busy: IfBusy = "wait"


LIVE_OTHER, LIVE_OURS = "old 1 complete 10", "now 2 complete 10"
CASES = [
    # What is live
    Case("an endpoint that serves nothing", [], "deploy"),
    Case("another version is live", [LIVE_OTHER], "deploy"),
    Case("the version is live", [LIVE_OURS], "unchanged: now"),
    Case("the version is live in the deploy call's word", ["now 2 done 10"], "unchanged: now"),
    Case("the version is live, but is to be deployed anyway", [LIVE_OURS], "deploy", if_current="deploy"),
    Case("the version was live before another one", ["before 2 complete 5", LIVE_OTHER], "deploy"),
    Case("the version is the newest of two done ones", ["now 2 complete 20", LIVE_OTHER], "unchanged: now"),
    Case("the version is live twice", ["now 2 done 20", "before 2 done 10"], "unchanged: now"),
    Case("the version is live and blocked by nothing if busy fails", [LIVE_OURS], "unchanged: now", if_busy="fail"),
    Case("the version failed, and nothing else is there", ["bad 2 failed 10"], "deploy"),
    Case("the version failed after another was live", [LIVE_OTHER, "bad 2 error 20"], "deploy"),
    # What is newer than the live version
    Case("a newer one was cancelled", [LIVE_OURS, "next 3 cancelled 20"], "unchanged: now"),
    Case("a newer one was canceled, spelt so", [LIVE_OURS, "next 3 canceled 20"], "unchanged: now"),
    Case("a newer one was rolled back", [LIVE_OURS, "next 3 rolled_back 20"], "unchanged: now"),
    Case(
        "several newer ones were cancelled or rolled back",
        [LIVE_OURS, "a 3 rolled_back 20", "b 4 cancelled 30"],
        "unchanged: now",
    ),
    Case("a newer one failed: who knows what is served", [LIVE_OURS, "next 3 failed 20"], "deploy"),
    Case("a newer one failed below a cancelled one", [LIVE_OURS, "a 3 error 20", "b 4 cancelled 30"], "deploy"),
    Case("a newer one is in an unknown state", [LIVE_OURS, "next 3 frobnicating 20"], "wait for next"),
    Case("a redeployment of the live version failed", [LIVE_OURS, "again 2 failed 20"], "deploy"),
    Case("an older one failed", ["next 3 failed 5", LIVE_OURS], "unchanged: now"),
    Case("an older one is still called in progress", ["stale 3 in_progress 5", LIVE_OURS], "unchanged: now"),
    # The version is rolling out already
    Case("it is in progress", [LIVE_OTHER, "next 2 in_progress 20"], "attach: next"),
    Case("it is queued", [LIVE_OTHER, "next 2 queued 20"], "attach: next"),
    Case("it is updating, in the endpoint's word", [LIVE_OTHER, "next 2 UPDATING 20"], "attach: next"),
    Case("it is in progress on an endpoint that serves nothing", ["next 2 not_started 20"], "attach: next"),
    Case("it is in an unknown state", [LIVE_OTHER, "next 2 frobnicating 20"], "attach: next"),
    Case("it is redeployed though live", [LIVE_OURS, "next 2 in_progress 20"], "attach: next"),
    Case("it is in an unknown state though live", [LIVE_OURS, "next 2 frobnicating 20"], "attach: next"),
    Case("the newest of two of its rollouts", [LIVE_OTHER, "a 2 in_progress 20", "b 2 queued 30"], "attach: b"),
    Case("it is in progress before a cancelled one", ["a 2 in_progress 20", "b 3 cancelled 30"], "attach: a"),
    Case("it is in progress before a failed one", ["a 2 in_progress 20", "b 3 failed 30"], "attach: a"),
    Case("it overtook another one", ["a 3 in_progress 20", "b 2 in_progress 30"], "attach: b"),
    Case("if busy fails, its own rollout is no trouble", ["next 2 in_progress 20"], "attach: next", if_busy="fail"),
    Case("queue attaches, too", ["next 2 in_progress 20"], "attach: next", if_busy="queue"),
    Case("deploy anyway attaches, too", ["next 2 in_progress 20"], "attach: next", if_current="deploy"),
    Case(
        "deploy anyway and queue behind its own rollout",
        ["next 2 in_progress 20"],
        "deploy",
        if_current="deploy",
        if_busy="queue",
    ),
    Case("it was in progress, but is over by now", [LIVE_OTHER, "stale 2 in_progress 5"], "deploy"),
    Case("it was in an unknown state before the live one", [LIVE_OTHER, "stale 2 frobnicating 5"], "deploy"),
    # Another rollout is in the way
    Case("another version is rolling out: wait", [LIVE_OTHER, "next 3 in_progress 20"], "wait for next"),
    Case("another version is queued: wait", [LIVE_OTHER, "next 3 pending 20"], "wait for next"),
    Case("another version is rolling out: queue", ["next 3 in_progress 20"], "deploy", if_busy="queue"),
    Case("another version is rolling out: fail", ["next 3 in_progress 20"], "not possible", if_busy="fail"),
    Case("another version is rolling back", [LIVE_OTHER, "next 3 rolling_back 20"], "wait for next"),
    Case("the version itself is rolling back: wait", [LIVE_OTHER, "next 2 rolling_back 20"], "wait for next"),
    Case("the version itself is rolling back: queue", ["next 2 rolling_back 20"], "deploy", if_busy="queue"),
    Case("the version itself is rolling back: fail", ["next 2 rolling_back 20"], "not possible", if_busy="fail"),
    Case("the live version is about to be replaced", [LIVE_OURS, "next 3 in_progress 20"], "wait for next"),
    Case(
        "the live version is about to be replaced, and is to be deployed anyway",
        [LIVE_OURS, "next 3 in_progress 20"],
        "wait for next",
        if_current="deploy",
    ),
    Case("another version overtook ours", ["a 2 in_progress 20", "b 3 in_progress 30"], "wait for b"),
    Case(
        "ours rolls back, and an older one of it goes on", ["a 2 in_progress 20", "b 2 rolling_back 30"], "wait for b"
    ),
    Case("another in an unknown state may be rolling out", [LIVE_OTHER, "next 3 frobnicating 20"], "wait for next"),
    Case("the newest one may be rolling out", ["a 3 in_progress 20", "b 4 frobnicating 30"], "wait for b"),
    Case("it may be rolling out over ours", ["a 2 in_progress 20", "b 4 frobnicating 30"], "wait for b"),
    # Entries that name an alias prove nothing: it may have moved
    Case("an alias is live", ["now production complete 10"], "deploy"),
    Case("an alias is rolling out", ["next production in_progress 20"], "wait for next"),
    Case("an alias in an unknown state may be rolling out", ["next production frobnicating 20"], "wait for next"),
    # Two in the same second
    Case("live and a rollout of it in one second", [LIVE_OURS, "next 2 in_progress 10"], "attach: next"),
    Case("live and another's rollout in one second", [LIVE_OURS, "next 3 in_progress 10"], "wait for next"),
    Case("live and another's failure in one second", [LIVE_OURS, "next 3 failed 10"], "deploy"),
    Case("live and another's cancellation in one second", [LIVE_OURS, "next 3 cancelled 10"], "unchanged: now"),
    Case("live and an unknown one in one second", [LIVE_OURS, "next 3 frobnicating 10"], "wait for next"),
    Case("two of them live in one second", [LIVE_OURS, "next 3 complete 10"], "deploy"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about.replace(" ", "-"))
def test_the_plan_follows_the_rules(case: Case) -> None:
    for entries in (case.entries, case.entries[::-1]):
        decided = make_plan(make.endpoint(*entries), make.version(), if_current=case.if_current, if_busy=case.if_busy)

        assert sentence(decided) == case.expected


@pytest.mark.parametrize(
    "other",
    ["orgs/other-org/models/gpt-oss-120b/versions/2", "orgs/my-org/models/other/versions/2", "gpt-oss-120b", "2", ""],
)
def test_an_entry_of_another_org_or_an_unreadable_name_is_not_of_the_version(other: str) -> None:
    done = make.entry("now 2 complete 10", model=other)
    on_its_way = make.entry("next 2 in_progress 20", model=other)

    assert make_plan(make.endpoint(done), make.version()) == Deploy()
    assert make_plan(make.endpoint(on_its_way), make.version()) == WaitFirst(on_its_way)


class TestBeforeAnyOfIt:
    def test_another_architecture_is_not_possible_and_both_are_named(self) -> None:
        decided = make_plan(make.endpoint("now 2 complete 10", architecture="llama-3.3-70b"), make.version())

        assert isinstance(decided, NotPossible)
        assert "llama-3.3-70b" in decided.reason
        assert "gpt-oss-120b" in decided.reason
        assert decided.hint

    @pytest.mark.parametrize("word", ["failed", "error", "FAILED"])
    def test_weights_that_failed_to_sync_are_not_possible_and_the_word_is_shown(self, word: str) -> None:
        decided = make_plan(make.endpoint("now 2 complete 10"), make.version(sync=word, done=True))

        assert isinstance(decided, NotPossible)
        assert word in decided.reason
        assert "version 2" in decided.reason
        assert decided.hint

    @pytest.mark.parametrize("word", ["queued", "in_progress"])
    def test_weights_on_their_way_are_awaited(self, word: str) -> None:
        decided = make_plan(make.endpoint("old 1 complete 10"), make.version(sync=word, done=False))

        assert decided == WaitFirst()

    def test_the_architecture_is_refused_before_weights_are_awaited(self) -> None:
        decided = make_plan(make.endpoint(architecture="other"), make.version(sync="queued", done=False))

        assert isinstance(decided, NotPossible)

    def test_weights_are_awaited_before_a_busy_endpoint_is_refused(self) -> None:
        busy = make.endpoint("next 3 in_progress 20")

        assert make_plan(busy, make.version(sync="queued", done=False), if_busy="fail") == WaitFirst()


def test_a_busy_endpoint_is_refused_with_the_deployment_and_a_way_out() -> None:
    decided = make_plan(make.endpoint("next 3 in_progress 20"), make.version(), if_busy="fail")

    assert isinstance(decided, NotPossible)
    assert "next" in decided.reason
    assert "version 3" in decided.reason
    assert "if-busy" in decided.reason
    assert "wait" in decided.hint


def test_one_of_ours_that_was_seen_rolling_back_is_not_attached_to_whatever_it_says() -> None:
    listed = make.entry("next 2 in_progress 20").model_copy(update={"was_rolling_back": True})

    assert isinstance(make_plan(make.endpoint("old 1 complete 10", listed), make.version()), WaitFirst)


class TestWhatIsNotYoung:
    """An entry in an unknown word that is not young blocks nothing, and hides nothing."""

    OLD = make.entry("next 3 frobnicating 20", is_young=False)

    def test_another_version_is_deployed_over(self) -> None:
        assert make_plan(make.endpoint("old 1 complete 10", self.OLD), make.version()) == Deploy()

    def test_one_of_the_wanted_version_is_not_attached_to(self) -> None:
        listed = make.entry("ours 2 frobnicating 20", is_young=False)

        assert make_plan(make.endpoint("old 1 complete 10", listed), make.version()) == Deploy()

    def test_the_live_version_is_deployed_again(self) -> None:
        assert make_plan(make.endpoint("now 2 complete 10", self.OLD), make.version()) == Deploy()

    def test_a_rollout_of_ours_below_it_is_attached_to(self) -> None:
        endpoint = make.endpoint("old 1 complete 10", "ours 2 queued 15", self.OLD)

        assert make_plan(endpoint, make.version()) == Attach(endpoint.deployed_models[1])


def when(entry: DeployedModel) -> float:
    assert entry.created is not None
    return entry.created


WORDS = ["complete", "failed", "cancelled", "rolled_back", "rolling_back", "in_progress", "queued", "frobnicating"]
LINES = st.lists(
    st.builds(
        "{} {} {}".format, st.sampled_from(["1", "2", "3", "production"]), st.sampled_from(WORDS), st.integers(1, 9)
    ),
    max_size=6,
).map(lambda lines: [f"d{n} {line}" for n, line in enumerate(lines)])


@given(LINES, st.sampled_from(IF_CURRENT), st.sampled_from(IF_BUSY))
def test_no_listing_makes_a_false_green_or_a_second_deployment(
    lines: list[str], if_current: IfCurrent, if_busy: IfBusy
) -> None:
    entries = make.endpoint(*lines).deployed_models
    newest_done = max((when(e) for e in entries if e.status is Status.DONE), default=0.0)
    newer = [e for e in entries if when(e) > newest_done]
    rolling = [e for e in newer if isinstance(e.status, Status) and e.status.under_way]

    match make_plan(make.endpoint(*lines), make.version(), if_current=if_current, if_busy=if_busy):
        case Unchanged(entry):
            assert (entry.status, entry.created, entry.name) == (Status.DONE, newest_done, make.name())
            assert if_current == "skip"
            assert {e.status for e in newer} <= {Status.CANCELLED, Status.ROLLED_BACK}
        case Attach(entry):
            assert entry.name == make.name()
            assert when(entry) >= newest_done
            assert entry.status in {Status.IN_PROGRESS, Status.NOT_STARTED} or isinstance(entry.status, Unknown)
            assert all(when(e) <= when(entry) for e in rolling)
        case Deploy():
            assert not rolling or if_busy == "queue"
        case WaitFirst(entry):
            assert entry is not None
            assert if_busy == "wait"
        case NotPossible():
            assert if_busy == "fail"
