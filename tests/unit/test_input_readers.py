"""How each input is read, from its text to its value."""

import pytest

from cerebras_deploy.input_readers import NAME, VERSION, ModelRef
from helpers.asked import parse, problems


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

    assert problem.startswith(f"`alias`: expected {VERSION}, got `")


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

        assert problem == "`wait: false` can't be combined with `deployment-id`. Remove one or the other."


@pytest.mark.parametrize("name", ["endpoint", "deployment-id"])
@pytest.mark.parametrize(
    "text", ["a/b", "a:b", "a b", "a?b", "a#b", "a%b", ".", "..", "a\\b", "ä", "a\r\nb", "x" * 256]
)
def test_an_id_that_would_break_a_url_is_refused(name: str, text: str) -> None:
    (problem,) = problems(**{name: text})

    assert problem.startswith(f"`{name}`: expected {NAME}, got `")
    assert len(problem.splitlines()) == 1


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

        assert problem == f"`{name}`: expected `true` or `false`, got `{text}`."

    @pytest.mark.parametrize(
        ("name", "accepted", "told"),
        [
            ("if-current", ["skip", "deploy"], "`skip` or `deploy`"),
            ("if-busy", ["wait", "queue", "fail"], "`wait`, `queue`, or `fail`"),
        ],
    )
    def test_words(self, name: str, accepted: list[str], told: str) -> None:
        for text in accepted:
            assert getattr(parse(**{name: text}), name.replace("-", "_")) == text

        (problem,) = problems(**{name: "Skip"})

        assert problem == f"`{name}`: expected {told}, got `Skip`."


class TestPromoteAliases:
    def test_twenty_are_taken_whichever_way_they_are_written(self) -> None:
        wanted = tuple(f"alias-{number}" for number in range(20))

        assert parse(promote_aliases=",".join(wanted)).promote_aliases == wanted
        assert parse(promote_aliases="\n".join((*wanted, wanted[0]))).promote_aliases == wanted

    def test_of_more_it_says_how_many_are_accepted(self) -> None:
        (problem,) = problems(promote_aliases=",".join(f"alias-{number}" for number in range(21)))

        assert problem.startswith("`promote-aliases`: expected up to 20 aliases, ")


@pytest.mark.parametrize("name", ["smoke-test-contains", "smoke-test-expect"])
def test_what_the_answer_must_have_has_no_invisible_character(name: str) -> None:
    (problem,) = problems(**{name: "Par\u200bis", "smoke-test-prompt": "Of France?", "inference-api-key": "key-12345"})

    what = {"smoke-test-contains": "a text", "smoke-test-expect": "an expression"}[name]
    assert problem.startswith(f"`{name}`: expected {what} without the invisible character U+200B (use single quotes")
