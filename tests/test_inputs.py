"""What the workflow may ask for: the table of section 2 of the design."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.errors import Stop
from cerebras_deploy.input_readers import ModelRef
from cerebras_deploy.inputs import Inputs, parse_inputs
from cerebras_deploy.result import Result

KEY = "csk-0123456789-management"
WHOLE = {"api-key": KEY, "endpoint": "my-org-gpt-oss-120b", "model": "gpt-oss-120b", "alias": "production"}
OPTIONAL = dict.fromkeys(
    ("deployment-id", "wait", "timeout", "poll-interval", "if-current", "if-busy", "base-url", "summary"), ""
)


def parse(**changed: str) -> Inputs:
    """Parse a whole set of inputs, some of them changed, as the runner hands them over."""
    given_inputs = OPTIONAL | WHOLE | {name.replace("_", "-"): text for name, text in changed.items()}
    return parse_inputs({f"INPUT_{name.upper()}": text for name, text in given_inputs.items()})


def problems(**changed: str) -> tuple[str, ...]:
    with pytest.raises(Stop) as raised:
        parse(**changed)
    return raised.value.end.problems


class TestDefaults:
    def test_what_is_left_empty_has_its_default(self) -> None:
        inputs = parse()

        assert inputs.wait is True
        assert inputs.timeout == 3600
        assert inputs.poll_interval == 5
        assert inputs.if_current == "skip"
        assert inputs.if_busy == "wait"
        assert inputs.base_url == "https://api.cerebras.ai"
        assert inputs.summary is True
        assert inputs.deployment_id == ""

    def test_an_input_that_is_missing_is_one_that_is_empty(self) -> None:
        assert parse_inputs({f"INPUT_{name.upper()}": text for name, text in WHOLE.items()}) == parse()

    def test_blanks_around_a_value_do_not_count(self) -> None:
        assert parse(**{name: f" {text}\n" for name, text in (OPTIONAL | WHOLE).items()}) == parse()

    def test_other_variables_are_nobodys_business(self) -> None:
        environ = {f"INPUT_{name.upper()}": text for name, text in WHOLE.items()}

        assert parse_inputs(environ | {"INPUT_ENTRYPOINT": "x", "TIMEOUT": "x", "INPUT_POLL_INTERVAL": "x"}) == parse()

    def test_the_key_is_not_in_what_is_printed(self) -> None:
        inputs = parse()

        assert inputs.api_key == KEY
        assert KEY not in f"{inputs} {inputs!r}"


class TestModel:
    @pytest.mark.parametrize(
        ("model", "alias", "ref", "version"),
        [
            ("gpt-oss-120b", "production", ModelRef("gpt-oss-120b"), "production"),
            ("gpt-oss-120b", "7", ModelRef("gpt-oss-120b"), "7"),
            ("llama-3.3-70b", "0", ModelRef("llama-3.3-70b"), "0"),
            ("orgs/o/models/a", "v1-stable", ModelRef("a", "o"), "v1-stable"),
            ("orgs/o/models/a/versions/7", "", ModelRef("a", "o", "7"), "7"),
            ("orgs/o/models/a/versions/production", "", ModelRef("a", "o", "production"), "production"),
            ("orgs/o/models/a/versions/7", "7", ModelRef("a", "o", "7"), "7"),
            ("orgs/o/models/a/versions/ab", "ab", ModelRef("a", "o", "ab"), "ab"),
        ],
    )
    def test_its_three_forms_and_the_alias_that_completes_them(
        self, model: str, alias: str, ref: ModelRef, version: str
    ) -> None:
        inputs = parse(model=model, alias=alias)

        assert inputs.model == ref
        assert inputs.version_ref == version

    @pytest.mark.parametrize(
        "model",
        [
            "a/b",
            "orgs/o",
            "orgs//models/a",
            "orgs//models/a/versions/2",
            "orgs/o/models//versions/2",
            "orgs/o/models/",
            "orgs/o/models/a/versions",
            "orgs/o/models/a/versions/",
            "orgs/o/models/a/versions/7/",
            "/orgs/o/models/a",
            "org/o/models/a",
            "orgs/o/models/a b",
            "orgs/../models/a",
            "orgs/o/models/..",
            "..",
            "a?b",
            "a#b",
            "a%2Fb",
            "a:b",
            "ä",
            "a\nb",
            "x" * 256,
            "orgs/o/models/a/versions/-1",
            "orgs/o/models/a/versions/Production",
            "orgs/o/models/a/versions/x",
            "orgs/o/models/a/versions/..",
        ],
    )
    def test_any_other_form_is_refused_and_shown(self, model: str) -> None:
        (problem, *_) = problems(model=model)

        assert problem.startswith("`model` is `")
        assert "orgs/<org>/models/<arch>" in problem

    def test_a_version_and_another_alias_contradict_each_other(self) -> None:
        (problem,) = problems(model="orgs/o/models/a/versions/7", alias="production")

        assert "`alias` is `production`" in problem
        assert "`7`" in problem

    def test_a_version_and_the_same_number_as_another_text_contradict_each_other(self) -> None:
        found = problems(model="orgs/o/models/a/versions/7", alias="07")

        assert any("`07`" in problem for problem in found)

    @pytest.mark.parametrize("model", ["a", "orgs/o/models/a"])
    def test_neither_a_version_nor_an_alias(self, model: str) -> None:
        (problem,) = problems(model=model, alias="")

        assert "`model`" in problem
        assert "`alias`" in problem

    def test_it_is_required(self) -> None:
        (problem,) = problems(model="")

        assert "`model` is required" in problem
        assert "deployment-id" in problem


@pytest.mark.parametrize(
    "alias",
    [
        "Production",
        "x",
        "-ab",
        "ab-",
        "1a",
        "01",
        "+1",
        "1.0",
        "a_b",
        "a.b",
        "a/b",
        "ab:",
        "a" * 129,
        "ä1",
        "9" * 19,
        "٣",
    ],
)
def test_an_alias_is_what_the_api_takes_for_one(alias: str) -> None:
    (problem,) = problems(alias=alias)

    assert problem.startswith("`alias` is `")
    assert "alias" in problem.partition("accepted")[2]
    assert "integer" in problem


@pytest.mark.parametrize("alias", ["ab", "a1", "a-b", "aBc9", "a" * 128, "0", "1", "123456"])
def test_an_alias_or_integer_that_the_api_takes(alias: str) -> None:
    assert parse(alias=alias).version_ref == alias


class TestDeploymentId:
    UUID = "550e8400-e29b-41d4-a716-446655440000"

    def test_it_needs_no_model(self) -> None:
        inputs = parse(deployment_id=self.UUID, model="", alias="")

        assert inputs.deployment_id == self.UUID
        assert inputs.model is None
        assert inputs.version_ref == ""

    def test_a_model_may_come_with_it(self) -> None:
        assert parse(deployment_id=self.UUID).model == ModelRef("gpt-oss-120b")
        assert parse(deployment_id=self.UUID, alias="").version_ref == ""

    def test_it_is_awaited_or_nothing_is_to_be_done(self) -> None:
        (problem,) = problems(deployment_id=self.UUID, wait="false")

        assert "`wait`" in problem
        assert "`deployment-id`" in problem


@pytest.mark.parametrize("name", ["endpoint", "deployment-id"])
@pytest.mark.parametrize(
    "text", ["a/b", "a:b", "a b", "a?b", "a#b", "a%b", ".", "..", "a\\b", "ä", "a\r\nb", "x" * 256]
)
def test_an_id_that_would_break_a_url_is_refused(name: str, text: str) -> None:
    (problem,) = problems(**{name: text})

    assert problem.startswith(f"`{name}` is `")
    assert "accepted" in problem
    assert len(problem.splitlines()) == 1


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("90", 90),
            ("90s", 90),
            ("5m", 300),
            ("60m", 3600),
            ("1h30m", 5400),
            ("1h30m15s", 5415),
            ("1h15s", 3615),
            ("1500ms", 1.5),
            ("1s500ms", 1.5),
            ("1", 1),
            ("1000ms", 1),
            ("168h", 604_800),
            ("604800", 604_800),
            ("007", 7),
        ],
    )
    def test_timeout(self, text: str, seconds: float) -> None:
        assert parse(timeout=text).timeout == pytest.approx(seconds)

    @pytest.mark.parametrize(("text", "seconds"), [("100ms", 0.1), ("2s", 2), ("10m", 600), ("600", 600)])
    def test_poll_interval(self, text: str, seconds: float) -> None:
        assert parse(poll_interval=text).poll_interval == pytest.approx(seconds)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            *(("timeout", text) for text in ("0", "999ms", "168h1s", "604801", "8d", "1e3", "inf", "nan", "-5", "+5")),
            *(("timeout", text) for text in ("1.5h", "1h 30m", "30m1h", "5M", "5min", "m", "ms", "٣", "60m?", "1_0")),
            *(("timeout", text) for text in ("9" * 9, "9" * 5000, "9" * 5000 + "h", "5mm", "1m1m", "0x10", "½")),
            *(("poll-interval", text) for text in ("0", "99ms", "10m1s", "601", "11m", "fast")),
        ],
    )
    def test_anything_else_is_refused_with_what_is_accepted(self, name: str, text: str) -> None:
        (problem,) = problems(**{name: text})

        assert problem.startswith(f"`{name}` is `{text[:9]}")
        assert "1h30m" in problem
        assert ("7d" if name == "timeout" else "10m") in problem.replace(" ", "")
        assert len(problem) < 400


class TestChoices:
    @pytest.mark.parametrize("text", ["true", "True", "TRUE"])
    @pytest.mark.parametrize("name", ["wait", "summary"])
    def test_true(self, name: str, text: str) -> None:
        assert getattr(parse(**{name: text}), name) is True

    @pytest.mark.parametrize("text", ["false", "False", "FALSE"])
    @pytest.mark.parametrize("name", ["wait", "summary"])
    def test_false(self, name: str, text: str) -> None:
        assert getattr(parse(**{name: text}), name) is False

    @pytest.mark.parametrize("text", ["yes", "no", "on", "1", "0", "tRUE", "null", "t"])
    @pytest.mark.parametrize("name", ["wait", "summary"])
    def test_no_other_boolean(self, name: str, text: str) -> None:
        (problem,) = problems(**{name: text})

        assert problem == f"`{name}` is `{text}`; accepted: true True TRUE false False FALSE"

    @pytest.mark.parametrize(
        ("name", "accepted"), [("if-current", ["skip", "deploy"]), ("if-busy", ["wait", "queue", "fail"])]
    )
    def test_words(self, name: str, accepted: list[str]) -> None:
        for text in accepted:
            assert getattr(parse(**{name: text}), name.replace("-", "_")) == text

        (problem,) = problems(**{name: "Skip"})

        assert problem.startswith(f"`{name}` is `Skip`; accepted: ")
        assert all(word in problem for word in accepted)


class TestBaseUrl:
    @pytest.mark.parametrize(
        "text",
        [
            "https://api.cerebras.ai",
            "https://proxy.example.com:8443",
            "https://proxy.example.com/cerebras",
            "http://localhost:8000",
            "http://127.0.0.1:8000",
            "http://127.9.9.9",
            "http://[::1]:8000",
            "http://10.0.0.7",
            "http://172.17.0.1:8000",
            "http://192.168.1.1",
            "http://[fd00::1]",
            "http://simulator:8000",
        ],
    )
    def test_https_anywhere_and_http_where_it_stays_inside(self, text: str) -> None:
        assert parse(base_url=text).base_url == text

    @pytest.mark.parametrize("text", ["https://api.cerebras.ai/", "https://proxy.example.com/x//"])
    def test_a_slash_at_its_end_does_not_count(self, text: str) -> None:
        assert parse(base_url=text).base_url == text.rstrip("/")

    @pytest.mark.parametrize(
        "text",
        [
            "http://api.cerebras.ai",
            "http://8.8.8.8",
            "http://[2606:4700::1]",
            "http://[::ffff:8.8.8.8]",
            "http://172.32.0.1",
            "http://0x08080808",
            "http://134744072",
            "http://localhost.example.com",
            "http://0.0.0.0",
            "http://simulator.",
            "api.cerebras.ai",
            "//api.cerebras.ai",
            "ftp://localhost",
            "file:///etc/passwd",
            "https://",
            "https:///management",
            "https://localhost@example.com",
            "http://localhost:x@example.com",
            "http://localhost\\@example.com",
            "https://api.cerebras.ai?x=1",
            "https://api.cerebras.ai#x",
            "https://api.cerebras.ai?",
            "https://api.cerebras.ai/#",
            "http://localhost/x?",
            "https://api.cerebras.ai:99999",
            "https://api.cerebras.ai:port",
            "https://[::1",
            "https://api cerebras.ai",
            "https://api.cer\tebras.ai",
            "https://äpi.example.com",
            "https://api.cerebras.ai/\u2028x",
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        (problem,) = problems(base_url=text)

        assert problem.startswith("`base-url` is `")
        assert "https://" in problem.partition("accepted")[2]


class TestApiKey:
    @pytest.mark.parametrize("key", [f"{KEY} x", f"{KEY}\nx", f"Bearer {KEY}", f"{KEY}ä", f"{KEY}\0", f"{KEY}\udc80"])
    def test_one_that_no_header_can_carry_is_refused_and_not_shown(self, key: str) -> None:
        (problem,) = problems(api_key=key)

        assert "`api-key`" in problem
        assert KEY not in problem

    @pytest.mark.parametrize("key", ["", "  \n"])
    def test_it_is_required(self, key: str) -> None:
        (problem,) = problems(api_key=key)

        assert "`api-key` is required" in problem

    def test_the_endpoint_is_required_too(self) -> None:
        (problem,) = problems(endpoint="")

        assert "`endpoint` is required" in problem


def test_all_mistakes_are_reported_in_one_go() -> None:
    with pytest.raises(Stop) as raised:
        parse(api_key="", endpoint="a/b", model="x y", alias="P", timeout="soon", wait="yes", base_url="http://x.y")

    stop = raised.value.end
    assert stop.result is Result.INVALID_INPUT
    assert len(stop.problems) == 7
    for name in ("api-key", "endpoint", "model", "alias", "timeout", "wait", "base-url"):
        assert sum(problem.startswith(f"`{name}`") for problem in stop.problems) == 1
        assert f"`{name}`" in stop.reason


TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["true", "5m", "production", "orgs/o/models/a", "a/b", "http://[", "https://x.y", "\udc80", "7"]),
)


@given(st.dictionaries(st.sampled_from([*OPTIONAL, *WHOLE]), TEXTS), st.sampled_from(["", " ", "\n", "ä"]))
def test_any_texts_are_inputs_or_a_list_of_mistakes_without_the_key(texts: dict[str, str], junk: str) -> None:
    whole = OPTIONAL | WHOLE | texts | {"api-key": f"{KEY}{junk}x"}

    try:
        inputs = parse_inputs({f"INPUT_{name.upper()}": text for name, text in whole.items()})
    except Stop as stop:
        said, found = f"{stop} {stop!r} {stop.end.hint}", stop.end.problems

        assert found
        assert KEY not in said
        assert all(len(problem.splitlines()) == 1 for problem in found)
    else:
        assert junk == ""
        assert inputs.api_key == f"{KEY}x"
        assert 1 <= inputs.timeout <= 604_800
        assert 0.1 <= inputs.poll_interval <= 600
        assert inputs.version_ref or inputs.deployment_id
