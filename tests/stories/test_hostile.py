"""Text that means harm, by every path into a whole run: none of it takes over the log, the outputs or the summary.

`make hostile` tries 10,000 examples; see `hostile.py` for what is tried, and for what is checked.
"""

import itertools
import json
from typing import Any, NoReturn

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cerebras_deploy.api.network import open_client, proxy_for
from cerebras_deploy.errors import Stop
from cerebras_deploy.tell.runner import LOG_LIMIT, Runner
from helpers.forged import CALLS, OURS, Edit, Forged, Pointer, Reply, document, put, stage, strings
from helpers.hostile import (
    HOSTILE,
    IN_ENVIRONMENT,
    IN_HEADER,
    IN_JSON,
    LONGEST,
    WHOLE,
    check,
    check_log,
    check_summary,
    share,
)
from helpers.repository import MANIFEST
from helpers.stage import BASE, Played

pytestmark = pytest.mark.hostile

SHORT = {"timeout": "60s", "poll-interval": "10s"}
SAMPLE = WHOLE[:: max(len(WHOLE) // max(share(0.02), 1), 1)]  # all of them with many examples
LETTERS = ("\U0001f600", "##[", "\x1b[0m", "%")
INPUTS = tuple(MANIFEST.inputs)
FIELDS = tuple((call, place) for call in CALLS for place in strings(document(call)))
STATUSES = (*range(199, 210), *range(300, 309), *range(400, 432), 451, *range(500, 512), 520, 530, 599, 999)
HEADERS = (b"cf-ray", b"content-type", b"location", b"retry-after", b"date", b"set-cookie", b"content-encoding")

_words = ("in_progress", "not_started", "rolling_back", "rolled_back", "error", "cancelled", "complete")
STATES = st.lists(st.sampled_from(_words), min_size=1, max_size=4)
DEBUG = st.sampled_from([{}, {"RUNNER_DEBUG": "1"}, {"NO_COLOR": ""}])
GATED = {"inference-api-key": "sim-inference-key", "smoke-test-prompt": "ping"}
WISHES = st.sampled_from(
    [
        {},
        GATED,
        GATED | {"promote-aliases": "stable,free,production"},
        {"promote-aliases": "stable"},
        {"on-failure": "rollback"},
        {"dry-run": "true"},
        {"wait": "false"},
        {"deployment-id": OURS},
    ]
)
KEYS = (BASE["api-key"], GATED["inference-api-key"])


def says(texts: dict[tuple[str, Pointer], str]) -> Edit:
    """Have a healthy API say these texts in these fields."""

    def edit(call: str, _: int, whole: Any) -> Any:
        for (where, place), text in texts.items():
            whole = put(whole, place, text) if where == call else whole
        return whole

    return edit


def answers(call: str, reply: Reply | Exception, times: int = 1000) -> Edit:
    """Have an API give this reply to the first calls of that kind; an endpoint is there for the first look."""
    spared = 1 if call == "endpoint" else 0

    def edit(kind: str, number: int, whole: Any) -> Any:
        if call == "endpoints" and kind == "endpoint":
            return Reply(404, body=b'{"detail": "no"}')
        return reply if kind == call and spared <= number < spared + times else whole

    return edit


@settings(max_examples=share(0.35))
@given(st.dictionaries(st.sampled_from(FIELDS), IN_JSON, min_size=1, max_size=3), STATES, WISHES, DEBUG)
def test_what_the_api_says_in_any_field(
    texts: dict[tuple[str, Pointer], str], states: list[str], wishes: dict[str, str], debug: dict[str, str]
) -> None:
    api = Forged(says(texts), states, begun="deployment-id" in wishes)

    check(stage(api).play(SHORT | wishes, env=debug), KEYS)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field[0]}:{'.'.join(map(str, field[1]))}")
def test_what_the_api_says_in_this_field(field: tuple[str, Pointer]) -> None:
    paths: tuple[tuple[list[str], dict[str, str]], ...] = (
        (["complete"], GATED | {"promote-aliases": "stable"}),
        (["rolling_back", "error"], {}),
        (["in_progress"], {"deployment-id": OURS}),
    )
    for text, (states, wishes) in itertools.product(SAMPLE, paths):
        said = text.encode("utf-8", "replace").decode()  # half a surrogate is no JSON
        api = Forged(says({field: said}), states, begun="deployment-id" in wishes)
        check(stage(api).play(SHORT | wishes), KEYS)


_json = st.recursive(
    IN_JSON | st.integers() | st.none(),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(IN_JSON, deeper, max_size=3),
    max_leaves=5,
)
_errors = st.one_of(
    st.fixed_dictionaries({}, optional={"message": _json, "code": _json, "error": _json, "detail": _json}),
    st.fixed_dictionaries({"error": st.fixed_dictionaries({"message": IN_JSON})}),
    st.fixed_dictionaries({"detail": st.lists(st.fixed_dictionaries({"loc": st.lists(_json), "msg": IN_JSON}))}),
)
BODIES = st.one_of(
    _errors.map(lambda error: json.dumps(error).encode()),
    IN_HEADER,
    HOSTILE.map(lambda text: text.encode("utf-16", "surrogatepass")),
    IN_HEADER.map(lambda text: b"<html><title>" + text + b"</title></html>"),
    st.binary(max_size=40),
)


@settings(max_examples=share(0.3))
@given(
    st.sampled_from(CALLS),
    st.sampled_from(STATUSES),
    st.dictionaries(st.sampled_from(HEADERS), IN_HEADER, max_size=3),
    BODIES,
    st.tuples(WISHES, DEBUG),
)
def test_what_a_failing_api_says_in_body_and_headers(
    call: str,
    status: int,
    headers: dict[bytes, bytes],
    body: bytes,
    asked: tuple[dict[str, str], dict[str, str]],
) -> None:
    wishes, debug = asked
    reply = Reply(status, tuple(headers.items()), body)

    check(stage(Forged(answers(call, reply))).play(SHORT | wishes, env=debug), KEYS)


@settings(max_examples=share(0.05))
@given(st.sampled_from(CALLS[:4]), HOSTILE, st.sampled_from([httpx.ConnectError, httpx.ReadError, httpx.ProxyError]))
def test_what_the_network_says(call: str, text: str, error: type[httpx.HTTPError]) -> None:
    check(stage(Forged(answers(call, error(text)))).play(SHORT))


@settings(max_examples=share(0.2))
@given(
    st.dictionaries(st.sampled_from([name for name in INPUTS if not name.endswith("api-key")]), IN_ENVIRONMENT),
    st.sampled_from([True, False]),
)
def test_what_comes_in_any_input(texts: dict[str, str], beside_good_ones: bool) -> None:  # noqa: FBT001
    given = GATED | texts if beside_good_ones else dict.fromkeys(BASE, "") | texts

    check(stage(Forged()).play(SHORT | given), KEYS)


@settings(max_examples=share(0.03))
@given(IN_ENVIRONMENT, st.sampled_from(["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "SSL_CERT_FILE", "RUNNER_DEBUG"]))
def test_what_the_environment_says(text: str, name: str) -> None:
    played = stage(Forged()).play(SHORT, env={name: f"/nowhere/{text}"[:200]})

    check_log(played)
    check_summary(played.summary)


@settings(max_examples=max(share(0.01), 3))
@given(IN_ENVIRONMENT, st.sampled_from(["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"]))
def test_what_the_environment_says_of_proxies_and_certificates(text: str, name: str) -> None:
    played = stage(Forged()).play(SHORT)
    acted = played  # the look of it; below is what is said of it
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, text)
        try:
            open_client(proxy_for("https://api.example.com")).close()
        except Stop as error:
            stop = error

            def connect(_: object) -> NoReturn:
                raise stop

            made = stage(Forged())
            made.connect = connect  # type: ignore[method-assign]
            acted = made.play(SHORT)
            assert acted.result == "invalid-input"
    check(acted)


@settings(max_examples=share(0.05))
@given(HOSTILE, DEBUG)
@example("zqx\n" * 10_000, {})
def test_what_a_bug_says(text: str, debug: dict[str, str]) -> None:
    played = stage(Forged(answers("version", RuntimeError(text)))).play(SHORT, env=debug)

    check_log(played)
    assert played.log.annotations[-1].title == "Bug in the action"
    assert played.log.commands[-1].name == "error"
    assert (played.exit_code, played.outputs["result"]) == (1, "")


class TestBounds:
    """However much comes in, what goes out can be read."""

    def test_a_rollout_with_hundreds_of_changes(self) -> None:
        def edit(_: str, number: int, whole: Any) -> Any:
            changes = {"state": f"state {number}", "rollout_error_message": f"{number} {'x' * 600}"}
            return put(whole, ("deployed_models", 1), whole["deployed_models"][1] | changes) if number > 1 else whole

        played = stage(Forged(edit)).play({"timeout": "15m", "poll-interval": "2s"})

        assert played.result == "timed-out"
        check(played)
        assert len(played.text) < LOG_LIMIT + 3 * LONGEST

    def test_a_log_that_is_too_long_is_cut_but_for_annotations_and_outputs(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        said = Runner({"RUNNER_DEBUG": "1"})
        for _ in range(1_000):
            said.line("x" * 10_000)
            said.debug("y" * 10_000)
        said.write_outputs({"result": "failed"})
        said.annotate("error", "Rollout failed", "for a reason", last=True)

        *log, cut, output, end, _ = capsys.readouterr().out.split("\n")
        assert LOG_LIMIT - 3 * LONGEST < sum(map(len, log)) < LOG_LIMIT
        assert cut == "The log is too long. The rest is left out, except for the end."
        assert output == "output result: failed"
        assert end == "::error title=Rollout failed::for a reason"

    def test_a_bug_with_a_message_of_megabytes(self) -> None:
        lines = f"{'zqx ' * 900}\n" * 2_000

        played = stage(Forged(answers("version", RuntimeError(lines)))).play(SHORT)

        check_log(played)
        assert len(played.text) < LOG_LIMIT + 3 * LONGEST

    @pytest.mark.parametrize("letter", LETTERS[: share(0.01)])
    @pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field[0]}:{'.'.join(map(str, field[1]))}")
    def test_a_field_without_end(self, field: tuple[str, Pointer], letter: str) -> None:
        check(stage(Forged(says({field: letter * 100_000}), ("rolling_back", "error"))).play(SHORT))

    def test_the_names_of_a_thousand_endpoints(self) -> None:
        endpoints = {"endpoints": [{"endpoint_id": "x" * 1000}] * 1000}
        reply = Reply(body=json.dumps(endpoints).encode())

        check(stage(Forged(answers("endpoints", reply))).play(SHORT))

    def test_inputs_without_end(self) -> None:
        played = stage(Forged()).play({name: "\U0001f600" * 30_000 for name in INPUTS if not name.endswith("api-key")})

        check(played)
        assert played.result == "invalid-input"
        assert all(len(annotation.message.encode("utf-16-le")) < 2 * LONGEST for annotation in played.log.annotations)


def test_a_handful_of_annotations_whatever_the_api_says() -> None:
    def edit(call: str, number: int, whole: Any) -> Any:
        strangers = [
            {"id": f"zqx{number}-{n}", "model": "zqx", "created": 100 + n, "state": f"zqx{number}-{n}"}
            for n in range(50)
        ]
        return whole | {"deployed_models": [*whole["deployed_models"], *strangers]} if call == "endpoint" else whole

    played: Played = stage(Forged(edit)).play(SHORT)

    check(played)
