"""An input that was misspelled is told, and never ignored."""

from collections.abc import Mapping

import pytest

from cerebras_deploy.input_names import misspelled

KNOWN = ("dry-run", "deployment-id", "alias", "on-failure", "wait")


def said(given: Mapping[str, str], known: Mapping[str, str] | None = None) -> list[str]:
    own = {f"INPUT_{name.upper()}": value for name, value in (known or {}).items()}
    return list(misspelled({**own, **given}, KNOWN))


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("INPUT_DRY_RUN", "dry-run"),
        ("INPUT_DRYRUN", "dry-run"),
        ("INPUT_dry-run", "dry-run"),
        ("Input_Dry-Run", "dry-run"),
        ("INPUT_DEPLOYMENT_ID", "deployment-id"),
        ("INPUT_DEPLOYMENTS-ID", "deployment-id"),
        ("INPUT_DEPLOYMENT-I", "deployment-id"),
        ("INPUT_ALIAZ", "alias"),
        ("INPUT_WAITS", "wait"),
        ("INPUT_DRY-RNU", "dry-run"),
        ("INPUT_ON-FAILRUE", "on-failure"),
        ("INPUT_DEPLOYMENTI-D", "deployment-id"),
        ("INPUT_DEPLOYMENT-DI", "deployment-id"),
        ("INPUT_LAIAS", "alias"),
    ],
)
def test_it_is_told_with_what_was_meant_and_where_it_may_come_from(variable: str, meant: str) -> None:
    (problem,) = said({variable: "true"})

    assert problem == (
        f"`{variable[6:].lower()}` is not an input. Did you mean `{meant}`? "
        f"It comes from `with:`, or from `{variable}` in `env:`."
    )


@pytest.mark.parametrize(
    "variable",
    [
        "INPUT_SCRIPT",
        "INPUT_ALIASES-OF",
        "INPUT_WA",
        "DRY_RUN",
        "INPUT_",
        "GITHUB_INPUT_DRY_RUN",
        "INPUT_WTAI",
        "INPUT_TIAW",
        "INPUT_AWTI",
    ],
)
def test_what_is_like_none_is_nobodys_business(variable: str) -> None:
    assert said({variable: "true"}) == []


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_one_says_nothing(value: str) -> None:
    assert said({"INPUT_DRY_RUN": value}) == []


def test_beside_the_real_one_with_the_same_value_it_does_no_harm() -> None:
    assert said({"INPUT_DRY_RUN": " true"}, {"dry-run": "true"}) == []
    assert len(said({"INPUT_DRY_RUN": "true"}, {"dry-run": "false"})) == 1


def test_the_inputs_themselves_are_fine() -> None:
    assert said({}, dict.fromkeys(KNOWN, "true")) == []
