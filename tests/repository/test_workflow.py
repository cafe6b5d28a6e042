"""The selftest workflow as act runs it: a second opinion, beside the emulated runner, on how everything is wired."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.acting import act, build_runner, copy_to, with_a_name_of_its_own

pytestmark = pytest.mark.workflow

WORKFLOW = ".github/workflows/selftest.yml"

Copy = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def _runner() -> None:
    build_runner()


@pytest.fixture
def copy(tmp_path: Path, tracked: Callable[[], list[Path]]) -> Copy:
    """Copy what git tracks, with other words in the workflow if asked to."""

    def copied(changes: dict[str, str] | None = None) -> Path:
        copy_to(tmp_path, tracked())
        workflow = tmp_path / WORKFLOW
        text = workflow.read_text()
        for old, new in (changes or {}).items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        workflow.write_text(with_a_name_of_its_own(text))
        return tmp_path

    return copied


def test_every_step_ends_as_it_should(copy: Copy) -> None:
    code, lines = act(copy(), WORKFLOW)

    checked = [line.removeprefix("checked ") for line in lines if line.startswith("checked ")]
    assert checked[:-1] == [
        "healthy: success succeeded done",
        "rolls-back: failure rolled-back rolled_back",
        "started: success triggered",
        "followed: success succeeded done",
        "versions: 2 orgs/my-org/models/gpt-oss-120b/versions/1",
    ]
    assert checked[-1].startswith("deployment: ")
    assert code == 0


def test_a_step_that_ends_otherwise_than_expected_fails_the_workflow(copy: Copy) -> None:
    code, lines = act(copy({'"success triggered"': '"success succeeded"', "--speed 20": "--speed 100"}), WORKFLOW)

    assert "checked healthy: success succeeded done" in lines
    assert "started: 'success triggered' instead of 'success succeeded'" in "\n".join(lines)
    assert not [line for line in lines if line.startswith("checked followed")]
    assert code == 1
