"""What the inference API is asked, and what it replies."""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from cerebras_deploy.api.fields import Count, Reply, Text, type_or_none

ANSWER_TOKENS = 1024  # room for a reasoning model to get to its answer


class Message(NamedTuple):
    """One of the messages of a question. `role` is `system`, `developer`, `user` or `assistant`."""

    role: str
    content: str


_TEXT = ("text", "output_text")  # types of parts that are the answer
_THOUGHT = ("reasoning", "thinking")  # types of parts that are surely none of it


def _text_of(content: object) -> object:
    """Return content that came as a part, or in parts, as one text: those parts that are text.

    Raises a `ValueError` if there may be an answer, and none of it can be read.
    """
    if content is None or isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    said = [part for part in parts if not (isinstance(part, dict) and part.get("type") in _THOUGHT)]
    texts = [part.get("text") for part in said if isinstance(part, dict) and part.get("type", "text") in _TEXT]
    read = [text for text in texts if isinstance(text, str)]
    if said and not read:
        raise ValueError("neither text, nor parts of which at least one is text")
    return "".join(read)


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

    @property
    def was_cut_off(self) -> bool:
        """Whether the API says that something else than the model ended it, or what is not known."""
        return self.finish_reason not in {"", "stop"}


class Models(Reply):
    """`GET /v1/models`: that there is a reply is all that is looked at."""
