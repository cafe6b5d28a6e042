"""Replies gone wrong: pure functions from the reply that the API would give to the one that a caller gets."""

import http
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Final

from cerebras_simulator.api.flat import WRONG_API_KEY, FlatError
from cerebras_simulator.faults import json_damage
from cerebras_simulator.faults.raw_reply import RawReply, json_reply, raw_reply

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


Alter = Callable[[RawReply, Parameters], RawReply]


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return f"Error {status}"


def _status(status: int, parameters: Parameters, now: float) -> RawReply:
    """Answer with a status, and with the body that is seen or to be expected with it."""
    bodies: dict[int, object] = {
        401: WRONG_API_KEY.model_dump(),
        403: {"detail": "Not authenticated"},
        422: FIELD_REQUIRED,
        429: QUEUE_EXCEEDED.model_dump(),
    }
    body = bodies.get(status, {"detail": _phrase(status)})
    return json_reply(status, body, *_retry_after(parameters, now))


def _retry_after(parameters: Parameters, now: float) -> tuple[tuple[str, str], ...]:
    if parameters["retry_after"]:
        return (("retry-after", parameters["retry_after"]),)
    if parameters["retry_date"]:
        return (("retry-after", formatdate(now + float(parameters["retry_date"]), usegmt=True)),)
    return ()


def _detail_list(_: RawReply, parameters: Parameters) -> RawReply:
    return json_reply(parameters["status"], FIELD_REQUIRED)


def _flat_body(status: int) -> dict[str, Any]:
    flat = FlatError(message=_phrase(status), type="invalid_request_error", param="model", code="wrong_api_format")
    return flat.model_dump()


def _flat(_: RawReply, parameters: Parameters) -> RawReply:
    return json_reply(parameters["status"], _flat_body(parameters["status"]))


def _wrapped(_: RawReply, parameters: Parameters) -> RawReply:
    return json_reply(parameters["status"], {"error": _flat_body(parameters["status"])})


def _empty(_: RawReply, parameters: Parameters) -> RawReply:
    return raw_reply(parameters["status"], (("content-type", "text/plain; charset=utf-8"),), b"")


def _html(_: RawReply, parameters: Parameters) -> RawReply:
    page = PAGE.format(f"{parameters['status']} {_phrase(parameters['status'])}")
    return raw_reply(parameters["status"], (("content-type", "text/html"),), page.encode())


def _cloudflare(_: RawReply, parameters: Parameters) -> RawReply:
    headers = (("content-type", "text/plain; charset=UTF-8"), ("server", "cloudflare"))
    return raw_reply(403, headers, f"error code: {parameters['code']}".encode())


def _redirect(reply: RawReply, parameters: Parameters) -> RawReply:
    return replace(reply, status=parameters["status"], headers=(("location", parameters["to"]),), chunks=(), declared=0)


def _content_type(reply: RawReply, parameters: Parameters) -> RawReply:
    return replace(reply, headers=(("content-type", parameters["to"]),))


def _truncated(reply: RawReply, _: Parameters) -> RawReply:
    body = reply.body
    return replace(reply, chunks=(body[: len(body) // 2],), declared=len(body))


def _malformed(reply: RawReply, _: Parameters) -> RawReply:
    return raw_reply(reply.status, reply.headers, reply.body[:-1] + b",")


def _body(reply: RawReply, parameters: Parameters) -> RawReply:
    return raw_reply(reply.status, reply.headers, parameters["to"].encode())


def _nested(reply: RawReply, parameters: Parameters) -> RawReply:
    depth = parameters["depth"]
    return raw_reply(reply.status, reply.headers, b'{"name":' * depth + b"1" + b"}" * depth)


def _huge(reply: RawReply, parameters: Parameters) -> RawReply:
    spaces = (b" " * MEGABYTE,) * parameters["mb"]
    return replace(reply, chunks=(reply.body, *spaces), declared=None)


def _drip(reply: RawReply, parameters: Parameters) -> RawReply:
    return replace(reply, pause=parameters["pause"])


def _drip_headers(reply: RawReply, parameters: Parameters) -> RawReply:
    return replace(reply, pause=parameters["pause"], slow_head=True)


def _slow(reply: RawReply, parameters: Parameters) -> RawReply:
    return replace(reply, delay=reply.delay + parameters["seconds"])


def _edited(edit: Callable[[Any, Parameters], Any]) -> Alter:
    """Alter the value that a JSON reply carries."""

    def alter(reply: RawReply, parameters: Parameters) -> RawReply:
        try:
            value = json.loads(reply.body)
        except ValueError:  # an error without a body stays as it is
            return reply
        return raw_reply(reply.status, reply.headers, json.dumps(edit(value, parameters)).encode())

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
    "missing": _edited(lambda node, given: json_damage.without(node, given["field"])),
    "null": _edited(lambda node, given: json_damage.nullified(node, given["field"])),
    "set": _edited(lambda node, given: json_damage.set_to(node, given["field"], given["to"])),
    "types": _edited(lambda node, given: json_damage.mistyped(node, given["field"])),
    "extra": _edited(lambda node, _: json_damage.extended(node)),
}


def mangle(name: str, reply: RawReply, parameters: Parameters, now: float) -> RawReply:
    """Give the reply that a fault of this name makes of `reply`; a number is the status to answer with."""
    if name.isdecimal():
        return _status(int(name), parameters, now)
    alter = ALTERATIONS.get(name)
    return alter(reply, parameters) if alter else reply
