"""Words that the table lacks, and what each means."""

import pytest

from cerebras_deploy.api.status import Status
from helpers.asked import parse, problems


@pytest.mark.parametrize("between", [",", "\n", " , ", ",\n,"])
def test_each_pair_teaches_a_word(between: str) -> None:
    asked = parse(**{"status-words": between.join(["active=done", "rolling_out = in_progress"])})

    assert asked.status_words == {"active": Status.DONE, "rolling_out": Status.IN_PROGRESS}


def test_both_sides_are_read_in_the_form_of_the_table() -> None:
    asked = parse(**{"status-words": "RolloutState.ROLLING-OUT=IN PROGRESS"})

    assert asked.status_words == {"rolling_out": Status.IN_PROGRESS}


@pytest.mark.parametrize(
    "text", ["active", "active=", "=done", "active=ready", "active=canceled", ",", "active=done,ready", "a=b=done"]
)
def test_what_is_no_pair_of_a_word_and_a_status_is_refused(text: str) -> None:
    (problem,) = problems(**{"status-words": text})

    assert problem == (
        "`status-words`: expected pairs like `active=done, rolling_out=in_progress`, with a status on the right "
        "(not_started, in_progress, rolling_back, rolled_back, done, error, cancelled), "
        f"got `{text}`."
    )


@pytest.mark.parametrize("text", ["failed=error", "Completed=done", "active=done,ACTIVE=done"])
def test_a_word_may_be_given_the_meaning_that_it_has(text: str) -> None:
    assert parse(**{"status-words": text}).status_words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("failed=done", "`failed` means error"),
        ("Queued=in_progress", "`Queued` means not_started"),
        ("active=done,Active=error", "`Active` means done"),
    ],
)
def test_a_word_that_has_another_meaning_is_refused(text: str, told: str) -> None:
    (problem,) = problems(**{"status-words": text})

    assert f", and no word that has another meaning ({told}), got `{text}`." in problem
