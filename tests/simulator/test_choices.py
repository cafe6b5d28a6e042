"""How versions answer if one chooses: answers by question, latency, rate, and errors for a while."""

from typing import Any

import httpx
import pytest

from cerebras_simulator.world.inference import Answer, Choice, Inference, chosen
from cerebras_simulator.world.rollouts import VersionName
from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, World
from helpers.stage import AppTransport
from helpers.virtual import VirtualClock

ENDPOINT = "my-org-gpt-oss-120b"


class Asker:
    """A world with these options, on a virtual clock, and the means to ask it."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock.now, **options)
        self.client = httpx.Client(
            base_url="http://simulator",
            headers={"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_INFERENCE_KEY}"},
            transport=AppTransport(self.world, self.clock),
        )

    def roll_out(self, version: int = 2) -> None:
        self.world.deploy(ENDPOINT, VersionName("my-org", "gpt-oss-120b", str(version)))
        self.clock.time += 202

    def ask(self, question: str = "Hello?") -> httpx.Response:
        asked = {"model": ENDPOINT, "messages": [{"role": "user", "content": question}]}
        return self.client.post("/v1/chat/completions", json=asked)

    def answer(self, question: str) -> str:
        return str(self.ask(question).json()["choices"][0]["message"]["content"])


def test_a_question_may_have_an_answer_of_its_own() -> None:
    asker = Asker(choices=[Answer("capital of France", "Paris."), Answer("capital", "No idea.")])

    assert asker.answer("What is the CAPITAL OF FRANCE, please?") == "Paris."
    assert asker.answer("What is the capital of Peru?") == "No idea."
    assert asker.answer("What is 2 + 2?") == "Hello from gpt-oss-120b version 1."


def test_a_version_may_answer_a_question_in_its_own_way() -> None:
    asker = Asker(choices=[Answer("capital", "Lyon.", version=2), Answer("capital", "Paris.")])
    before = asker.answer("The capital?")
    asker.roll_out()

    assert (before, asker.answer("The capital?")) == ("Paris.", "Lyon.")


@pytest.mark.parametrize("scenario", ["wrong-answer", "empty-answer"])
def test_a_bad_version_stays_bad_unless_it_is_named(scenario: str) -> None:
    general, named = (
        Asker(scenario=scenario, choices=[Answer("capital", "Paris.")]),
        Asker(scenario=scenario, choices=[Answer("capital", "Paris.", version=2)]),
    )
    general.roll_out()
    named.roll_out()

    assert general.answer("The capital?") != "Paris."
    assert named.answer("The capital?") == "Paris."


def test_a_version_may_be_slow_to_begin_and_to_write() -> None:
    choices = [Choice("seconds", 1.5, version=2), Choice("tokens_per_second", 10, version=2), Choice("seconds", 0.1)]
    asker = Asker(choices=choices)
    before = asker.ask().json()["time_info"]
    asker.roll_out()
    began = asker.clock.time
    after = asker.ask().json()

    assert before["total_time"] == 0.1
    assert after["usage"]["completion_tokens"] == 5
    assert after["time_info"] == {"queue_time": 0.01, "prompt_time": 1.49, "completion_time": 0.5, "total_time": 2.0}
    assert asker.clock.time - began == 2.0


def test_a_version_may_answer_with_errors_for_a_while_after_its_rollout() -> None:
    asker = Asker(choices=[Choice("down_for", 30, version=2)])
    statuses = [asker.ask().status_code]
    asker.world.deploy(ENDPOINT, VersionName("my-org", "gpt-oss-120b", "2"))
    for seconds in (201, 30, 2):
        asker.clock.time += seconds
        statuses.append(asker.ask().status_code)

    assert statuses == [200, 503, 503, 200]
    assert asker.client.get("/v1/models").status_code == 200


def test_all_versions_may_answer_with_errors_and_the_inference_api_be_well() -> None:
    asker = Asker(choices=[Choice("down_for", 30)])
    asker.roll_out()

    assert asker.ask().status_code == 503
    assert ENDPOINT in [model["id"] for model in asker.client.get("/v1/models").json()["data"]]


def test_what_is_chosen_for_one_version_outweighs_what_is_chosen_for_all() -> None:
    both = [
        Choice("seconds", 3, version=2),
        Choice("seconds", 1),
        Choice("seconds", 7),
        Choice("seconds", 8, version=2),
    ]

    assert [chosen(Inference(), version, both).seconds for version in (1, 2)] == [1, 3]
    assert [chosen(Inference(), version, both[::-1]).seconds for version in (1, 2)] == [7, 8]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2=1.5", Choice("seconds", 1.5, 2)),
        ("0.25", Choice("seconds", 0.25)),
        ("12=3", Choice("seconds", 3, 12)),
    ],
)
def test_a_figure_is_for_all_versions_or_for_one(text: str, read: Choice) -> None:
    assert Choice.parse("seconds", text) == read


@pytest.mark.parametrize("text", ["", "v2=1", "2=", "=1", "-1", "nan", "inf", "2=1=1", "1e3", "0=1"])
def test_a_figure_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form NUMBER or VERSION=NUMBER"):
        Choice.parse("seconds", text)


def test_nothing_is_written_at_no_speed() -> None:
    with pytest.raises(ValueError, match="not of the form"):
        Choice.parse("tokens_per_second", "0")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("capital=Paris", Answer("capital", "Paris")),
        ("2:capital=a = b", Answer("capital", "a = b", 2)),
        ("note: what=this", Answer("note: what", "this")),
        ("capital=", Answer("capital", "")),
    ],
)
def test_an_answer_is_for_all_versions_or_for_one(text: str, read: Answer) -> None:
    assert Answer.parse(text) == read


@pytest.mark.parametrize("text", ["", "capital", "=Paris", "2:=Paris"])
def test_an_answer_without_a_question_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form QUESTION=TEXT or VERSION:QUESTION=TEXT"):
        Answer.parse(text)
