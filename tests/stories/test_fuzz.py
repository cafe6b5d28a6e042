"""Any reply to any call of a whole run: it ends with one of the results that are documented, never with a bug."""

import gzip
import itertools
import json
from collections.abc import Mapping
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cerebras_deploy.result import Result
from helpers.forged import CALLS, OURS, Edit, Forged, Reply, document, stage
from helpers.hostile import IN_HEADER, IN_JSON, share
from helpers.stage import Played

pytestmark = pytest.mark.hostile

SHORT = {"timeout": "60s", "poll-interval": "10s"}

_keys = st.sampled_from(
    [
        "name",
        "id",
        "model",
        "state",
        "created",
        "updated",
        "response",
        "done",
        "deployed_models",
        "sync_status",
        "error",
    ]
)
_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**18, max_value=10**400),
    st.floats(),
    IN_JSON,
    st.sampled_from(["done", "error", "complete", "in_progress", "rolling_back", "orgs/o/models/m/versions/2"]),
)
JSON = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys | IN_JSON, inner, max_size=5),
    max_leaves=12,
)


@st.composite
def twisted(draw: st.DrawFn) -> Any:
    """A reply as it should be, but for some values."""
    whole: Any = document(draw(st.sampled_from(CALLS)), draw(st.sampled_from(["in_progress", "complete", ""])))
    for _ in range(draw(st.integers(1, 3))):
        node: Any = whole
        while isinstance(node, dict | list) and node:
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if draw(st.booleans()) and isinstance(node[key], dict | list) and node[key]:
                node = node[key]
                continue
            if draw(st.booleans()) and isinstance(node, dict):
                del node[key]
            else:
                node[key] = draw(JSON)
            break
    return whole


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_texts = (JSON | twisted()).map(json.dumps).map(_bytes)
ODD = (
    b"",
    b"\xef\xbb\xbf{}",
    b"\xef\xbb\xbf" + json.dumps(document("endpoint", "complete")).encode(),
    json.dumps(document("endpoint")).encode("utf-16"),
    b'{"name": NaN, "created": Infinity, "deployed_models": [{"id": "a", "model": "b", "created": NaN}]}',
    b'{"name": "a", "name": "b", "deployed_models": [], "deployed_models": null, "model_arch_id": "x"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"state": ' + b"[" * 150 + b"]" * 150 + b"}",
    b'{"detail": ' + b"[" * 190 + b"]" * 190 + b"}",
    b'{"detail": [' + b"9" * 4299 + b', {"loc": [' + b"9" * 5000 + b'], "msg": "m"}]}',
    b'{"detail": [{"loc": [' + b"9" * 4300 + b'], "msg": "m"}]}',
    b'{"model_arch_id": "gpt-oss-120b", "deployed_models": [{"id": "a", "model": "m", "created": 1, "state": '
    + b"9" * 4300
    + b"}]}",
    b'{"name": "a", "response": {"version_id": ' + b"9" * 4300 + b"}}",
    b'{"name": "\\ud800"}',
    b'{"name": "\x00"}',
    b"1e999999",
    b"<" + b"<title" * 20_000,
    b"<title>" * 10_000,
    gzip.compress(b"{}"),
    b"\x1f\x8b\x08 no gzip",
)
BODIES = st.one_of(_texts, _texts.map(gzip.compress), st.sampled_from(ODD), st.binary(max_size=60), IN_HEADER)
_known = {
    "content-type": st.sampled_from([b"application/json", b"text/html", b"text/plain; charset=utf-16", b"\xff"]),
    "content-encoding": st.sampled_from([b"gzip", b"br", b"deflate, gzip", b"zstd", b"zqx"]),
    "retry-after": st.one_of(
        st.sampled_from(
            [b"0", b"-1", b"1e400", b"nan", b"inf", b"7", b"Wed, 21 Oct 2026 07:28:00 GMT", b"1 2 3 4 5 6"]
        ),
        st.from_regex(rb"\A(\w{3},? )?\d{1,9} \w{3} \d{1,9} [\d:]{1,12} ?([+-]\d{1,6}|GMT|\w{1,3})?\Z"),
    ),
    "date": st.sampled_from([b"", b"zqx", b"Wed, 21 Oct 9999 07:28:00 GMT", b"Wed, 21 Oct 2026 07:28:00 -9999"]),
    "transfer-encoding": st.sampled_from([b"gzip", b"chunked"]),
    "set-cookie": st.sampled_from([b"a=b; domain=.; max-age=zqx", b"=", b";;;", b"a=b; expires=99999999999999999"]),
    "cf-ray": IN_HEADER,
    "location": IN_HEADER,
}
HEADERS: st.SearchStrategy[Mapping[str, bytes]] = st.fixed_dictionaries(
    {}, optional={name: values | IN_HEADER for name, values in _known.items()}
)
STATUSES = st.one_of(st.just(200), st.just(200), st.integers(200, 299), st.integers(100, 999))
REPLIES = st.builds(
    lambda status, headers, body: Reply(status, tuple((name.encode(), value) for name, value in headers.items()), body),
    STATUSES,
    HEADERS,
    BODIES,
)
GATED = {"inference-api-key": "sim-inference-key", "smoke-test-prompt": "ping"}
WISHES = st.sampled_from(
    [{}, GATED | {"promote-aliases": "stable,free"}, {"on-failure": "rollback"}, {"dry-run": "true"}]
)
SCRIPTS = st.dictionaries(st.tuples(st.sampled_from(CALLS), st.integers(0, 3)), REPLIES, min_size=1, max_size=4)


