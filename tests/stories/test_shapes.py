"""Every shape that the real API may have, and what comes of it: an API whose JSON is free to choose, no simulator.

Unless a row says otherwise: version 1 has been live for two hours, version 2 is wanted by alias `production`, and its
rollout takes 60 s. What the shapes are about: docs/api.md.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from helpers.forged import ENDPOINT, MODEL, OLD, OURS
from helpers.presented import HEALTHY, HOUR, Api, Entry, api, entry, states
from helpers.stage import EPOCH, Played

TIMED_OUT = 1190  # seconds; the step's time limit is 20 minutes


@dataclass(frozen=True)
class Row:
    """A shape: how the API is made, and what comes of a run against it."""

    about: str
    made: dict[str, Any]
    result: str = "succeeded"
    at: tuple[float, float] = (55, 80)  # when it ends, in seconds: at least, at most
    deployed: tuple[str, ...] | None = ("2",)
    says: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    previous: str = ""


def later(seconds: float = 60) -> tuple[float, float]:
    """A minute after the rollout's end: when contradictory words are judged."""
    return (60 + seconds - 6, 60 + seconds + 25)


def fields(**of_age: Callable[[float], Any]) -> Callable[[float], Entry]:
    """Give an entry whose fields depend on its age."""
    return lambda age: {name: value(age) for name, value in of_age.items()}


def always(value: Any) -> Callable[[float], Any]:
    return lambda _: value


def ends(word: str) -> Callable[[float], Entry]:
    """Give a rollout that ends in that word."""
    return fields(state=states((0, "not_started"), (5, "in_progress"), (60, word)))


def nothing_done(age: float) -> str:
    return states((0, "not_started"), (5, "in_progress"))(age)


def renamed(name: str, value: Callable[[Any], Any] = lambda value: value) -> Callable[[dict[str, Any], int], Any]:
    """Change a field of every entry in the whole status."""

    def whole(document: dict[str, Any], _: int) -> Any:
        for one in document["deployed_models"]:
            if name in one:
                changed = value(one[name])
                one.pop(name)
                if changed is not ...:
                    one[name] = changed
        return document

    return whole


def without(name: str) -> Callable[[dict[str, Any], int], Any]:
    return renamed(name, lambda _: ...)


def iso(seconds: float) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - here only

    return datetime.fromtimestamp(seconds, UTC).isoformat()


def whole(**changes: Any) -> Callable[[dict[str, Any], int], Any]:
    return lambda document, _: {**document, **changes}


def drop(name: str) -> Callable[[dict[str, Any], int], Any]:
    return lambda document, _: {key: value for key, value in document.items() if key != name}


