"""No key leaves the action but in the header it belongs to: masked first, and never in log, outputs or summary."""

import base64
import html
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runner
from cerebras_deploy.api.network import open_client
from cerebras_deploy.inputs import SECRETS
from helpers.forged import CALLS, Edit, Forged, Reply, call_of, document, put, stage, strings
from helpers.hostile import share
from helpers.repository import MANIFEST
from helpers.servers import serving
from helpers.stage import BASE, Played
from runner.masking import mask

pytestmark = pytest.mark.hostile

ARGV = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
KEY = {
    "api-key": "csk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a",
    "inference-api-key": "csk-zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210",
}
EVERYTHING = KEY | {"smoke-test-prompt": "ping", "promote-aliases": "stable", "timeout": "60s", "poll-interval": "10s"}
FIELDS = tuple((call, place) for call in CALLS for place in strings(document(call)))
INPUTS = tuple(name for name in MANIFEST.inputs if name not in SECRETS)
LEAST = 8  # characters of a key that give something away

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a URL": lambda key: quote(f"Bearer {key}", safe=""),
    "in a form": lambda key: quote_plus(f"Bearer {key}"),
    "in hex": lambda key: key.encode().hex(),
    "in HEX": lambda key: key.encode().hex().upper(),
    "in JSON": lambda key: json.dumps({"Authorization": f"Bearer {key}"}),
    "as Python writes it": lambda key: repr({"authorization": f"Bearer {key}".encode()}),
    "with a colour in it": lambda key: f"{key[:9]}\x1b[31m{key[9:]}",
    "in HTML": lambda key: html.escape(f"Bearer {key}"),
    **{
        f"in base64 after {n} bytes{' for a URL' if url else ''}": lambda key, n=n, url=url: (  # type: ignore[misc]
            base64.urlsafe_b64encode if url else base64.b64encode
        )(f"{'u:' * n}{'x' * n}{key}:x".encode()).decode()
        for n in range(3)
        for url in (False, True)
    },
}


def test_the_keys_of_this_file_are_all_the_secrets_there_are() -> None:
    assert set(KEY) == set(SECRETS) == {name for name in MANIFEST.inputs if name.endswith("key")}


def check(played: Played) -> None:
    """Fail if a piece of a key, in any form, is in anything but the commands that mask it."""
    lines = played.text.splitlines()
    masked = [line for line in lines if line.startswith("::add-mask::")]
    log = [line for line in lines if line not in masked]
    assert masked == [f"::add-mask::{key}" for key in KEY.values()]
    assert played.text.startswith("\n".join(masked))
    left = "\n".join([*log, *played.outputs.values(), played.summary])
    for piece in _pieces():
        assert piece not in left, (piece, left)


def _pieces() -> set[str]:
    """Return all stretches of the keys, in all forms, that are of the keys alone."""
    forms = set()
    for key in KEY.values():
        raw = key.encode()
        forms |= {key, raw.hex(), raw.hex().upper()}
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
            forms.add(whole[4 if shift else 0 : -1])
    return {form[at : at + LEAST] for form in forms for at in range(len(form) - LEAST + 1)}


def echoes(call: str, text: str, shape: str) -> Edit:
    """Have each call of that kind fail, and say this text."""
    replies = {
        "text": Reply(400, ((b"content-type", b"text/plain"),), text.encode()),
        "JSON": Reply(500, body=json.dumps({"message": text}).encode()),
        "details": Reply(422, body=json.dumps({"detail": [{"loc": ["headers", text], "msg": text}]}).encode()),
        "page": Reply(502, body=f"<html><title>{text}</title><pre>{text}".encode()),
        "other JSON": Reply(403, body=json.dumps({"request": {"headers": text}}).encode()),
        "headers": Reply(307, tuple((name, text.encode()) for name in (b"location", b"cf-ray", b"retry-after"))),
        "content type": Reply(200, ((b"content-type", text.encode()),), b"no JSON"),
    }

    def edit(kind: str, number: int, whole: Any) -> Any:
        if call == "endpoints" and kind == "endpoint":
            return Reply(404)
        return replies[shape] if kind == call and (number or call != "endpoint") else whole

    return edit


