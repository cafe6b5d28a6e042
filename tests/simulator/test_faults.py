"""Faults as a caller meets them, on a real port; and which request they hit."""

import email.utils
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cerebras_simulator.faults.kinds import KINDS, Fault
from cerebras_simulator.faults.raw_reply import json_reply
from cerebras_simulator.faults.rules import CALLS, Rules, call_of, describe, parse
from cerebras_simulator.server import running
from cerebras_simulator.world.state import DEFAULT_KEY, World
from helpers.servers import hasty
from helpers.virtual import PATIENCE

STATUS = "/management/v1/endpoints/my-org-gpt-oss-120b"
DEPLOY = f"{STATUS}:deployModel"
VERSION_2 = {"model": "orgs/my-org/models/gpt-oss-120b/versions/production"}
HEADERS = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_KEY}"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    world = World(time.time)
    with running(world) as url:
        yield world, url


@pytest.fixture
def world(served: tuple[World, str]) -> Iterator[World]:
    yield served[0]
    served[0].faults.clear()


@pytest.fixture
def api(served: tuple[World, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[1], headers=HEADERS, timeout=PATIENCE) as client:
        yield client


def deployments(world: World) -> int:
    return sum(one.by == "caller" for one in world.deployments)


@pytest.mark.parametrize(
    ("fault", "error", "processed"),
    [
        ("refused", httpx.ReadError, False),
        ("reset", httpx.ReadError, False),
        ("reset-before", httpx.ReadError, False),
        ("reset-after", httpx.ReadError, True),
        ("read-timeout", httpx.ReadTimeout, True),
        ("read-timeout-before", httpx.ReadTimeout, False),
        ("truncated", httpx.RemoteProtocolError, True),
        ("truncated-before", httpx.RemoteProtocolError, False),
        ("drip;pause=60", httpx.ReadTimeout, True),
        ("drip-headers;pause=60", httpx.ReadTimeout, True),
        ("slow;seconds=60", httpx.ReadTimeout, True),
        ("slow-before;seconds=60", httpx.ReadTimeout, False),
    ],
)
def test_a_connection_fails(
    world: World, api: httpx.Client, fault: str, error: type[Exception], *, processed: bool
) -> None:
    before = deployments(world)
    world.faults.add(f"deploy:1={fault}")

    with pytest.raises(error):
        api.post(DEPLOY, json=VERSION_2, extensions=hasty(lambda: deployments(world) - before == processed))

    assert deployments(world) - before == processed
    assert api.get(STATUS).status_code == 200


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504, 520])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_status_is_answered(world: World, api: httpx.Client, status: int, moment: str) -> None:
    before = deployments(world)
    world.faults.add(f"deploy:1={status}-{moment}")

    reply = api.post(DEPLOY, json=VERSION_2)

    assert status == reply.status_code
    assert {"detail", "message"} & set(reply.json())
    assert "retry-after" not in reply.headers
    assert (moment == "after") == deployments(world) - before


@pytest.mark.parametrize(
    ("fault", "start", "body"),
    [
        ("empty", (404, "text/plain; charset=utf-8"), ""),
        ("html", (502, "text/html"), "<!DOCTYPE html>"),
        ("html;status=200", (200, "text/html"), "<h1>200 OK</h1>"),
        ("html;status=520", (520, "text/html"), "<h1>520 Error 520</h1>"),
        ("cloudflare", (403, "text/plain; charset=UTF-8"), "error code: 1010"),
        ("detail-list", (400, "application/json"), '{"detail": [{"loc": ["body", "model"]'),
        ("flat;status=404", (404, "application/json"), '{"message": "Not Found"'),
        ("wrapped", (400, "application/json"), '{"error": {"message": "Bad Request"'),
        ("content-type", (200, "text/plain"), '{"name":"my-org-gpt-oss-120b"'),
        ("body;to=null", (200, "application/json"), "null"),
        ("nested;depth=3", (200, "application/json"), '{"name":{"name":{"name":1}}}'),
    ],
)
def test_another_reply_is_given(world: World, api: httpx.Client, fault: str, start: tuple[int, str], body: str) -> None:
    world.faults.add(f"status:1={fault}")

    reply = api.get(STATUS)

    assert start == (reply.status_code, reply.headers["content-type"])
    assert body in reply.text
    assert reply.headers["cf-ray"]


def test_a_redirect_leads_elsewhere(world: World, api: httpx.Client) -> None:
    world.faults.add("status:1=redirect;status=307")

    reply = api.get(STATUS)

    assert (reply.status_code, reply.headers["location"]) == (307, "https://elsewhere.example/")


def test_a_malformed_reply_is_whole_but_no_json(world: World, api: httpx.Client) -> None:
    world.faults.add("status:1=malformed")

    with pytest.raises(json.JSONDecodeError):
        api.get(STATUS).json()


def test_a_huge_reply_is_json_all_the_same(world: World, api: httpx.Client) -> None:
    world.faults.add("status:1=huge;mb=9")

    reply = api.get(STATUS)

    assert len(reply.content) > 9_000_000
    assert reply.json()["name"] == "my-org-gpt-oss-120b"