COPIED = {"rollout_status": "not_started"}
COUNTS = {"rollout_replicas_updated": 0, "rollout_total_replicas": 8}
WORDS = [
    Row("state missing", {"ours": fields(rollout_status=HEALTHY)}),
    Row("state null", {"ours": fields(state=always(None), rollout_status=HEALTHY)}),
    Row("state empty", {"ours": fields(state=always(""), rollout_status=HEALTHY)}),
    Row("in an object rollout", {"ours": fields(rollout=lambda age: {"status": HEALTHY(age)})}),
    Row("in an object deployment", {"ours": fields(deployment=lambda age: {"rollout_status": HEALTHY(age)})}),
    Row("in an object state", {"ours": fields(state=lambda age: {"state": HEALTHY(age)})}),
    Row("called status", {"ours": fields(status=HEALTHY)}),
    Row("a lifecycle word beside it", {"ours": fields(state=always("active"), rollout_status=HEALTHY)}),
    Row(
        "complete at once beside it",
        {
            "ours": fields(
                state=always("complete"), rollout_status=states((0, "not_started"), (2, "in_progress"), (60, "done"))
            )
        },
    ),
    Row(
        "a copy from submission, in the old entry, too",
        {"ours": fields(state=HEALTHY, **{k: always(v) for k, v in COPIED.items()}), "old": lambda old: old | COPIED},
        at=later(),
        says=("Only `state` has changed",),
        previous="1",
    ),
    Row(
        "submission done, then the rollout",
        {
            "ours": fields(
                state=states((0, "queued"), (2, "complete")),
                rollout_status=states((0, "not_started"), (15, "in_progress"), (60, "done")),
            )
        },
    ),
    Row(
        "submission done, and the rollout long not started",
        {
            "ours": fields(
                state=states((0, "queued"), (2, "complete")),
                rollout_status=states((0, "not_started"), (180, "in_progress"), (240, "done")),
            )
        },
        at=(235, 260),
    ),
    Row(
        "counts that stay below the total",
        {
            "ours": lambda age: {
                "state": HEALTHY(age),
                "rollout_replicas_updated": min(int(age / 8), 7),
                "rollout_total_replicas": 8,
            }
        },
        at=(114, 140),
        says=("7 of 8 replicas",),
    ),
    Row(
        "counts that are a copy, in the old entry, too",
        {"ours": lambda age: {"state": HEALTHY(age)} | COUNTS, "old": lambda old: old | COUNTS},
        previous="1",
    ),
    Row("ROLLBACK_COMPLETE", {"ours": ends("ROLLBACK_COMPLETE")}, "rolled-back"),
    Row("rollback_failed", {"ours": ends("rollback_failed")}, "failed", (85, 110)),
    Row("PARTIALLY_COMPLETE", {"ours": ends("PARTIALLY_COMPLETE")}, "timed-out", (TIMED_OUT, 1210)),
    Row("not done", {"ours": ends("not done")}, "timed-out", (TIMED_OUT, 1210)),
    Row(
        "a word that is not the rollout's",
        {"ours": lambda _: {"state": "active", "weights": {"status": "done"}}},
        "timed-out",
        (TIMED_OUT, 1210),
    ),
    Row("ROLLOUT_STATE_COMPLETE", {"ours": ends("ROLLOUT_STATE_COMPLETE")}),
    Row("DeploymentState.complete", {"ours": ends("DeploymentState.complete")}),
    Row("blanks and case", {"ours": ends("  Completed ")}),
    *(Row(word, {"ours": ends(word)}, "rolled-back") for word in ("rolled-back", "Rolled Back", "RolledBack")),
    *(Row(word, {"ours": ends(word)}, "failed", (85, 110)) for word in ("failure", "aborted", "timed_out")),
    *(
        Row(
            f"{word} at the end",
            {"ours": ends(word)},
            "timed-out",
            (TIMED_OUT, 1210),
            says=(f"`status-words: {word}=done`", '"state": "' + word),
        )
        for word in ("live", "ready", "serving", "active")
    ),
    Row("live, taught", {"ours": ends("live")}, inputs={"status-words": "live=done"}),
    Row("a taught word in another form", {"ours": ends("ROLLOUT_STATE_LIVE")}, inputs={"status-words": "Live = done"}),
    Row(
        "no word anywhere, and all replicas",
        {"ours": always({"rollout_replicas_updated": 8, "rollout_total_replicas": 8})},
        "timed-out",
        (TIMED_OUT, 1210),
    ),
]

