"""Many steps behind one rate limit: none starves, and none of them all come at once."""

import pytest

from fleet import play
from helpers.fleet import Turned

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("size", "rate"), [(10, 60), (100, 300)])
def test_all_see_their_ends_soon_after_each_other(size: int, rate: float) -> None:
    found = play(size, rate)

    assert found.results == {"succeeded": size}
    assert found.lags[-1] - found.lags[0] <= 30
    assert found.turned_away <= 0.5


@pytest.mark.parametrize("turned", ["429", "503"])
def test_one_step_alone_is_not_slowed_down(turned: Turned) -> None:
    found = play(1, 60, turned)

    assert found.results == {"succeeded": 1}
    assert found.lags[0] <= 1.5


def test_after_an_outage_they_do_not_all_come_at_once() -> None:
    found = play(40, 1000, outage=True)

    assert found.results == {"succeeded": 40}
    assert found.after <= 2 * found.steady
