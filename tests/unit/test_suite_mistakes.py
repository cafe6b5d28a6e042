"""How mistakes are told: with their key, in the words of the file."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cerebras_deploy.suite_mistakes import mistakes_in, place


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    most_parts: int = Field(alias="most-parts", default=1)
    parts: list[Part] = []

    @field_validator("most_parts")
    @classmethod
    def _few(cls, value: int) -> int:
        if value > 9:
            raise ValueError("fewer than ten")
        return value


@pytest.mark.parametrize(
    ("given", "key", "said"),
    [
        ({"most-parts": "x"}, "most-parts", "input should be a valid integer, unable to parse string"),
        ({"most-parts": 10}, "most-parts", "expected fewer than ten, got `10`"),
        ({"most": 1}, "most", "unknown key. Known keys: `most-parts`, `parts`"),
        ({"most` and `at": 1}, "most` and `at", "both say the same. Leave one of them out"),
        ({"parts": [{"size": 1}, {}]}, "parts", "at [1].size: missing"),
        ({"parts": [{"size": 1, "x": 1}]}, "parts", "at [0].x: unknown key. Known keys: `size`"),
        ([], "", "input should be a valid dictionary"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_is_right(given: object, key: str, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate(given)
    ((found, told),) = mistakes_in(raised.value, Whole, {"parts": Part})

    assert found == key
    assert told.startswith(said)


def test_what_was_given_is_shortened_and_harmless() -> None:
    with pytest.raises(ValidationError) as raised:
        Whole.model_validate({"most-parts": "x\n" * 99})
    ((_, told),) = mistakes_in(raised.value, Whole, {})

    assert "\n" not in told
    assert len(told) < 200


def test_a_place_whose_line_is_not_known_is_the_file() -> None:
    assert (place("q/a.toml", 3), place("q/a.toml", 0)) == ("q/a.toml, line 3", "q/a.toml")