ENTRIES = [
    Row("created in ISO 8601", {"whole": renamed("created", iso)}),
    Row("created in milliseconds", {"whole": renamed("created", lambda value: value * 1000)}),
    Row("created as a float", {"whole": renamed("created", lambda value: value + 0.5)}),
    Row("created as digits", {"whole": renamed("created", str)}),
    Row("created missing", {"whole": without("created")}),
    Row("created null on ours until it is done", {"ours": lambda age: {"state": HEALTHY(age), "created": None}}),
    Row("the old entry's model is null", {"old": lambda old: old | {"model": None}}),
    Row("the old entry's id is null", {"old": lambda old: old | {"id": None}}),
    Row("another entry is text", {"more": lambda _: ["gone"]}),
    Row("another entry's id is very long", {"old": lambda old: old | {"id": "x" * 300}}),
    Row(
        "a fresh endpoint's list is null",
        {
            "old": lambda _: None,
            "whole": lambda doc, _: doc | ({} if doc["deployed_models"] else {"deployed_models": None}),
        },
    ),
    Row(
        "a fresh endpoint's list is missing",
        {
            "old": lambda _: None,
            "whole": lambda doc, n: doc if doc["deployed_models"] else drop("deployed_models")(doc, n),
        },
        says=("lacks `deployed_models`",),
    ),
    Row(
        "model_arch_id missing",
        {"whole": drop("model_arch_id")},
        "unreachable",
        (30, 60),
        (),
        says=("the API's reply has an unexpected form", "model_arch_id", "`trace`"),
    ),
    Row("the reply's name is a path", {"whole": whole(name=f"endpoints/{ENDPOINT}")}),
    Row("the reply's name is in other case", {"whole": whole(name=ENDPOINT.upper())}),
    Row("the reply's name is missing", {"whole": drop("name")}),
    Row(
        "another endpoint's reply",
        {
            "whole": whole(
                name="other", deployed_models=[{"id": OLD, "model": MODEL.format(2), "created": 1, "state": "complete"}]
            )
        },
        "unreachable",
        (30, 60),
        (),
        says=("answered for endpoint other", ENDPOINT),
    ),
    Row(
        "800 entries",
        {"more": lambda _: [entry("1", "complete", 9e6 + n, EPOCH) | {"id": f"e{n}"} for n in range(800)]},
    ),
]

LIVE = {"old": lambda old: old | {"model": MODEL.format(2)}}
UNCHANGED = ("unchanged", (2, 10), ())
LOOKS = [
    Row("version 2 is live", LIVE, *UNCHANGED),
    Row(
        "beside an untimed entry",
        LIVE | {"more": lambda _: [{"id": "x", "model": MODEL.format(3), "state": "complete"}]},
        says=("doesn't count as live already",),
    ),
    Row("beside an unreadable entry", LIVE | {"more": lambda _: [{"model": MODEL.format(3)}]}),
    Row(
        "beside an unreadable entry of last year",
        LIVE | {"more": lambda _: [{"created": int(EPOCH) - 365 * 24 * HOUR}]},
        *UNCHANGED,
    ),
    Row(
        "version 3 at the second look",
        LIVE
        | {
            "whole": lambda doc, n: (
                doc
                if n == 1
                else doc | {"deployed_models": [*doc["deployed_models"], entry("3", "complete", 600, EPOCH)]}
            )
        },
    ),
    Row("live in upper case", LIVE | {"whole": renamed("id", str.upper)}, *UNCHANGED),
    Row("live, counts 0 of 8", {"old": lambda old: old | COUNTS | {"model": MODEL.format(2)}}, *UNCHANGED),
    Row(
        "live, and a copy beside it",
        {"old": lambda old: old | COPIED | {"model": MODEL.format(2)}},
        at=(55, 80),
        says=("doesn't count as live already",),
    ),
    Row(
        "canceled half way, newer",
        LIVE
        | {
            "more": lambda _: [
                entry("3", "cancelled", 600, EPOCH, rollout_replicas_updated=3, rollout_total_replicas=8)
            ]
        },
    ),
    Row(
        "canceled at its beginning, newer",
        LIVE
        | {
            "more": lambda _: [
                entry("3", "cancelled", 600, EPOCH, rollout_replicas_updated=0, rollout_total_replicas=8)
            ]
        },
        *UNCHANGED,
    ),
]

