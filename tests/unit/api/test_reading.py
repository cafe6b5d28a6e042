"""How a successful reply is read."""

import json

import pytest

from cerebras_deploy.api.endpoint import Endpoint
from cerebras_deploy.api.message import BODY_LIMIT, Answer
from cerebras_deploy.api.operation import Operation
from cerebras_deploy.api.reading import read_reply
from cerebras_deploy.errors import CallError, Fate

STATUS = json.dumps({"name": "ours", "model_arch_id": "a", "deployed_models": []}).encode()


def read(body: bytes = STATUS, **headers: str) -> Endpoint:
    return read_reply(Endpoint, Answer(200, headers, body))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html></html>", b"{}", b'{"name": []}', b'{"name": "ours"', b"null", b"\xff\xfe", b'{"name": ""}', b"[]"],
    ids=repr,
)
@pytest.mark.parametrize("status", [200, 202])
def test_what_is_not_the_expected_object_is_an_error_that_may_pass(status: int, body: bytes) -> None:
    with pytest.raises(CallError) as raised:
        read_reply(Operation, Answer(status, {}, body))

    assert (raised.value.fate, raised.value.status) == (Fate.UNKNOWN, status)
    assert raised.value.hint


@pytest.mark.parametrize(
    "body", [b'{"name": "ours", "error": {"message": "No such model"}}', b'{"message": "No such model"}'], ids=repr
)
def test_a_message_of_an_error_is_what_went_wrong(body: bytes) -> None:
    with pytest.raises(CallError, match="No such model"):
        read_reply(Endpoint, Answer(200, {}, body))


def test_one_that_is_too_long_is_not_read() -> None:
    assert read(STATUS.ljust(BODY_LIMIT)).name == "ours"
    with pytest.raises(CallError, match="more than 4 MiB"):
        read(STATUS.ljust(BODY_LIMIT + 1))


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert read(b"\xef\xbb\xbf" + STATUS).name == "ours"


def test_it_has_the_date_of_its_header() -> None:
    assert (read(date="Thu, 01 Jan 2026 00:00:00 GMT").date, read().date) == (1767225600, None)


@pytest.mark.parametrize(("age", "seconds"), [("30", 30), ("", 0), ("soon", 0), ("9" * 20, 0), ("-1", 0), ("٣", 0)])
def test_how_long_a_cache_held_it_is_read(age: str, seconds: float) -> None:
    assert read(age=age).age == seconds


@pytest.mark.parametrize(
    ("cut", "shown"),
    [
        (rb"a\ud83d", "a\ufffd"),
        (rb"\udc00b", "\ufffdb"),
        (rb"\uD83D\uDE00\uD83D", "\U0001f600\ufffd"),
        (rb"\\ud83d", r"\ud83d"),
        (b"a\xf0\x9f", "a\ufffd"),
        (b"\xff", "\ufffd"),
    ],
)
def test_what_is_no_character_spoils_nothing_else(cut: bytes, shown: str) -> None:
    entries = b'[{"id": "a", "rollout_error_message": "' + cut + b'"}, {"id": "b", "rollout_error_message": "\\udc00"}]'

    first, second = read(b'{"model_arch_id": "a", "deployed_models": ' + entries + b"}").deployed_models

    assert (first.rollout_error_message, second.rollout_error_message) == (shown, "\ufffd")
