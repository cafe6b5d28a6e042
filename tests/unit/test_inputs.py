"""What the workflow may ask for, as a whole: defaults, what belongs together, and all mistakes in one go."""

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.errors import Stop
from cerebras_deploy.input_key import WHY_EMPTY
from cerebras_deploy.input_readers import MODEL, ModelRef
from cerebras_deploy.inputs import parse_inputs
from cerebras_deploy.result import Result
from helpers.asked import KEY, OPTIONAL, WHOLE, parse, problems


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

        assert parse_inputs(environ | {"INPUT_ENTRYPOINT": "x", "TIMEOUT": "x", "INPUT_SCRIPT": "x"}) == parse()

    def test_one_that_is_misspelled_is_a_mistake_beside_others(self) -> None:
        environ = {f"INPUT_{name.upper()}": text for name, text in WHOLE.items()} | {"INPUT_DRY_RUN": "true"}

        with pytest.raises(Stop) as raised:
            parse_inputs(environ | {"INPUT_WAIT": "x"})

        assert [problem.partition("`: ")[0].partition("` is ")[0] for problem in raised.value.end.problems] == [
            "`wait",
            "`dry_run",
        ]

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

        assert problem.startswith(f"`model`: expected {MODEL}")
        assert ", got `" in problem

    def test_a_version_and_another_alias_contradict_each_other(self) -> None:
        (problem,) = problems(model="orgs/o/models/a/versions/7", alias="production")

        assert problem == "`alias` (`production`) conflicts with the version in `model` (`7`). Set one of them."

    def test_a_version_and_the_same_number_as_another_text_contradict_each_other(self) -> None:
        found = problems(model="orgs/o/models/a/versions/7", alias="07")

        assert any("`07`" in problem for problem in found)

    @pytest.mark.parametrize("model", ["a", "orgs/o/models/a"])
    def test_neither_a_version_nor_an_alias(self, model: str) -> None:
        (problem,) = problems(model=model, alias="")

        assert problem == "No version: set `alias`, or add `/versions/<version>` to `model`."

    def test_it_is_required(self) -> None:
        (problem,) = problems(model="")

        assert "`model` is required" in problem
        assert "deployment-id" in problem


class TestSmokeTest:
    ASK: ClassVar[dict[str, str]] = {"smoke_test_prompt": "Hello?", "inference_api_key": "k2"}

    def test_it_forgives_for_a_minute_unless_told_otherwise(self) -> None:
        assert parse(**self.ASK).smoke_test_warm_up == 60
        assert parse(**self.ASK, smoke_test_warm_up="0s").smoke_test_warm_up == 0
        assert parse(**self.ASK, smoke_test_warm_up="30m").smoke_test_warm_up == 1800

    def test_one_way_to_judge_is_enough(self) -> None:
        assert problems(**self.ASK, smoke_test_contains="a", smoke_test_expect="b") == (
            "`smoke-test-contains` can't be combined with `smoke-test-expect`. Remove one of them.",
        )

    @pytest.mark.parametrize("name", ["contains", "expect", "max_latency"])
    def test_without_a_question_there_is_nothing_to_judge(self, name: str) -> None:
        (problem,) = problems(**{f"smoke_test_{name}": "1s"})

        option = f"smoke-test-{name.replace('_', '-')}"
        assert problem == f"`{option}` needs a question. Set `smoke-test-prompt`, or remove `{option}`."

    def test_a_question_needs_a_key_except_in_a_dry_run(self) -> None:
        (problem,) = problems(smoke_test_prompt="Hello?")

        assert problem == f"`inference-api-key` is required by `smoke-test-prompt` but empty. {WHY_EMPTY}"
        assert parse(smoke_test_prompt="Hello?", dry_run="true").dry_run

    def test_a_file_is_in_place_of_a_question(self) -> None:
        whole = {f"smoke_test_{name}": "1s" for name in ("prompt", "contains", "max_latency", "file")}

        (problem,) = problems(inference_api_key="k2", **whole)

        assert problem == (
            "`smoke-test-file` can't be combined with `smoke-test-prompt`, `smoke-test-contains`, and "
            "`smoke-test-max-latency`. Remove one or the other."
        )

    def test_a_file_needs_a_key_and_is_awaited(self) -> None:
        (problem,) = problems(smoke_test_file="q.toml")
        assert problem.startswith("`inference-api-key` is required by `smoke-test-file` but empty. ")
        assert problems(smoke_test_file="q.toml", inference_api_key="k2", wait="false") == (
            "`wait: false` can't be combined with `smoke-test-file`. Remove one or the other.",
        )
        assert parse(smoke_test_file="q.toml", inference_api_key="k2").has_smoke_test
        assert (parse(**self.ASK).has_smoke_test, parse().has_smoke_test) == (True, False)

    def test_mistakes_in_the_file_are_told_with_the_others(self) -> None:
        with pytest.raises(Stop) as raised:
            parse_inputs({"INPUT_API-KEY": KEY, "INPUT_ENDPOINT": "a/b", "INPUT_MODEL": "m"}, ("`smoke-test-file`: x",))

        assert [problem.partition(": ")[0] for problem in raised.value.end.problems] == [
            "`endpoint`",
            "No version",
            "`smoke-test-file`",
        ]


class TestSecrets:
    @pytest.mark.parametrize("key", ["", "  \n"])
    def test_it_is_required(self, key: str) -> None:
        (problem,) = problems(api_key=key)

        assert problem == f"`api-key` is required but empty. {WHY_EMPTY}"

    @pytest.mark.parametrize("reason", ["misspelled", "`environment:`", "from a fork", "Dependabot"])
    def test_it_says_why_secrets_are_empty(self, reason: str) -> None:
        assert reason in WHY_EMPTY

    def test_neither_key_is_in_what_shows_the_inputs(self) -> None:
        asked = parse(inference_api_key=f"{KEY}-2", smoke_test_prompt="Say hello.")

        assert KEY in asked.api_key
        assert KEY not in repr(asked)
        assert repr(asked).startswith("Inputs(endpoint='")

    def test_the_endpoint_is_required_too(self) -> None:
        (problem,) = problems(endpoint="")

        assert problem == "`endpoint` is required but empty."


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
        assert 10 <= inputs.timeout <= 604_800
        assert 0.1 <= inputs.poll_interval <= 600
        assert inputs.version_ref or inputs.deployment_id