def once(script: Mapping[tuple[str, int], Reply]) -> Edit:
    """Give these replies; the last one of a call's goes on for ever if it is the fourth."""
    return lambda call, number, whole: script.get((call, min(number, 3)), whole)


def clean(played: Played) -> None:
    assert played.result in set(Result)
    assert "Bug in the action" not in {annotation.title for annotation in played.log.annotations}
    assert (played.exit_code == 0) == Result(played.result).is_success
    assert played.log.failures == ()


@settings(max_examples=share(0.1))
@given(SCRIPTS, WISHES)
@example({("endpoint", 0): Reply(404, body=b"{}"), ("endpoints", 0): Reply(200, body=b'{"endpoints": [{}]}')}, {})
def test_any_reply_of_any_call(script: Mapping[tuple[str, int], Reply], wishes: dict[str, str]) -> None:
    clean(stage(Forged(once(script))).play(SHORT | wishes))


@settings(max_examples=share(0.05))
@given(SCRIPTS)
def test_any_reply_while_following_a_deployment_by_id(script: Mapping[tuple[str, int], Reply]) -> None:
    clean(stage(Forged(once(script), begun=True)).play(SHORT | {"deployment-id": OURS}))


@pytest.mark.parametrize("call", CALLS)
def test_odd_bodies_with_every_kind_of_status(call: str) -> None:
    cases = list(itertools.product(ODD, (200, 404, 422, 429, 503)))
    for body, status in cases[:: max(len(cases) // share(0.2), 1)]:
        first = {("endpoint", 0): Reply(404)} if call == "endpoints" else {}
        script = first | {(call, number): Reply(status, body=body) for number in range(4)}
        clean(stage(Forged(once(script))).play(GATED | {"timeout": "60s", "promote-aliases": "stable"}))


class Wire(httpx.HTTPTransport):
    """The real transport on a network that says these bytes and then closes."""

    def __init__(self, said: bytes) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(network_backend=httpcore.MockBackend([said]))


_head = st.builds(
    lambda line, headers: line + b"".join(b"%s: %s\r\n" % pair for pair in headers) + b"\r\n",
    st.sampled_from(
        [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\r\n", b"HTTP/1.1 101 Zqx\r\n", b"HTTP/1.1 100\r\n\r\nHTTP/1.1 503\r\n"]
    )
    | st.builds(lambda n, text: b"HTTP/1.1 %d %s\r\n" % (n, text), st.integers(0, 1000), st.binary(max_size=9)),
    st.lists(
        st.tuples(
            st.sampled_from([b"content-length", b"transfer-encoding", b"content-encoding", b"connection", b"zqx"]),
            st.sampled_from([b"0", b"5", b"-1", b"99999999999999999999", b"chunked", b"gzip", b"close"])
            | st.binary(max_size=9),
        ),
        max_size=3,
    ),
)
_chunked = st.lists(st.binary(max_size=9)).map(lambda parts: b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts))
ON_THE_WIRE = st.builds(lambda head, body: head + body, _head, BODIES | _chunked) | st.binary(max_size=99)


@settings(max_examples=share(0.03))
@given(ON_THE_WIRE)
@example(b"HTTP/1.1 200 OK\r\n" + b"zqx: zqx\r\n" * 50_000)
@example(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}")
def test_any_bytes_on_the_wire(said: bytes) -> None:
    clean(stage(Wire(said)).play({"timeout": "15s"}))