@pytest.mark.parametrize("fault", ["drip", "drip-headers"])
def test_a_dripping_reply_arrives_whole_if_one_waits(world: World, api: httpx.Client, fault: str) -> None:
    version = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/2"
    whole = api.get(version).json()
    world.faults.add(f"version:1={fault};pause=0.0001")

    assert api.get(version).json() == whole


def test_a_slow_reply_is_the_same_only_later(world: World, api: httpx.Client) -> None:
    whole = api.get(STATUS).json()
    world.faults.add("status:1=slow;seconds=0.1")
    began = time.monotonic()

    assert api.get(STATUS).json() == whole
    assert time.monotonic() - began > 0.1


def test_in_process_the_answer_says_how_late_it_is() -> None:
    slow = Fault.parse("slow")

    assert slow.mangle(slow.mangle(json_reply(200, {}), 0), 0).delay == 24


@pytest.mark.parametrize(
    ("fault", "edited"),
    [
        ("missing", lambda _: {}),
        ("missing;field=done", lambda reply: {key: reply[key] for key in ("name", "response")}),
        ("null", lambda _: {"name": None, "done": None, "response": None}),
        ("null;field=response", lambda reply: reply | {"response": None}),
        ("types", lambda _: {"name": 7, "done": [False], "response": "text"}),
        ("set;field=done;to=true", lambda reply: reply | {"done": True}),
        ("set;field=name;to=::error::gotcha", lambda reply: reply | {"name": "::error::gotcha"}),
        ("body;to=[]", lambda _: []),
    ],
)
def test_fields_are_changed(
    world: World, api: httpx.Client, fault: str, edited: Callable[[dict[str, Any]], object]
) -> None:
    world.faults.add(f"deploy:1={fault}")

    reply = api.post(DEPLOY, json=VERSION_2).json()

    newest = world.deployments[-1].id
    assert reply == edited({"name": newest, "done": False, "response": reply.get("response") if reply else None})


def test_fields_are_changed_wherever_they_are(world: World, api: httpx.Client) -> None:
    world.faults.add("status:1=missing;field=state,created", "status:2=types;field=state", "status:3=extra")

    missing, types, extra = (api.get(STATUS).json() for _ in range(3))

    assert "created" not in missing
    assert {"state", "created"}.isdisjoint(missing["deployed_models"][0])
    assert types["deployed_models"][0]["state"] == 7
    assert extra["added_later"] == extra["deployed_models"][0]["added_later"]


def test_a_reply_that_is_not_json_has_no_fields_to_change() -> None:
    empty = Fault.parse("empty").mangle(json_reply(200, {}), 0)

    assert Fault.parse("missing").mangle(empty, 0) == empty


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        ("429;retry-after=7", "7"),
        ("503;retry-date=90", email.utils.formatdate(1_750_000_090, usegmt=True)),
        ("429;retry-date=-5", email.utils.formatdate(1_749_999_995, usegmt=True)),
    ],
)
def test_retry_after_is_in_seconds_or_a_date(fault: str, header: str) -> None:
    reply = Fault.parse(fault).mangle(json_reply(200, {}), 1_750_000_000)

    assert dict(reply.headers)["retry-after"] == header


def test_a_clock_that_jumps_dates_later_deployments_back(world: World, api: httpx.Client) -> None:
    world.faults.add("deploy:1=clock;by=-7200", "deploy:2=clock;by=7200")

    before = api.post(DEPLOY, json=VERSION_2).json()["response"]["created"]
    after = api.post(DEPLOY, json=VERSION_2).json()["response"]["created"]

    assert before + 7200 == pytest.approx(after, abs=60)


def test_the_record_shows_what_was_answered_and_what_was_done(world: World, api: httpx.Client) -> None:
    world.faults.add("deploy:1=reset-after", "deploy:2=503", "deploy:3=503-after")
    with pytest.raises(httpx.ReadError):
        api.post(DEPLOY, json=VERSION_2)
    api.post(DEPLOY, json=VERSION_2)
    api.post(DEPLOY, json=VERSION_2)

    assert [(one.status, one.changed) for one in world.requests[-3:]] == [(0, True), (503, False), (503, True)]


def test_faults_are_added_and_cleared_on_a_running_simulator(world: World, api: httpx.Client) -> None:
    added = api.post("/_simulator/faults", json=["status:1=503", "away:0..60=429"])
    seen = [api.get(STATUS).status_code, api.get(STATUS).status_code]
    listed = api.get("/_simulator/faults")
    cleared = api.delete("/_simulator/faults")

    assert added.json() == listed.json() == ["status:1=503", "away:0..60=429"]
    assert (seen, cleared.json(), world.faults.rules) == ([503, 429], [], [])
    assert api.get(STATUS).status_code == 200


def test_a_rule_that_is_wrong_adds_nothing(world: World, api: httpx.Client) -> None:
    reply = api.post("/_simulator/faults", json=["status:1=503", "status:2=oops"])

    assert reply.status_code == 400
    assert reply.json()["detail"].startswith("no fault 'oops'; there are: an HTTP status, refused, reset")
    assert world.faults.rules == []


