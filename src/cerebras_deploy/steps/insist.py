"""A call that follows on a read, and is turned away by a limit on requests."""

from collections.abc import Callable
from typing import TypeVar

from cerebras_deploy.decide.freshness import FRESH
from cerebras_deploy.decide.schedule import retry_delay
from cerebras_deploy.errors import CallError, Fate
from cerebras_deploy.patience import Patience

T = TypeVar("T")


def insist(patience: Patience, call: Callable[[], T]) -> T:
    """Return what a call returns that follows on a read.

    While that read is fresh, a call that is turned away is made again by itself. If the read were repeated with it, a
    limit of one request a second, say, would let every read through and never the call. Raises its `CallError` if it
    fails in another way, or when the read is not fresh any more.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return call()
        except CallError as error:
            delay = retry_delay(attempt, error.retry_after, patience.rng)
            if error.fate is not Fate.THROTTLED or patience.last_read_age + delay > FRESH or delay >= patience.left:
                raise
            patience.listener.failing(error, patience.left)
            patience.pause(delay)