def test_a_key_that_escaped_control_characters_part_is_blanked_in_json_of_an_unknown_shape() -> None:
    text = FORMS["with a colour in it"](KEY["api-key"])

    played = stage(Forged(echoes("version", text, "other JSON"))).play(EVERYTHING)

    check(played)
    assert "***" in played.told


SHAPES = st.sampled_from(["text", "JSON", "details", "page", "other JSON", "headers", "content type"])
ECHOES = st.builds(
    lambda form, name, before, after: "." * before + FORMS[form](KEY[name]) + "," * after,
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(sorted(KEY)),
    st.integers(0, 8) | st.integers(0, 520),
    st.integers(0, 8),
)
DEBUG = st.sampled_from([{}, {"RUNNER_DEBUG": "1"}])


@settings(max_examples=share(0.06))
@given(st.sampled_from(CALLS), ECHOES, SHAPES, DEBUG)
def test_an_error_that_echoes_the_request_shows_no_key(call: str, text: str, shape: str, debug: dict[str, str]) -> None:
    check(stage(Forged(echoes(call, text, shape))).play(EVERYTHING, env=debug))


@settings(max_examples=share(0.06))
@given(st.sampled_from(FIELDS), ECHOES, st.sampled_from(["complete", "error", "rolled_back"]), DEBUG)
def test_a_field_that_echoes_the_request_shows_no_key(
    field: tuple[str, tuple[str | int, ...]], text: str, end: str, debug: dict[str, str]
) -> None:
    call, place = field
    edit = lambda kind, _, whole: put(whole, place, text) if kind == call else whole  # noqa: E731

    check(stage(Forged(edit, ("rolling_back", end))).play(EVERYTHING, env=debug))


@settings(max_examples=share(0.06))
@given(
    st.dictionaries(st.sampled_from(INPUTS), ECHOES | st.sampled_from(sorted(KEY.values())), min_size=1, max_size=3),
    DEBUG,
)
def test_a_key_that_was_pasted_into_another_input_is_not_shown(inputs: dict[str, str], debug: dict[str, str]) -> None:
    check(stage(Forged()).play(EVERYTHING | inputs, env=debug))


@pytest.mark.parametrize("url", ["https://{}@127.0.0.1", "https://u:{}@127.0.0.1", "http://example.com/{}", "{}"])
def test_a_key_in_the_base_url_is_not_shown(url: str) -> None:
    for key in KEY.values():
        played = stage(Forged()).play(EVERYTHING | {"base-url": url.format(key)})

        check(played)
        assert played.result == "invalid-input"


@settings(max_examples=share(0.02))
@given(st.sampled_from(CALLS), ECHOES, DEBUG)
def test_a_traceback_shows_no_key(call: str, text: str, debug: dict[str, str]) -> None:
    def edit(kind: str, number: int, whole: Any) -> Any:
        error = RuntimeError(f"{text}\n{text}")
        error.__cause__ = ValueError(text)
        return error if kind == call and (number or call != "endpoint") else whole

    played = stage(Forged(edit)).play(EVERYTHING, env=debug)

    check(played)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize(
    "key",
    [
        pytest.param("x", id="of one character"),
        pytest.param("xyz", id="of three characters"),
        pytest.param("csk-0123\ncsk-4567\r\n\ncsk-89ab", id="of several lines"),
        pytest.param("  csk-0123456789\t", id="with blanks around it"),
        pytest.param("csk 0123456789", id="with a blank in it"),
        pytest.param("csk-0123%0A::error::%25:,;]", id="that reads like a command"),
        pytest.param("##[error]csk-0123456789", id="that reads like an old command"),
        pytest.param("::stop-commands::csk-0123456789", id="that is a command"),
        pytest.param("csk-`0123`|45678|<9>&\"'\\", id="with marks of Markdown"),
        pytest.param("csk-\x1b[31m0123456789", id="with a colour"),
        pytest.param("clé-0123456789-ключ", id="with letters that no header can carry"),
        pytest.param("csk-0123\u2028456789\x85abcdef", id="with odd ends of lines"),
        pytest.param("csk-" + "0123456789" * 200, id="of two thousand characters"),
    ],
)
def test_an_odd_key_is_masked_and_the_log_is_the_actions_own(name: str, key: str) -> None:
    def edit(_: str, __: int, whole: Any) -> Any:
        return put(whole, ("deployed_models", 0, "state"), f"you sent {key}")

    played = stage(Forged(edit)).play(EVERYTHING | {name: key}, env={"RUNNER_DEBUG": "1"})

    masks = played.log.masks
    assert {line.strip() for line in key.splitlines() if line.strip()} <= set(masks)
    assert all(mask in (key, key.strip()) or mask in key for mask in masks if mask not in KEY.values())
    assert played.log.failures == ()
    assert {command.name for command in played.log.commands} <= {"add-mask", "debug", "notice", "warning", "error"}
    shown = [line for line in played.text.splitlines() if not line.startswith("::add-mask::")]
    if len(key) > 3:
        assert not [line for line in (*shown, *played.outputs.values(), played.summary) if key.strip() in line]
        assert "0123" not in "".join(shown)
    assert all(line == mask_all(line, masks) for line in played.log.lines)


