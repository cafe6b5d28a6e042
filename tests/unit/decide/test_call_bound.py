"""How long one whole call may take."""

import pytest

from cerebras_deploy.decide.call_bound import call_bound


@pytest.mark.parametrize(("left", "bound"), [(3600, 30), (28, 30), (27, 29), (10, 12), (0, 2)])
def test_a_call_is_bounded_by_thirty_seconds_and_the_deadline(left: float, bound: float) -> None:
    assert call_bound(left) == bound


def test_past_the_deadline_the_last_read_still_has_a_moment() -> None:
    assert 0 < call_bound(-5) <= 2


def test_past_the_deadline_a_call_has_a_second() -> None:
    assert call_bound(-60) == 1