def hits(rule: str, calls: str) -> list[int]:
    """Tell which of these calls (d: deploy, s: status) a rule hits."""
    rules = Rules(lambda: 0)
    rules.add(rule)
    names = {"d": "deploy", "s": "status"}
    return [number for number, call in enumerate(calls, 1) if rules.next(names[call])]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("status:1=503", [1]),
        ("status:2=503", [3]),
        ("status:2-3=503", [3, 4]),
        ("status:2-=503", [3, 4, 6]),
        ("status:*=503", [1, 3, 4, 6]),
        ("deploy:2=503", [5]),
        ("*:4=503", [4]),
        ("*:*=503", [1, 2, 3, 4, 5, 6]),
        ("away:0..1=503", [1, 2, 3, 4, 5, 6]),
        ("away:1..2=503", []),
        ("away:deploy+0..1=503", [2, 3, 4, 5, 6]),
        ("status:0..1=503", [1, 3, 4, 6]),
        ("*:0..1=503", [1, 2, 3, 4, 5, 6]),
        ("status:deploy+0..1=503", [3, 4, 6]),
    ],
)
def test_a_rule_counts_requests_of_its_call(rule: str, expected: list[int]) -> None:
    assert hits(rule, "sdssds") == expected


def test_of_several_rules_the_first_wins_and_all_of_them_count() -> None:
    rules = Rules(lambda: 0)
    rules.add("*:1-2=500", "status:1-3=501", "status:4=502")

    found = [rules.next("status") for _ in range(5)]

    assert [fault and fault.kind for fault in found] == ["500", "500", "501", "502", None]


def test_a_window_of_time_begins_when_it_is_added_or_with_the_deploy_call() -> None:
    now = [100.0]
    rules = Rules(lambda: now[0])
    rules.add("away:20..80", "away:deploy+5..10=503")
    seen = {}
    for now[0], call in [(119, "status"), (120, "status"), (179.9, "status"), (180, "status"), (200, "deploy")]:
        seen[now[0]] = rules.next(call)
    for now[0] in (204, 205, 210):
        seen[now[0]] = rules.next("status")

    assert {at: fault.kind for at, fault in seen.items() if fault} == {120: "refused", 179.9: "refused", 205: "503"}


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("deploy=503", "not of the form CALL:WHICH=FAULT or away:FROM..TO: 'deploy=503'"),
        ("upload:1=503", "not of the form CALL:WHICH=FAULT or away:FROM..TO: 'upload:1=503'"),
        ("away:1=503", "not of the form CALL:WHICH=FAULT or away:FROM..TO: 'away:1=503'"),
        ("deploy:1", "no fault ''; there are: an HTTP status, refused, reset"),
        ("deploy:1=200", "no fault '200'"),
        ("deploy:1=429;after=7", "429 takes no 'after', but retry-after, retry-date"),
        ("deploy:1=reset;by=7", "reset takes no 'by', but nothing"),
        ("deploy:1=huge;mb=many", "mb of huge is not a number: 'many'"),
        ("status:0=503", "requests are counted from 1: 'status:0=503'"),
        ("*:0-3=503", "requests are counted from 1: '*:0-3=503'"),
        ("status:9-3=503", "the range 9-3 ends before it starts: 'status:9-3=503'"),
        ("away:60..60=503", "the window 60..60 ends before it starts: 'away:60..60=503'"),
        ("chat:deploy+9..3=503", "the window deploy+9..3 ends before it starts"),
        ("chat:0..60", "no fault ''; there are: an HTTP status"),
        ("chat:*=slow;seconds=-1", "seconds of slow is a number from 0 on, not -1"),
        ("chat:*=slow;seconds=nan", "seconds of slow is a number from 0 on, not nan"),
        ("chat:*=drip;pause=inf", "pause of drip is a number from 0 on, not inf"),
        ("chat:*=html;status=99", "status of html is an HTTP status from 200 to 599, not 99"),
    ],
)
def test_a_rule_that_is_wrong_is_told_why(rule: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the sentence is compared below
        parse(rule)

    assert str(caught.value).startswith(complaint)


def test_every_kind_of_fault_and_every_call_is_described() -> None:
    text = describe()

    assert all(f"  {kind}  " in text or f"  {kind} " in text for kind in KINDS)
    assert all(call in text for call in CALLS)
    assert max(map(len, text.splitlines())) <= 115


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", DEPLOY, "deploy"),
        ("GET", STATUS, "status"),
        ("GET", "/management/v1/orgs/o/models/m/versions/1", "version"),
        ("PATCH", "/management/v1/orgs/o/models/m/versions/1", "aliases"),
        ("GET", "/management/v1/orgs/o/models/m/versions", "versions"),
        ("POST", "/v1/chat/completions", "chat"),
        ("GET", "/v1/models", "models"),
        ("GET", "/management/v1/orgs/o/models", "architectures"),
        ("GET", "/management/v1/orgs/o/endpoints", "endpoints"),
        ("DELETE", STATUS, None),
        ("GET", "/elsewhere", None),
    ],
)
def test_requests_are_known_by_their_call(method: str, path: str, call: str | None) -> None:
    assert call_of(method, path) == call
