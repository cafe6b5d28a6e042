"""What `operation: rollback` is to do, in every situation; version 2 is to be replaced."""

from typing import Literal, NamedTuple

import pytest

from cerebras_deploy.api.endpoint import DeployedModel, Endpoint
from cerebras_deploy.decide.plan import NotPossible, Unchanged, WaitFirst
from cerebras_deploy.decide.replacement import Replace, Replacement, Unwanted, key_of, replacement
from helpers import make

VERSION_2 = Unwanted(make.name("2"))
OLD, LIVE = "old 1 complete 10", "live 2 complete 20"


def sentence(decided: Replacement) -> str:
    match decided:
        case Replace(target, bad):
            return f"replace {bad.id} with {target.id}"
        case Unchanged(entry):
            return f"leave {entry.id}"
        case WaitFirst(entry):
            return f"wait for {entry.id if entry else ''}"
        case NotPossible(reason, _):
            return f"refuse: {reason}"


class Case(NamedTuple):
    listed: str
    decided: str
    if_busy: Literal["wait", "queue", "fail"] = "wait"
    bad: Unwanted = VERSION_2


NOT_BEFORE = "refuse: no other version was live before"
NOT_CLEAR = "refuse: it is unclear which version was live before"
REPLACED = "replace live with c"
CASES = {
    "it is live": Case(f"{OLD}; {LIVE}", "replace live with old"),
    "it is live, and deployed twice": Case(f"{OLD}; a 2 complete 15; {LIVE}", "replace live with old"),
    "two were there before, of the same second": Case(f"{OLD}; b 3 complete 10; {LIVE}", NOT_CLEAR),
    "one of another version was there after them": Case(f"{OLD}; b 3 complete 10; c 4 complete 15; {LIVE}", REPLACED),
    "it failed over two of the same second": Case(f"{OLD}; b 3 complete 10; new 2 error 30", NOT_CLEAR),
    "it is in flight over two of the same second": Case(
        f"{OLD}; b 3 complete 10; new 2 in_progress 30", NOT_CLEAR, "queue"
    ),
    "nothing was there before": Case(LIVE, NOT_BEFORE),
    "what was there before failed": Case(f"old 1 error 10; {LIVE}", NOT_BEFORE),
    "what was there before has no integer": Case(
        f"old stable complete 10; {LIVE}",
        f"refuse: the previous version is {make.name('stable')}, which names no integer version",
    ),
    "another one is live": Case(f"{OLD}; {LIVE}; new 3 complete 30", "leave new"),
    "it is not live, and never was": Case(OLD, "leave old"),
    "the live one has no integer": Case(
        "x stable complete 30; old 1 complete 10", "refuse: it is unclear what the endpoint serves"
    ),
    "another one is in flight": Case(f"{OLD}; {LIVE}; new 3 in_progress 30", "wait for new"),
    "another one is in flight, and fails it": Case(
        f"{OLD}; {LIVE}; new 3 in_progress 30", "refuse: deployment new (version 3) is rolling out", "fail"
    ),
    "behind another one it is not queued": Case(
        f"{OLD}; {LIVE}; new 3 in_progress 30", "refuse: deployment new (version 3) is rolling out", "queue"
    ),
    "behind another one it is not queued where it is not live": Case(
        f"{OLD}; new 3 in_progress 30", "refuse: deployment new (version 3) is rolling out", "queue"
    ),
    "it is in flight itself": Case(f"{OLD}; new 2 in_progress 30", "wait for new"),
    "it is in flight itself, and is not awaited": Case(f"{OLD}; new 2 in_progress 30", "replace new with old", "queue"),
    "it is in flight over itself": Case(f"{OLD}; {LIVE}; new 2 in_progress 30", "refuse: deployment new", "queue"),
    "the API rolls it back": Case(f"{OLD}; new 2 rolling_back 30", "wait for new", "queue"),
    "its rollout has failed": Case(f"{OLD}; new 2 error 30", "replace new with old"),
    "its rollout has failed over itself": Case(f"{OLD}; {LIVE}; new 2 error 30", NOT_BEFORE),
    "its first rollout has failed": Case("new 2 error 30", NOT_BEFORE),
    "the API has rolled it back": Case(f"{OLD}; new 2 rolled_back 30", "leave old"),
    "another rollout has failed": Case(
        f"{OLD}; {LIVE}; new 3 error 30", "refuse: deployment new (version 3) may be newer"
    ),
    "nothing at all": Case("", "refuse: the endpoint serves nothing"),
    "it is in flight itself over nothing": Case("new 2 in_progress 30", "refuse: deployment new", "queue"),
    "it is in flight itself, which is not allowed": Case(
        f"{OLD}; new 2 in_progress 30", "refuse: deployment new", "fail"
    ),
    "the API rolls another one back": Case(f"{OLD}; {LIVE}; new 3 rolling_back 30", "refuse: deployment new", "queue"),
    "two other rollouts have failed": Case(
        f"{OLD}; {LIVE}; a 3 error 30; b 4 error 40",
        "refuse: deployment b (version 4) may be newer, and has failed or is unclear, and "
        "deployment live (version 2) was live before it",
    ),
    "another rollout has failed over nothing": Case(
        "new 3 error 30", "refuse: deployment new (version 3) may be newer, and has failed or is unclear"
    ),
    "what was there before is of the same second": Case(f"{LIVE}; old 1 complete 20", "replace live with old"),
    "what was there before is newer": Case(f"{LIVE}; a 1 rolled_back 30", NOT_BEFORE),
    "a deployment without an integer was named": Case(
        f"{OLD}; live stable complete 20", "replace live with old", bad=Unwanted(make.name("stable"), "live")
    ),
    "the deployment that was named is live": Case(
        f"{OLD}; {LIVE}", "replace live with old", bad=Unwanted(make.name("2"), "live")
    ),
    "another deployment of the version is live": Case(
        f"{OLD}; {LIVE}", "leave live", bad=Unwanted(make.name("2"), "gone")
    ),
    "the deployment that was named has failed": Case(
        f"{OLD}; new 2 error 30", "replace new with old", bad=Unwanted(make.name("2"), "new")
    ),
    "another deployment of the version has failed": Case(
        f"{OLD}; {LIVE}; new 2 error 30", "refuse: deployment new", bad=Unwanted(make.name("2"), "live")
    ),
}


