"""What the inference API is asked, and what it replies."""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from cerebras_deploy.api.fields import Count, Reply, Text, type_or_none

ANSWER_TOKENS = 1024  # room for a reasoning model to get to its answer


class Message(NamedTuple):
    """One of the messages of a question. `role` is `system`, `developer`, `user` or `assistant`."""

    role: str
    content: str


_TEXT = {"text", "output_text"}  # types of parts; others, such as reasoning, are no answer


def _text_of(content: object) -> object:
    """Return content that came in parts as one text: those parts that are text."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type", "text") in _TEXT]
    return "".join(part for part in parts if isinstance(part, str))


class Completion(Reply):
    """`POST /v1/chat/completions`: an answer, as far as a smoke test looks at it."""

    class Choice(Reply):
        """One of the answers."""

        class Message(Reply):
            """What was said, if a reasoning model got further than reasoning."""

            content: Annotated[Text, BeforeValidator(_text_of)] = None

        message: Message
        finish_reason: Text = None

    class Usage(Reply):
        """Tokens."""

        total_tokens: Count = None
        completion_tokens: Count = None

    class Times(Reply):
        """Seconds, by the API's own count."""

        completion_time: Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, type_or_none] = None

    choices: tuple[Choice, ...] = Field(min_length=1)
    system_fingerprint: Text = None
    usage: Annotated[Usage | None, type_or_none] = None
    time_info: Annotated[Times | None, type_or_none] = None

    @property
    def text(self) -> str:
        """What was answered. Reasoning is no answer."""
        return self.choices[0].message.content or ""

    @property
    def finish_reason(self) -> str:
        """Why it ended there: `stop`, `length` (it was cut off), or another word; empty if the API does not say."""
        return self.choices[0].finish_reason or ""


class Models(Reply):
    """`GET /v1/models`: that there is a reply is all that is looked at."""
