"""A whole set of inputs, some of them changed, and what is wrong with it."""

import pytest

from cerebras_deploy.errors import Stop
from cerebras_deploy.inputs import Inputs, parse_inputs

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