def mask_all(line: str, masks: tuple[str, ...]) -> str:
    """Return what the runner makes of a line."""
    return mask(line, {form for secret in masks for form in runner.encodings(secret)} - {"*", "**", "***"})


def step(address: str, *, env: dict[str, str] | None = None, debug: bool = False) -> runner.Step:
    return runner.Step(
        MANIFEST, BASE | EVERYTHING | {"base-url": address, "poll-interval": "100ms"}, env or {}, debug=debug
    )


def test_the_process_masks_both_keys_before_anything_else_and_shows_neither(tmp_path: Path) -> None:
    """While the first line is heard, the process is there: it waits for an answer."""
    seen: list[bytes] = []
    looked = threading.Event()

    def held(_: str, __: int, whole: Any) -> Any:
        looked.wait(30)
        return whole

    def look(_: str) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                seen.extend([(process / "cmdline").read_bytes()] if int(parent) == os.getpid() else [])
            except (OSError, IndexError):  # it has ended
                continue
        looked.set()

    with serving(Forged(held)) as server:
        asked = step(server.url, env={"SSL_CERT_FILE": "/nowhere/ca.pem"}, debug=True)
        result = runner.run_process(ARGV, runner.JobFolder(tmp_path), asked, on_line=look)

    first, second, *rest = result.stdout.decode().splitlines()
    assert [first, second] == [f"::add-mask::{key}" for key in KEY.values()]
    assert any(b"cerebras_deploy" in line for line in seen)
    everything = "\n".join([*rest, result.stderr.decode(), str(result.outputs), result.summary, repr(seen)])
    assert not [key for key in KEY.values() if key in everything]
    assert result.outputs["result"] == "succeeded"
    assert [line for line in rest if line.startswith("::debug::")]


def test_each_key_goes_to_its_own_calls_alone() -> None:
    api = Forged()
    played = stage(api).play(EVERYTHING)

    assert played.result == "succeeded"
    for request in api.requests:
        name = "inference-api-key" if call_of(request) in {"chat", "models"} else "api-key"
        other = next(key for secret, key in KEY.items() if secret != name)
        assert request.headers["authorization"] == f"Bearer {KEY[name]}"
        assert other not in f"{request.url} {request.headers.raw} {request.content!r}"
    assert {call_of(request) for request in api.requests} >= {"endpoint", "version", "deploy", "chat", "aliases"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", ["endpoint", "deploy", "chat"])
def test_a_redirect_takes_no_key_to_another_host(call: str, status: int) -> None:
    def edit(kind: str, _: int, whole: Any) -> Any:
        there = f"{elsewhere.url}/{'x' * 50}?key={KEY['api-key']}&other={KEY['inference-api-key']}"
        return Reply(status, ((b"location", there.encode()),)) if kind == call else whole

    with serving(Forged()) as elsewhere, serving(Forged(edit)) as server:
        made = stage(Forged())
        made.connect = open_client  # type: ignore[method-assign,assignment]
        played = made.play(EVERYTHING | {"base-url": server.url})

    check(played)
    assert elsewhere.lines == []
    assert played.result == "refused"
    assert elsewhere.url in played.outputs["message"]
