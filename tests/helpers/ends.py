"""How a part of a run ends, for tests that expect it to be stopped."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cerebras_deploy.errors import Stop
from cerebras_deploy.result import Result


@contextmanager
def stopping(result: Result) -> Iterator[pytest.ExceptionInfo[Stop]]:
    """Expect a stop with that result."""
    with pytest.raises(Stop) as raised:
        yield raised
    assert raised.value.end.result is result
