"""What an answer looks like, and how long it takes: pure functions of what a version says and of what was asked."""

import json
from typing import Final, Literal

from cerebras_simulator.api import chat
from cerebras_simulator.api.chat_request import ChatCompletionRequest
from cerebras_simulator.world.inference import Inference

#: Tokens of an answer that is all reasoning.
TOKENS: Final = 256
QUEUE_TIME, PROMPT_TIME = 0.01, 0.02

Reason = Literal["stop", "length", "tool_calls"]
Said = tuple[chat.CompletionMessage, Reason, int]


def said(asked: ChatCompletionRequest, good: str, inference: Inference) -> Said:
    """Give the message, why it ended, and its tokens, which are words; `good` is what a good version says."""
    own = inference.to(asked.question)
    if inference.empty and own is None:
        reasoning = "The user wants an answer. Let me think about it, and about"
        tokens = asked.limit or TOKENS
        return chat.CompletionMessage(role="assistant", content=None, reasoning=reasoning), "length", tokens
    if asked.called:
        return _call(asked.called)
    return _text(asked, next(text for text in (own, inference.says, good) if text is not None))


def time_info(inference: Inference, tokens: int) -> chat.TimeInfo:
    """Tell how long it took, in seconds: until it began, and to write it."""
    if inference.tokens_per_second is None:
        prompt_time, completion_time = PROMPT_TIME, round(max(inference.seconds - QUEUE_TIME - PROMPT_TIME, 0), 3)
        total_time = inference.seconds
    else:
        prompt_time = round(max(inference.seconds - QUEUE_TIME, 0), 3)
        completion_time = tokens / inference.tokens_per_second
        total_time = inference.seconds + completion_time
    return chat.TimeInfo(
        queue_time=QUEUE_TIME, prompt_time=prompt_time, completion_time=completion_time, total_time=total_time
    )


def _call(function: str) -> Said:
    called = chat.ToolCall(
        id=f"call_{function}", type="function", function=chat.FunctionCall(name=function, arguments="{}")
    )
    return chat.CompletionMessage(role="assistant", content=None, tool_calls=[called]), "tool_calls", 1


def _text(asked: ChatCompletionRequest, text: str) -> Said:
    if asked.response_format and asked.response_format.type != "text" and not _is_json_object(text):
        text = json.dumps({"answer": text})
    stops = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    text = text[: min((text.find(stop) for stop in stops if stop and stop in text), default=len(text))]
    words = text.split()
    if asked.limit and len(words) > asked.limit:
        cut = " ".join(words[: asked.limit])
        return chat.CompletionMessage(role="assistant", content=cut), "length", asked.limit
    return chat.CompletionMessage(role="assistant", content=text), "stop", len(words)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
