"""What chat completions and the list of models reply.

Sources: the public documentation of chat completions and the official SDK's types.
"""

from typing import Literal

from pydantic import Field

from cerebras_simulator.api.schemas import Schema, UnixSeconds


class FunctionCall(Schema):
    """The function that the model wants to be called, and with what, as JSON."""

    name: str
    arguments: str


class ToolCall(Schema):
    """A tool that the model wants to use."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class CompletionMessage(Schema):
    """What the model says; reasoning models may have nothing to say but their reasoning."""

    role: Literal["assistant"]
    content: str | None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(Schema):
    """One answer, and why it ended."""

    index: int
    message: CompletionMessage
    finish_reason: Literal["stop", "length", "content_filter", "tool_calls"]


class Usage(Schema):
    """How many tokens it took; the simulator counts words."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TimeInfo(Schema):
    """How long it took, in seconds."""

    queue_time: float
    prompt_time: float
    completion_time: float
    total_time: float
    created: float | None = None


class ChatCompletion(Schema):
    """The answer, with a fingerprint of what answered."""

    id: str
    object: Literal["chat.completion"]
    created: UnixSeconds
    model: str
    system_fingerprint: str
    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None
    time_info: TimeInfo | None = None


class Model(Schema):
    """What can be asked: for a dedicated endpoint, the endpoint's id."""

    id: str
    object: Literal["model"]
    created: UnixSeconds
    owned_by: str


class ModelList(Schema):
    """All that can be asked with a key."""

    object: Literal["list"]
    data: list[Model]