SLOW_ERROR = (85, 110)
IDS = [
    Row("upper case in the list", {"whole": renamed("id", str.upper)}),
    Row("an operation's name", {"deploy": lambda reply, _: reply | {"name": f"operations/{OURS}"}}),
    Row("another name", {"deploy": lambda reply, _: reply | {"name": "operations/7"}}),
    Row(
        "the name is listed",
        {"deploy": lambda reply, _: reply | {"name": OURS, "response": reply["response"] | {"deployment_id": "7"}}},
    ),
    Row("no name", {"deploy": lambda reply, _: {"response": reply["response"]}}),
    Row(
        "ours is of version 1",
        {"ours": lambda age: {"state": HEALTHY(age), "model": MODEL.format(1)}},
        "failed",
        says=(f"lists it as {MODEL.format(1)}, which is another version",),
    ),
    Row(
        "two rows of ours",
        {
            "ours": always({"state": "complete"}),
            "more": lambda age: (
                []
                if age is None
                else [{"id": OURS, "model": MODEL.format(2), "created": int(EPOCH), "state": HEALTHY(age)}]
            ),
        },
    ),
    Row(
        "done at submission, and it fails",
        {
            "deploy": lambda reply, _: {**reply, "response": reply["response"] | {"rollout_status": "done"}},
            "ours": ends("error"),
        },
        "failed",
        SLOW_ERROR,
    ),
    Row(
        "error at submission, and it goes well",
        {"deploy": lambda reply, _: {**reply, "response": reply["response"] | {"rollout_status": "error"}}},
    ),
    Row(
        "done at submission, not awaited",
        {"deploy": lambda reply, _: {**reply, "response": reply["response"] | {"rollout_status": "done"}}},
        "triggered",
        (0, 5),
        inputs={"wait": "false"},
    ),
    Row(
        "error in the deploy reply, never listed",
        {
            "deploy": lambda reply, _: {**reply, "response": reply["response"] | {"rollout_status": "error"}},
            "ours": always(None),
        },
        "failed",
        (20, 40),
    ),
    Row(
        "another form of the endpoint",
        {
            "deploy": lambda reply, _: {
                **reply,
                "response": reply["response"] | {"endpoint_id": f"endpoints/{ENDPOINT}"},
            }
        },
        says=("Endpoint named differently",),
    ),
    Row(
        "the wrong version in the reply",
        {"deploy": lambda reply, _: {**reply, "response": reply["response"] | {"version_id": 3}}},
        "refused",
        (0, 5),
    ),
]


def flapping(age: float) -> Entry:
    return {"state": states((0, "in_progress"), (20, "error"), (23, "in_progress"), (60, "complete"))(age)}


NEWER = entry("3", "complete", -70, EPOCH)
LISTED = [
    Row(
        "only the newest",
        {"ours": ends("error"), "whole": lambda doc, _: doc | {"deployed_models": doc["deployed_models"][-1:]}},
        "failed",
        SLOW_ERROR,
        previous="1",
    ),
    Row("ours once it is done", {"ours": lambda age: {"state": "complete"} if age >= 60 else None}, at=(60, 80)),
    Row(
        "version 3 is done as well",
        {"more": lambda age: [NEWER] if age is not None and age >= 60 else []},
        "superseded",
    ),
    Row(
        "version 3 is done between two reads",
        {"more": lambda age: [NEWER] if age is not None and age >= 30 else []},
        "superseded",
        (30, 45),
    ),
    Row(
        "version 3 is under way",
        {"more": lambda age: [NEWER | {"state": "in_progress"}] if age is not None and age >= 30 else []},
        says=("may serve it now or soon",),
    ),
    Row(
        "complete once, before it was under way",
        {"ours": fields(state=states((0, "complete"), (1, "not_started"), (10, "in_progress"), (60, "error")))},
        "failed",
        SLOW_ERROR,
    ),
    Row("no longer listed", {"ours": lambda age: {"state": "in_progress"} if age < 30 else None}, "failed", (50, 70)),
    Row("error for 3 s", {"ours": flapping}, says=("recovered",)),
    Row("error for 3 s, with a rollback", {"ours": flapping}, inputs={"on-failure": "rollback"}),
    Row(
        "new, without a status, and listed as an endpoint",
        {"old": lambda _: None, "whole": lambda doc, _: doc if doc["deployed_models"] else httpx.Response(404)},
        says=("New endpoint",),
        inputs={"model": "orgs/my-org/models/gpt-oss-120b"},
    ),
    Row(
        "no status, and not listed",
        {"whole": lambda _doc, _n: httpx.Response(404), "endpoints": {"endpoints": [{"endpoint_id": "other"}]}},
        "refused",
        (0, 5),
        (),
        says=("other",),
        inputs={"model": "orgs/my-org/models/gpt-oss-120b"},
    ),
    *(
        Row(f"one {status} among good reads", {"whole": lambda doc, n, s=status: httpx.Response(s) if n == 4 else doc})
        for status in (403, 404, 410, 421, 425)
    ),
    Row("404 for good", {"whole": lambda doc, n: httpx.Response(404) if n >= 4 else doc}, "refused", (5, 40)),
]

