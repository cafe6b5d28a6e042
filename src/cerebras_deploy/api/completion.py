"""The inference API's answer to a question."""

from typing import Annotated

from pydantic import Field

from cerebras_deploy.api.fields import Count, Reply, Text, type_or_none


class Completion(Reply):
    """`POST /v1/chat/completions`: an answer, as far as a smoke test looks at it."""

    class Choice(Reply):
        """One of the answers."""

        class Message(Reply):
            """What was said; a reasoning model may have got no further than reasoning."""

            content: Text = None
            reasoning: Text = None

        message: Message

    class Usage(Reply):
        """Tokens."""

        total_tokens: Count = None
        completion_tokens: Count = None

    class Times(Reply):
        """Seconds, by the API's own count."""

        completion_time: Annotated[float | None, type_or_none] = None

    choices: tuple[Choice, ...] = Field(min_length=1)
    system_fingerprint: Text = None
    usage: Annotated[Usage | None, type_or_none] = None
    time_info: Annotated[Times | None, type_or_none] = None

    @property
    def text(self) -> str:
        """What was answered; the reasoning, if there is nothing else."""
        message = self.choices[0].message
        return message.content or message.reasoning or ""
