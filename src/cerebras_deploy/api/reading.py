"""How a successful reply is read: its JSON, and what it must have."""

import re
from codecs import BOM_UTF8
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.error_body import message_in
from cerebras_deploy.api.failures import changed, unreadable
from cerebras_deploy.api.http_dates import unix_time
from cerebras_deploy.api.message import BODY_LIMIT, Answer

R = TypeVar("R", bound=BaseModel)


def read_reply(reply: type[R], answer: Answer) -> R:
    """Read the body of a successful answer as the expected object.

    Raises a `CallError` if it is too long, no JSON, holds an error's message, or lacks what is needed.
    """
    return _dated(_validated(reply, _document(answer), answer), answer)


def _document(answer: Answer) -> object:
    if len(answer.body) > BODY_LIMIT:
        raise unreadable(answer, f"more than {BODY_LIMIT // 1024 // 1024} MiB")
    body = answer.body.removeprefix(BOM_UTF8)
    try:
        document: object = from_json(body)
    except ValueError:
        try:
            document = from_json(_mended(body))
        except ValueError as error:
            raise unreadable(answer, str(error)) from error
    if isinstance(document, dict) and (said := message_in({"error": document.get("error")})):
        raise unreadable(answer, said)
    return document


def _mended(body: bytes) -> str:
    """Return JSON with U+FFFD for what is no character: a text that was cut spoils no other."""
    return _ESCAPE.sub(lambda found: "\\ufffd" if found["half"] else found[0], body.decode("utf-8", "replace"))


# A backslash, or a whole surrogate pair, as JSON escapes it; or half of a pair, alone.
_ESCAPE = re.compile(r"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


def _validated(reply: type[R], document: object, answer: Answer) -> R:
    try:
        return reply.model_validate(document)
    except ValidationError as error:
        if not isinstance(document, dict):
            raise unreadable(answer, "no JSON object") from error
        if said := message_in(document):
            raise unreadable(answer, said) from error
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise changed(answer, f"{where}: {first['msg']}" if where else first["msg"]) from error


def _dated(result: R, answer: Answer) -> R:
    """Return an endpoint's status with the server's time, and with its age if it came from a cache."""
    if not isinstance(result, Endpoint):
        return result
    age = answer.headers.get("age", "")
    seconds = float(age) if age.isascii() and age.isdigit() and len(age) < 9 else 0.0  # noqa: PLR2004 - 3 years
    return result.model_copy(update={"date": unix_time(answer.headers.get("date", "")), "age": seconds})
