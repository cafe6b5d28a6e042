"""What the workflow may ask for, and hardly means: told, and then done."""

import re
import warnings
from collections.abc import Iterator

from cerebras_deploy.inputs import Inputs

HOSTED_JOB = 6 * 3600.0  # seconds; GitHub ends a job on a hosted runner then (docs.github.com, Actions limits)


def warnings_of(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Give a title and a text for each input that is hardly meant so."""
    for name, text in (
        ("smoke-test-expect", inputs.smoke_test_expect),
        ("smoke-test-contains", inputs.smoke_test_contains),
    ):
        if re.fullmatch(r"""(["'`]).+\1""", text, re.DOTALL):
            yield "Quotes in the expected answer", f"`{name}` is in quotes, so the answer must contain the quotes too."
    if inputs.smoke_test_expect and _matches_nothing(inputs.smoke_test_expect):
        text = "`smoke-test-expect` matches the empty text, so almost any answer passes."
        yield "Expression matches anything", text
    if inputs.inference_api_key and not inputs.has_smoke_test:
        text = "`inference-api-key` is set, but there is no smoke test. Set `smoke-test-prompt`, or remove the key."
        yield "No smoke test", text
    if inputs.timeout > HOSTED_JOB:
        text = "`timeout` is longer than 6 hours. GitHub ends a job on a hosted runner after 6 hours."
        yield "Long timeout", text


def _matches_nothing(expression: str) -> bool:
    with warnings.catch_warnings(action="ignore"):  # of expressions that Python will read otherwise some day
        return re.search(expression, "") is not None
