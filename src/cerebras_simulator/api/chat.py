"""The inference API's JSON: of chat completions and models, what a smoke test needs.

Sources: the public documentation of chat completions and the official SDK's types. A field of a request that is not
here is refused, as the API refuses those that it does not know.
"""

from typing import Literal

from pydantic import ConfigDict, Field, field_validator

from cerebras_simulator.api.schemas import Schema, UnixSeconds


class ChatMessage(Schema):
    """What is said to the model."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str


class ChatCompletionRequest(Schema):
    """What to answer, and how; the simulator looks at model, messages and limit only."""

    model_config = ConfigDict(strict=True)

    model: str = Field(description="The endpoint's id.", examples=["my-org-gpt-oss-120b"])
    messages: list[ChatMessage] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1, description="Tokens of reasoning included.")
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop: str | list[str] | None = None
    reasoning_effort: Literal["low", "medium", "high"] | None = None
    stream: bool | None = Field(None, description="Not simulated: true is refused.")
    user: str | None = None

    @field_validator("stream")
    @classmethod
    def _comes_at_once(cls, stream: bool | None) -> bool | None:  # noqa: FBT001  # a field is what it is
        if stream:
            raise ValueError("the simulator does not stream")
        return stream


class CompletionMessage(Schema):
    """What the model says; reasoning models may have nothing to say but their reasoning."""

    role: Literal["assistant"]
    content: str | None
    reasoning: str | None = None


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