def entries(listed: str) -> tuple[DeployedModel, ...]:
    return tuple(make.entry(one) for one in listed.split("; ") if one)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_done(case: Case) -> None:
    endpoint = Endpoint(model_arch_id=make.ARCHITECTURE, deployed_models=entries(case.listed))

    said = sentence(replacement(endpoint, case.bad, case.if_busy))

    assert said == case.decided or (said.startswith("refuse: ") and said.startswith(case.decided))


UNCLEAR = "refuse: it is unclear what the endpoint serves: "
MARKS: dict[str, tuple[Endpoint, str]] = {
    "contradicted": (
        make.endpoint(make.entry(OLD).model_copy(update={"contradicted": True})),
        f"{UNCLEAR}deployment old (version 1) has contradictory statuses",
    ),
    "unreadable": (
        make.endpoint(OLD).model_copy(update={"unreadable": (None,)}),
        "refuse: an unreadable entry may be newer",
    ),
    "unreadable over nothing": (
        make.endpoint().model_copy(update={"unreadable": (5.0,)}),
        "refuse: an unreadable entry may be newer",
    ),
    "untimed": (
        make.endpoint(
            OLD, make.entry("new 3 cancelled 30", rollout_replicas_updated=3).model_copy(update={"created": None})
        ),
        "refuse: deployment new (version 3) may be newer, and has failed or is unclear",
    ),
    "without an integer": (
        make.endpoint(OLD, "now stable complete 30"),
        f"{UNCLEAR}deployment now (version stable) is listed as {make.name('stable')}, which names no integer version",
    ),
    "without a name": (
        make.endpoint(OLD, make.entry("now 3 complete 30", model="?")),
        f"{UNCLEAR}deployment now (an unreadable version) is listed as ?, which names no integer version",
    ),
    "with one of its second": (
        make.endpoint("old 1 complete 20", "live 2 complete 20"),
        f"{UNCLEAR}deployment live (version 2) may be newer, and may have changed the endpoint",
    ),
}


@pytest.mark.parametrize(("endpoint", "said"), MARKS.values(), ids=MARKS)
def test_what_is_in_doubt_is_not_left_as_it_is(endpoint: Endpoint, said: str) -> None:
    assert sentence(replacement(endpoint, VERSION_2, "wait")).startswith(said)


def test_an_untimed_entry_of_another_version_may_have_been_live_before_the_one_that_failed() -> None:
    old, failed = entries(f"{OLD}; new 2 error 30")
    untimed = make.entry("x 3 complete 0").model_copy(update={"created": None})
    endpoint = Endpoint(model_arch_id="a", deployed_models=(old, untimed, failed))

    assert sentence(replacement(endpoint, VERSION_2, "wait")).startswith(
        "refuse: deployment x (version 3) may be newer"
    )


@pytest.mark.parametrize("state", ["error", "in_progress"])
@pytest.mark.parametrize("created", [None, 30])
@pytest.mark.parametrize("turned", [False, True])
def test_over_what_may_be_newer_than_it_nothing_is_deployed(state: str, created: int | None, *, turned: bool) -> None:
    old, mine, theirs = entries(f"{OLD}; new 2 {state} 30; x 3 {state} 30")
    pair = [one.model_copy(update={"created": created}) for one in (mine, theirs)]
    endpoint = Endpoint(model_arch_id="a", deployed_models=(old, *(pair[::-1] if turned else pair)))

    said = sentence(replacement(endpoint, VERSION_2, "queue"))

    assert said.startswith("refuse: deployment x (version 3)")


def test_what_cannot_be_read_and_is_older_hides_nothing() -> None:
    endpoint = make.endpoint(OLD, LIVE).model_copy(update={"unreadable": (5.0,)})

    assert sentence(replacement(endpoint, VERSION_2, "wait")) == "replace live with old"


def test_what_was_there_before_needs_a_name() -> None:
    endpoint = make.endpoint(make.entry("old 1 complete 10", model="?"), LIVE)

    said = sentence(replacement(endpoint, VERSION_2, "wait"))

    assert said == "refuse: the previous version is ?, which names no integer version"


def test_one_that_was_seen_rolling_back_is_left_to_the_api_whatever_it_is_called_now() -> None:
    flying = make.entry("new 2 in_progress 30").model_copy(update={"was_rolling_back": True})

    assert sentence(replacement(make.endpoint(OLD, flying), VERSION_2, "queue")) == "wait for new"


def test_each_has_its_name_and_what_two_looks_must_agree_on() -> None:
    old, live = entries(f"{OLD}; {LIVE}")
    found: list[tuple[Replacement, str, tuple[str, ...]]] = [
        (Replace(old, live), "deploy", ("deploy", "old", "live")),
        (Unchanged(old), "none", ("none", "old")),
        (WaitFirst(live), "wait", ("wait", "live")),
        (WaitFirst(), "wait", ("wait", "")),
        (NotPossible("no", "hint"), "refuse", ("refuse", "no")),
    ]

    for decided, name, key in found:
        assert (decided.name, key_of(decided)) == (name, key)
