"""The simulator's answers: which version gives them, how, and the errors instead."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cerebras_simulator.server import running
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, DEFAULT_KEY, World
from helpers.repository import document
from helpers.servers import hasty
from helpers.stage import AppTransport
from helpers.virtual import PATIENCE, VirtualClock

ENDPOINT = "my-org-gpt-oss-120b"
VERSION_1 = VersionName("my-org", "gpt-oss-120b", "1")
VERSION_2 = VersionName("my-org", "gpt-oss-120b", "2")
HELLO = [{"role": "user", "content": "Hello out there!"}]
PATH = "/v1/chat/completions"
SEEN_LIVE = {error["about"]: error for error in document("errors")}


@dataclass
class Asker:
    """A world, its clock, and a client with the inference key."""

    world: World
    clock: VirtualClock
    client: httpx.Client

    def ask(self, **body: Any) -> httpx.Response:
        return self.client.post(PATH, json={"model": ENDPOINT, "messages": HELLO} | body)

    def roll_out(self, version: VersionName = VERSION_2, seconds: float = 300) -> None:
        self.world.deploy(ENDPOINT, version)
        self.clock.time += seconds


Asking = Callable[..., Asker]


@pytest.fixture
def asking() -> Iterator[Asking]:
    """Open a world with these options; on a port, where answers take their time, or on a virtual clock."""
    with ExitStack() as stack:

        def opened(*, port: bool = False, **options: Any) -> Asker:
            clock = VirtualClock()
            world = World(clock.now, **options)
            transport = None if port else AppTransport(world, clock)
            url = stack.enter_context(running(world)) if port else "http://simulator"
            headers = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_INFERENCE_KEY}"}
            client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, transport=transport)
            return Asker(world, clock, stack.enter_context(client))

        yield opened


def content(reply: httpx.Response) -> Any:
    return reply.json()["choices"][0]["message"]["content"]


def test_an_answer_has_what_is_documented_and_tells_its_version(asking: Asking) -> None:
    asker = asking()
    asked = asker.clock.time

    answer = asker.ask().json()

    assert answer.pop("id").startswith("chatcmpl-")
    assert re.fullmatch(r"fp_[0-9a-f]{20}-v1-blue", answer.pop("system_fingerprint"))
    assert answer == {
        "object": "chat.completion",
        "created": asked,
        "model": ENDPOINT,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello from gpt-oss-120b version 1."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        "time_info": {"queue_time": 0.01, "prompt_time": 0.02, "completion_time": 0.22, "total_time": 0.25},
    }


def test_after_a_rollout_the_new_version_answers_with_a_fingerprint_of_its_own(asking: Asking) -> None:
    asker = asking()
    before = asker.ask().json()
    asker.roll_out()
    after = asker.ask().json()

    assert after["choices"][0]["message"]["content"] == "Hello from gpt-oss-120b version 2."
    assert after["system_fingerprint"].endswith("-v2-green")
    assert before["system_fingerprint"][:23] != after["system_fingerprint"][:23]
    assert before["id"] != after["id"]


def test_a_version_without_a_suffix_has_a_plain_fingerprint(asking: Asking) -> None:
    asker = asking()
    asker.roll_out(VersionName("my-org", "gpt-oss-120b", "candidate"))

    assert re.fullmatch("fp_[0-9a-f]{20}", asker.ask().json()["system_fingerprint"])


@pytest.mark.parametrize(
    ("scenario", "seconds", "told"),
    [
        ("healthy", 14, "11111111"),
        ("healthy", 107, "21211212"),
        ("healthy", 205, "22222222"),
        ("rollout-error", 200, "21211211"),
        ("rolls-back", 200, "11111111"),
    ],
)
def test_old_and_new_replicas_take_turns(scenario: str, seconds: float, told: str) -> None:
    clock = VirtualClock()
    world = World(clock.now, scenario=scenario)
    world.deploy(ENDPOINT, VERSION_2)
    clock.time += seconds

    answering = [world.answering(ENDPOINT) for _ in told]

    assert "".join(str(one[0].version) for one in answering if one) == told


def test_an_endpoint_that_serves_nothing_yet_is_not_ready(asking: Asking) -> None:
    asker = asking(scenario="first-deployment")
    nothing = asker.ask()
    asker.roll_out(seconds=107)
    partly = [content(asker.ask()) for _ in range(8)]

    assert (nothing.status_code, nothing.json()["code"]) == (503, "service_unavailable")
    assert set(partly) == {"Hello from gpt-oss-120b version 2."}


def test_what_good_versions_say_can_be_chosen(asking: Asking) -> None:
    assert content(asking(answer='{"ok": "{version}"}').ask()) == '{"ok": "1"}'


@pytest.mark.parametrize(
    ("key", "about"), [("", "no Authorization header"), (f"Bearer {DEFAULT_KEY}", "a key that is not known")]
)
def test_the_inference_api_has_a_key_of_its_own(asking: Asking, key: str, about: str) -> None:
    asker = asking()
    asker.client.headers["authorization"] = key

    reply = asker.ask()

    assert (SEEN_LIVE[about]["status"], SEEN_LIVE[about]["body"]) == (reply.status_code, reply.text)


def test_the_inference_key_is_not_known_to_the_management_api(asking: Asking) -> None:
    reply = asking().client.get(f"/management/v1/endpoints/{ENDPOINT}")

    assert (reply.status_code, reply.json()["code"]) == (401, "wrong_api_key")


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"model": "my-org-nothing"}, "a model that does not exist or is not one's own"),
        ({"store": True}, "an unsupported property, since April 2026 as 400"),
    ],
)
def test_errors_are_those_seen_live(asking: Asking, body: dict[str, Any], about: str) -> None:
    reply = asking().ask(**body)

    assert (SEEN_LIVE[about]["status"], SEEN_LIVE[about]["body"]) == (reply.status_code, reply.text)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": None}, "model: Input should be a valid string"),
        ({"messages": []}, "messages: List should have at least 1 item after validation, not 0"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content.str: Input should be a valid string"),
        ({"stream": True}, "stream: Value error, the simulator does not stream"),
        ({"temperature": 3}, "temperature: Input should be less than or equal to 2"),
    ],
)
def test_a_malformed_question_is_refused_flatly(asking: Asking, body: dict[str, Any], message: str) -> None:
    reply = asking().ask(**body)

    assert (400, message, "wrong_api_format") == (reply.status_code, reply.json()["message"], reply.json()["code"])


@pytest.mark.parametrize("scenario", ["wrong-answer", "rollback-fails"])
def test_a_bad_version_answers_nonsense_and_the_old_one_does_not(asking: Asking, scenario: str) -> None:
    asker = asking(scenario=scenario)
    before = asker.ask()
    asker.roll_out()

    assert "Hello" in content(before)
    assert not re.search("hello|gpt|version|2", content(asker.ask()))


def test_after_a_rollback_the_old_version_answers_well_again(asking: Asking) -> None:
    asker = asking(scenario="wrong-answer")
    asker.roll_out()
    asker.roll_out(VERSION_1)

    assert content(asker.ask()) == "Hello from gpt-oss-120b version 1."


def test_an_answer_may_be_reasoning_only(asking: Asking) -> None:
    asker = asking(scenario="empty-answer")
    asker.roll_out()

    answer = asker.ask(max_completion_tokens=64).json()

    choice = answer["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (None, "length")
    assert choice["message"]["reasoning"]
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 64, "total_tokens": 67}


@pytest.mark.parametrize(
    ("scenario", "statuses"), [("cold-start", [503, 503, 200, 200]), ("inference-down", [503, 503, 503, 503])]
)
def test_a_new_version_may_answer_with_errors_at_first_or_for_ever(
    asking: Asking, scenario: str, statuses: list[int]
) -> None:
    asker = asking(scenario=scenario)
    before = asker.ask().status_code
    asker.roll_out()

    assert before == 200
    assert [asker.ask().status_code for _ in statuses] == statuses


def test_a_fingerprint_may_lack_the_suffix(asking: Asking) -> None:
    asker = asking(scenario="wrong-fingerprint")
    asker.roll_out()

    assert re.fullmatch("fp_[0-9a-f]{20}", asker.ask().json()["system_fingerprint"])


def test_a_slow_version_takes_its_time_on_a_port(asking: Asking) -> None:
    asker = asking(port=True, scenario="slow-answers")
    asker.roll_out()
    heard = hasty(lambda: any(request.delay for request in asker.world.requests))

    with pytest.raises(httpx.ReadTimeout):
        asker.client.post(PATH, json={"model": ENDPOINT, "messages": HELLO}, extensions=heard)
    assert asker.world.requests[-1].delay == 12


def test_any_answer_takes_some_time(asking: Asking) -> None:
    asker = asking(port=True)
    began = time.monotonic()
    reply = asker.ask().json()

    assert time.monotonic() - began > reply["time_info"]["total_time"] == 0.25
    assert asker.world.requests[-1].delay == 0.25


@pytest.mark.parametrize(
    ("fault", "status"), [("chat:1=404", 404), ("chat:1-3=503", 503), ("chat:*=set;field=content;to=::error::x", 200)]
)
def test_faults_know_the_call(asking: Asking, fault: str, status: int) -> None:
    asker = asking()
    asker.world.faults.add(fault)

    assert asker.ask().status_code == status


def test_endpoints_that_serve_something_are_listed(asking: Asking) -> None:
    listed = asking().client.get("/v1/models").json()

    assert listed["object"] == "list"
    assert ENDPOINT in [model["id"] for model in listed["data"]]
    assert {model["object"] for model in listed["data"]} == {"model"}


def test_the_list_takes_the_inference_key_only(asking: Asking) -> None:
    client = asking().client

    refused = client.get("/v1/models", headers={"authorization": f"Bearer {DEFAULT_KEY}"})

    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_api_key")