ROLLING = entry("3", "rolling_out", 30, EPOCH)
OTHERS = [
    Row(
        "version 3 in an unknown word, young",
        {"more": lambda _: [ROLLING]},
        "refused",
        (600, 620),
        (),
        says=("status-words: rolling_out", "`if-busy: queue`"),
    ),
    Row("the same, queued", {"more": lambda _: [ROLLING]}, inputs={"if-busy": "queue"}),
    Row(
        "version 3 in an unknown word, old",
        {
            "more": lambda _: [entry("3", "rolling_out", 2 * 24 * HOUR, EPOCH) | {}],
            "old": lambda old: old | {"created": old["created"] - 3 * 24 * HOUR},
        },
        says=("doesn't block this rollout",),
    ),
    Row("version 2 aborted yesterday", {"more": lambda _: [entry("2", "aborted", 3600, EPOCH)]}),
    Row(
        "version 2 quarantined since yesterday",
        {
            "more": lambda _: [entry("2", "quarantined", 24 * HOUR, EPOCH)],
            "old": lambda old: old | {"created": old["created"] - 48 * HOUR},
        },
        says=("quarantined",),
    ),
    Row(
        "version 2 active since yesterday",
        {
            "more": lambda _: [entry("2", "active", 24 * HOUR, EPOCH)],
            "old": lambda old: old | {"created": old["created"] - 48 * HOUR},
        },
        says=("status-words: active=done",),
    ),
    Row(
        "the same, taught",
        {
            "more": lambda _: [entry("2", "active", 24 * HOUR, EPOCH)],
            "old": lambda old: old | {"created": old["created"] - 48 * HOUR},
        },
        *UNCHANGED,
        inputs={"status-words": "active=done"},
    ),
    Row(
        "409, then accepted",
        {"deploy": lambda reply, n: httpx.Response(409) if n < 2 else reply},
        at=(100, 120),
        deployed=("2", "2", "2"),
    ),
    Row(
        "409 for good",
        {"deploy": lambda *_: httpx.Response(409, content=b'{"detail": "busy with maintenance"}')},
        "refused",
        (40, 80),
        None,
        says=("busy with maintenance",),
    ),
]


def by_alias(reply: Any, ref: str) -> Any:
    return reply | {"name": MODEL.format(ref)}


VERSIONS = [
    Row("the version's name repeats the alias", {"version": by_alias}),
    Row("sync_status unknown, done", {"version": lambda reply, _: reply | {"response": {"sync_status": "mirrored"}}}),
    *(
        Row(
            f"no word for the weights, no done: {name}",
            {"version": lambda reply, _, shown=shown: {"name": reply["name"]} | shown},
        )
        for name, shown in {
            "the name alone": {},
            "no metadata": {"response": None},
            "the word stands elsewhere": {"sync_status": "synced", "response": {"version_aliases": ["production"]}},
        }.items()
    ),
    Row(
        "sync_status unknown, no done",
        {"version": lambda reply, _: {"name": reply["name"], "response": {"sync_status": "mirrored"}}},
        says=("mirrored",),
    ),
    Row(
        "no such version", {"version": lambda *_: httpx.Response(404)}, "refused", (5, 8), (), says=("2 (production)",)
    ),
]

