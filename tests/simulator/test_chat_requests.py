"""What chat completions take, as the real API does, and what it changes in the answer."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cerebras_simulator.world.state import DEFAULT_INFERENCE_KEY, World
from helpers.stage import AppTransport
from helpers.virtual import VirtualClock

HELLO = [{"role": "user", "content": "Hello out there!"}]
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object"}, "strict": True},
}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}}}
SAID = "Hello from gpt-oss-120b version 1."


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    clock = VirtualClock()
    headers = {"user-agent": "a-test/1", "authorization": f"Bearer {DEFAULT_INFERENCE_KEY}"}
    transport = AppTransport(World(clock.now), clock)
    with httpx.Client(base_url="http://simulator", headers=headers, transport=transport) as opened:
        yield opened


def ask(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json={"model": "my-org-gpt-oss-120b", "messages": HELLO} | body)


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens": 100},
        {"max_completion_tokens": 100},
        {"temperature": 0, "top_p": 1, "seed": 42, "user": "me"},
        {"stop": ["\n", "END"]},
        {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": False},
        {"tools": [WEATHER], "tool_choice": "none"},
        {"response_format": {"type": "text"}},
        {"reasoning_effort": "low", "reasoning_format": "parsed", "disable_reasoning": False, "clear_thinking": True},
        {"logprobs": True, "top_logprobs": 5},
        {"prediction": {"type": "content", "content": "Hello"}, "service_tier": "auto", "prompt_cache_key": "k"},
        {"stream": False, "stream_options": None},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                *HELLO,
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function"}]},
                {"role": "tool", "content": "20 degrees", "tool_call_id": "c"},
            ]
        },
    ],
)
def test_what_the_api_takes_it_takes(client: httpx.Client, body: dict[str, Any]) -> None:
    reply = ask(client, **body)

    assert reply.status_code == 200, reply.text
    choice = reply.json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (SAID, "stop")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_that_is_too_long_is_cut_off(client: httpx.Client, name: str) -> None:
    answer = ask(client, **{name: 2}).json()

    assert answer["choices"][0]["message"]["content"] == "Hello from"
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 2


@pytest.mark.parametrize(
    ("stop", "said"), [(" version", "Hello from gpt-oss-120b"), (["1", "gpt", "zz"], "Hello from ")]
)
def test_an_answer_ends_where_it_is_to_stop(client: httpx.Client, stop: object, said: str) -> None:
    choice = ask(client, stop=stop).json()["choices"][0]

    assert (choice["message"]["content"], choice["finish_reason"]) == (said, "stop")


@pytest.mark.parametrize("form", [{"type": "json_object"}, SCHEMA])
def test_an_answer_in_json_is_json(client: httpx.Client, form: object) -> None:
    said = ask(client, response_format=form).json()["choices"][0]["message"]["content"]

    assert json.loads(said) == {"answer": SAID}


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_function_that_must_be_called_is_called(client: httpx.Client, choice: object) -> None:
    answered = ask(client, tools=[WEATHER], tool_choice=choice).json()["choices"][0]

    assert (answered["message"]["content"], answered["finish_reason"]) == (None, "tool_calls")
    assert answered["message"]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": "{}"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"tool_choice": "required"}, "tool_choice: Value error, there are no tools"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "tool_choice: Value error, it is not in tools",
        ),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Value error, only the assistant may have said nothing"),
        ({"frequency_penalty": 1}, "frequency_penalty: property 'frequency_penalty' is unsupported"),
    ],
)
def test_what_the_api_refuses_it_refuses(client: httpx.Client, body: dict[str, Any], message: str) -> None:
    reply = ask(client, **body)

    assert (reply.status_code, reply.json()["message"]) == (400, message)
