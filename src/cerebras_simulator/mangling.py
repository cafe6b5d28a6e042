"""Replies gone wrong: pure functions from the reply that the API would give to the one that a caller gets."""

import http
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Final

from . import editing
from .answers import Answer, answer, json_answer
from .schemas import WRONG_API_KEY, FlatError

#: Parameters of a fault by name; their types are those of the kind's defaults.
Parameters = Mapping[str, Any]

MEGABYTE: Final = 2**20
PAGE: Final = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
QUEUE_EXCEEDED: Final = FlatError(
    message="We're experiencing high traffic right now! Please try again soon.",
    type="too_many_requests_error",
    param="queue",
    code="queue_exceeded",
)
FIELD_REQUIRED: Final = {"detail": [{"loc": ["body", "model"], "msg": "Field required", "type": "missing"}]}


Alter = Callable[[Answer, Parameters], Answer]


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return f"Error {status}"


def _status(status: int, parameters: Parameters, now: float) -> Answer:
    """Answer with a status, and with the body that is seen or to be expected with it."""
    bodies: dict[int, object] = {
        401: WRONG_API_KEY.model_dump(),
        403: {"detail": "Not authenticated"},
        422: FIELD_REQUIRED,
        429: QUEUE_EXCEEDED.model_dump(),
    }
    body = bodies.get(status, {"detail": _phrase(status)})
    return json_answer(status, body, *_retry_after(parameters, now))


def _retry_after(parameters: Parameters, now: float) -> tuple[tuple[str, str], ...]:
    if parameters["retry_after"]:
        return (("retry-after", parameters["retry_after"]),)
    if parameters["retry_date"]:
        return (("retry-after", formatdate(now + float(parameters["retry_date"]), usegmt=True)),)
    return ()


def _detail_list(_: Answer, parameters: Parameters) -> Answer:
    return json_answer(parameters["status"], FIELD_REQUIRED)


def _flat_body(status: int) -> dict[str, Any]:
    flat = FlatError(message=_phrase(status), type="invalid_request_error", param="model", code="wrong_api_format")
    return flat.model_dump()


def _flat(_: Answer, parameters: Parameters) -> Answer:
    return json_answer(parameters["status"], _flat_body(parameters["status"]))


def _wrapped(_: Answer, parameters: Parameters) -> Answer:
    return json_answer(parameters["status"], {"error": _flat_body(parameters["status"])})


def _empty(_: Answer, parameters: Parameters) -> Answer:
    return answer(parameters["status"], (("content-type", "text/plain; charset=utf-8"),), b"")


def _html(_: Answer, parameters: Parameters) -> Answer:
    page = PAGE.format(f"{parameters['status']} {_phrase(parameters['status'])}")
    return answer(parameters["status"], (("content-type", "text/html"),), page.encode())


def _cloudflare(_: Answer, parameters: Parameters) -> Answer:
    headers = (("content-type", "text/plain; charset=UTF-8"), ("server", "cloudflare"))
    return answer(403, headers, f"error code: {parameters['code']}".encode())


def _redirect(reply: Answer, parameters: Parameters) -> Answer:
    return replace(reply, status=parameters["status"], headers=(("location", parameters["to"]),), chunks=(), declared=0)


def _content_type(reply: Answer, parameters: Parameters) -> Answer:
    return replace(reply, headers=(("content-type", parameters["to"]),))


def _truncated(reply: Answer, _: Parameters) -> Answer:
    body = reply.body
    return replace(reply, chunks=(body[: len(body) // 2],), declared=len(body))


def _malformed(reply: Answer, _: Parameters) -> Answer:
    return answer(reply.status, reply.headers, reply.body[:-1] + b",")


def _body(reply: Answer, parameters: Parameters) -> Answer:
    return answer(reply.status, reply.headers, parameters["to"].encode())


def _nested(reply: Answer, parameters: Parameters) -> Answer:
    depth = parameters["depth"]
    return answer(reply.status, reply.headers, b'{"name":' * depth + b"1" + b"}" * depth)


def _huge(reply: Answer, parameters: Parameters) -> Answer:
    spaces = (b" " * MEGABYTE,) * parameters["mb"]
    return replace(reply, chunks=(reply.body, *spaces), declared=None)


def _drip(reply: Answer, parameters: Parameters) -> Answer:
    return replace(reply, pause=parameters["pause"])


def _drip_headers(reply: Answer, parameters: Parameters) -> Answer:
    return replace(reply, pause=parameters["pause"], slow_head=True)


def _slow(reply: Answer, parameters: Parameters) -> Answer:
    return replace(reply, delay=reply.delay + parameters["seconds"])


def _edited(edit: Callable[[Any, Parameters], Any]) -> Alter:
    """Alter the value that a JSON reply carries."""

    def alter(reply: Answer, parameters: Parameters) -> Answer:
        try:
            value = json.loads(reply.body)
        except ValueError:  # an error without a body stays as it is
            return reply
        return answer(reply.status, reply.headers, json.dumps(edit(value, parameters)).encode())

    return alter


#: The alterations that the catalogue of faults names.
ALTERATIONS: Final[Mapping[str, Alter]] = {
    "detail-list": _detail_list,
    "flat": _flat,
    "wrapped": _wrapped,
    "empty": _empty,
    "html": _html,
    "cloudflare": _cloudflare,
    "redirect": _redirect,
    "content-type": _content_type,
    "truncated": _truncated,
    "malformed": _malformed,
    "body": _body,
    "nested": _nested,
    "huge": _huge,
    "slow": _slow,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "missing": _edited(lambda node, given: editing.without(node, given["field"])),
    "null": _edited(lambda node, given: editing.nullified(node, given["field"])),
    "set": _edited(lambda node, given: editing.set_to(node, given["field"], given["to"])),
    "types": _edited(lambda node, given: editing.mistyped(node, given["field"])),
    "extra": _edited(lambda node, _: editing.extended(node)),
}


def mangle(name: str, reply: Answer, parameters: Parameters, now: float) -> Answer:
    """Give the reply that a fault of this name makes of `reply`; a number is the status to answer with."""
    if name.isdecimal():
        return _status(int(name), parameters, now)
    alter = ALTERATIONS.get(name)
    return alter(reply, parameters) if alter else reply