COPIED_END = {"ours": fields(state=HEALTHY, rollout_status=always("error"))}
RELATIVES = [
    Row("a copied error beside the word", COPIED_END, at=later(), inputs={"on-failure": "rollback"}),
    Row(
        "version 2 was rolling back when it was looked at",
        {
            "more": lambda _: [
                entry("2", states((0, "rolling_back"), (20, "complete"))(clock_of["now"]() - EPOCH), 40, EPOCH)
            ]
        },
        at=(75, 95),
    ),
    Row(
        "ROLLBACK_STATE_COMPLETE is not done",
        {"ours": ends("ROLLBACK_STATE_COMPLETE")},
        "timed-out",
        (TIMED_OUT, 1210),
    ),
    Row("not.done is not done", {"ours": ends("not.done")}, "timed-out", (TIMED_OUT, 1210)),
    Row(
        "one cached copy is one look",
        LIVE
        | {
            "whole": lambda doc, _: httpx.Response(
                200, headers={"age": str(int(100 + clock_of["now"]() - EPOCH))}, content=json.dumps(doc).encode()
            )
        },
        "timed-out",
        (TIMED_OUT, 1210),
        (),
    ),
    Row(
        "an operation that failed",
        {"deploy": lambda *_: {"name": "operations/7", "error": {"message": "locked"}}, "ours": always(None)},
        "unreachable",
        (60, 90),
        None,
        says=("locked",),
    ),
    Row(
        "canceled at its last replica, newer",
        LIVE | {"more": lambda _: [entry("3", "cancelled", 600, EPOCH, rollout_replicas_updated=8)]},
    ),
    Row(
        "the id is a number",
        {
            "ours": lambda age: {"state": HEALTHY(age), "id": 7},
            "deploy": lambda reply, _: {"response": reply["response"] | {"deployment_id": 7}},
        },
    ),
    Row(
        "a lost call, and version 3 in flight for a while",
        {
            "deploy": lambda *_: httpx.Response(502),
            "ours": always(None),
            "more": lambda age: [entry("3", "in_progress", -2, EPOCH)] if age and 3 < age < 18 else [],
        },
        "unreachable",
        (20, 40),
    ),
    Row(
        "another organization's form of the model",
        {"ours": lambda age: {"state": HEALTHY(age), "model": MODEL.format(2).replace("my-org", "org-8f2")}},
    ),
    Row(
        "the architecture as a path in the deploy reply",
        {"deploy": lambda reply, _: reply | {"response": reply["response"] | {"model_arch_id": "models/gpt-oss-120b"}}},
    ),
    Row(
        "version 3 is newer, whatever its time says",
        {"ours": ends("error"), "more": lambda age: [entry("3", "in_progress", 30, EPOCH)] if age and age > 30 else []},
        "failed",
        SLOW_ERROR,
        says=("newest deployment is",),
        inputs={"on-failure": "rollback"},
    ),
]

ALL = [*RELATIVES, *WORDS, *ENTRIES, *LOOKS, *IDS, *LISTED, *OTHERS, *VERSIONS]


clock_of: dict[str, Callable[[], float]] = {}  # the clock of the run that is played, for rows that need it


def run(row: Row) -> tuple[Api, Played]:
    there = api(**row.made)
    clock_of["now"] = there.stage.clock.now
    return there, there.stage.play({"timeout": "20m", "poll-interval": "5s"} | row.inputs)


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.about)
def test_a_shape_comes_to_its_result(row: Row) -> None:
    there, played = run(row)

    assert played.result == row.result, played.text
    assert row.at[0] <= played.seconds <= row.at[1], played.text
    if row.deployed is not None:
        assert tuple(there.deployed_versions) == row.deployed
    assert [text for text in row.says if text not in json.loads(json.dumps(played.text))] == [], played.text
    if row.previous:
        assert played.outputs["previous-model"] == MODEL.format(row.previous)


def test_each_shape_is_told_apart_by_its_name() -> None:
    assert len({row.about for row in ALL}) == len(ALL)
