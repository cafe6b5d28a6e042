"""What may be asked of chat completions: all that a smoke test or an evaluation may send.

Sources: the public reference of chat completions, its page on what differs from OpenAI's API, and the types of the
official SDK. A field that is not here is refused, as the API refuses those that it does not know.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from cerebras_simulator.api.schemas import Schema

JsonObject = dict[str, Any]
Tokens = Annotated[int, Field(ge=1)]


class Asked(Schema):
    """Of the documented fields and types, and no others."""

    model_config = ConfigDict(strict=True)


class TextPart(Asked):
    """A piece of what is said."""

    type: Literal["text"]
    text: str


class ChatMessage(Asked):
    """What is said to the model, or was said by it, or by a tool."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = Field(None, validate_default=True)
    name: str | None = None
    reasoning: str | None = None
    tool_calls: list[JsonObject] | None = None
    tool_call_id: str | None = None

    @field_validator("content")
    @classmethod
    def _says_something(cls, content: str | list[TextPart] | None, info: ValidationInfo) -> str | list[TextPart] | None:
        if content is None and info.data.get("role") != "assistant":
            raise ValueError("only the assistant may have said nothing")
        return content

    @property
    def text(self) -> str:
        """Its content as one text."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class ResponseFormat(Asked):
    """Text, or JSON, or JSON by a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonObject | None = None


class FunctionTool(Asked):
    """A function that the model may call."""

    name: str
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class Tool(Asked):
    """A tool that the model may use."""

    type: Literal["function"]
    function: FunctionTool


class FunctionName(Asked):
    """A function, by its name."""

    name: str


class NamedTool(Asked):
    """The tool that the model must use."""

    type: Literal["function"]
    function: FunctionName


class ChatCompletionRequest(Asked):
    """What to answer, and how. Sampling, reasoning and priority change nothing here."""

    model: str = Field(description="The endpoint's id.", examples=["my-org-gpt-oss-120b"])
    messages: list[ChatMessage] = Field(min_length=1)
    max_completion_tokens: Tokens | None = Field(None, description="Tokens of reasoning included.")
    max_tokens: Tokens | None = Field(None, description="The older name of max_completion_tokens.")
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "low", "medium", "high"] | None = None
    reasoning_format: Literal["none", "parsed", "raw", "hidden"] | None = None
    disable_reasoning: bool | None = None
    clear_thinking: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    prediction: JsonObject | None = None
    service_tier: Literal["auto", "default", "flex", "priority"] | None = None
    prompt_cache_key: str | None = None
    stream: bool | None = Field(None, description="Not simulated: true is refused.")
    stream_options: JsonObject | None = None
    user: str | None = None

    @field_validator("stream")
    @classmethod
    def _comes_at_once(cls, stream: bool | None) -> bool | None:  # noqa: FBT001  # a field is what it is
        if stream:
            raise ValueError("the simulator does not stream")
        return stream

    @field_validator("tool_choice")
    @classmethod
    def _is_there(cls, choice: str | NamedTool | None, info: ValidationInfo) -> str | NamedTool | None:
        tools = {tool.function.name for tool in info.data.get("tools") or ()}
        if isinstance(choice, NamedTool) and choice.function.name not in tools:
            raise ValueError("it is not in tools")
        if choice == "required" and not tools:
            raise ValueError("there are no tools")
        return choice

    @property
    def question(self) -> str:
        """What the user has said last."""
        return next((one.text for one in reversed(self.messages) if one.role == "user"), "")

    @property
    def limit(self) -> int | None:
        """How many tokens the answer may have."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def called(self) -> str | None:
        """The function that must be called."""
        if isinstance(self.tool_choice, NamedTool):
            return self.tool_choice.function.name
        return self.tools[0].function.name if self.tools and self.tool_choice == "required" else None
