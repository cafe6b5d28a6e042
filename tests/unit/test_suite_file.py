"""The file of `smoke-test-file`: what it may say, and where a mistake is."""

from decimal import Decimal
from pathlib import Path

import pytest

from cerebras_deploy.decide.question import Question, asking
from cerebras_deploy.decide.suite import Suite
from cerebras_deploy.suite_file import SuiteError, read_suite

LEAST = '[[case]]\nprompt = "Hi"\n'


class Workspace:
    """A workspace with the file `q/suite.toml`, and others beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "q").mkdir()

    def read(self, toml: str, **others: str) -> Suite:
        (self.root / "q" / "suite.toml").write_text(toml, encoding="utf-8")
        for name, text in others.items():
            (self.root / "q" / f"{name}.jsonl").write_text(text, encoding="utf-8")
        return read_suite("q/suite.toml", str(self.root))

    def problems(self, toml: str, **others: str) -> list[str]:
        with pytest.raises(SuiteError) as raised:
            self.read(toml, **others)
        assert str(raised.value) == "; ".join(raised.value.problems)
        assert all(one.startswith("`smoke-test-file`: ") for one in raised.value.problems)
        return [one.removeprefix("`smoke-test-file`: ") for one in raised.value.problems]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_all_that_it_may_say(workspace: Workspace) -> None:
    limits = """
        concurrency = 8
        pass-rate = 0.95
        repeat = 3
        p95-latency = "2s"
        min-tokens-per-second = 500
        max-slowdown = 0.2
    """

    found = workspace.read(f'{limits}\ncases = "more.jsonl"\n{LEAST}', more='{"input": "a", "ideal": "b", "id": 1}\n\n')

    questions = (Question(asking("Hi"), name="case 1"), Question(asking("a"), ("b",), name="line 1"))
    assert found == Suite(questions, 8, Decimal("0.95"), 3, 2.0, 500.0, 0.2, ("id",))


def test_what_it_leaves_out_has_a_default(workspace: Workspace) -> None:
    found = workspace.read(LEAST)

    assert (found.concurrency, found.pass_rate, found.repeat, found.need) == (4, Decimal(1), 1, 1)
    assert (found.p95_latency, found.least_rate, found.max_slowdown) == (None, None, None)


def test_the_pass_rate_is_as_written(workspace: Workspace) -> None:
    assert workspace.read(f"pass-rate = 0.07\n{LEAST * 100}").need == 7


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("concurrency = 0", "line 1: `concurrency`: input should be greater than or equal to 1, got `0`"),
        ("\nconcurrency = 33", "line 2: `concurrency`: input should be less than or equal to 32, got `33`"),
        ("concurrency = true", "line 1: `concurrency`: input should be a valid integer, got `True`"),
        ("pass-rate = 1.01", "line 1: `pass-rate`: input should be less than or equal to 1, got `1.01`"),
        ("pass-rate = nan", "line 1: `pass-rate`: input should be a finite number, got `nan`"),
        ("pass-rate = 0.12345678901", "line 1: `pass-rate`: decimal input should have no more than 10 decimal places"),
        ("repeat = 2", "line 1: `repeat`: input should be 1, 3 or 5, got `2`"),
        ("repeat = true", "line 1: `repeat`: input should be 1, 3 or 5"),
        ('p95-latency = "1d"', "line 1: `p95-latency`: expected a duration from 10ms to 30s"),
        ("min-tokens-per-second = 0", "line 1: `min-tokens-per-second`: input should be greater than 0, got `0`"),
        ("min-tokens-per-second = inf", "line 1: `min-tokens-per-second`: input should be a finite number"),
        ("max-slowdown = -0.1", "line 1: `max-slowdown`: input should be greater than or equal to 0, got `-0.1`"),
        ('"pass_rate" = 1', "line 1: `pass_rate`: unknown key. Known keys: `concurrency`, `pass-rate`, `repeat`"),
        ('cases = ""', "line 1: `cases`: string should have at least 1 character"),
    ],
)
def test_mistakes_of_the_whole_are_told_with_line_and_key(workspace: Workspace, toml: str, problem: str) -> None:
    (found,) = workspace.problems(f"{toml}\n{LEAST}")

    assert found.startswith(f"q/suite.toml, {problem}")


def test_mistakes_of_cases_are_told_with_line_case_and_key_all_in_one_go(workspace: Workspace) -> None:
    toml = 'repeat = 4\n[[case]]\nprompt = "a"\nname = "first"\nmax-tokens = 0\n[[ "case" ]]\nexpect = "("\n'
    json = '{"input": "a"}\n{"input": ""}\n[1]\n{\n'

    found = workspace.problems(f'cases = "more.jsonl"\n{toml}', more=json)

    assert [one.partition(": ")[0] for one in found] == [
        "q/suite.toml, line 2",
        'q/suite.toml, line 6, case 1 ("first")',
        "q/suite.toml, line 7, case 2",
        "q/suite.toml, line 8, case 2",
        "q/more.jsonl, line 2",
        "q/more.jsonl, line 3",
        "q/more.jsonl, line 4",
    ]


def test_where_the_line_of_a_case_is_not_sure_none_is_told(workspace: Workspace) -> None:
    looks_like_one = '[[case]]\nprompt = """\n[[case]]\n"""\n[[case]]\nprompt = 1\n'
    otherwise = 'case = [{prompt = "a"}, {prompt = 1}]\n'

    for toml in (looks_like_one, otherwise):
        assert workspace.problems(toml) == ["q/suite.toml, case 2: `prompt`: input should be a valid string, got `1`"]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("x = [", "q/suite.toml is not valid TOML: Invalid value (at end of document)"),
        ("x = 1e9999999999999999999", "q/suite.toml is not valid TOML: a number in it is too large"),
        ("x = " + "[" * 5000, "q/suite.toml is not valid TOML: "),
        ("", "q/suite.toml has no questions: add a `[[case]]` or `cases`"),
        ('cases = "empty.jsonl"', "neither q/suite.toml nor its `cases` file, empty.jsonl, has a question"),
        ('[case]\nprompt = "a"', "q/suite.toml: write `[[case]]`, with two brackets"),
        ('cases = "none.jsonl"', "q/none.jsonl does not exist in the workspace"),
        ('cases = "../../x"', "q/../../x can't be read (not inside the workspace)"),
    ],
)
def test_a_file_that_cannot_be_used(workspace: Workspace, toml: str, problem: str) -> None:
    (found,) = workspace.problems(toml, empty="\n \n")

    assert found.startswith(problem)


def test_an_unknown_key_of_a_message_is_told_with_those_of_messages(workspace: Workspace) -> None:
    toml = '[[case]]\nmessages = [{role = "user", content = "a", name = "b"}]'

    assert workspace.problems(toml) == [
        "q/suite.toml, line 2, case 1: `messages`: at [0].name: unknown key. Known keys: `role`, `content`"
    ]


def test_a_file_that_is_missing(workspace: Workspace) -> None:
    with pytest.raises(SuiteError, match=r"`smoke-test-file`: none.toml does not exist in the workspace"):
        read_suite("none.toml", str(workspace.root))


def test_lines_may_end_as_on_windows(workspace: Workspace) -> None:
    found = workspace.read(f'cases = "more.jsonl"\r\n{LEAST}', more='{"input": "b"}\r\n{"input": "c"}\r\n')

    assert [one.prompt for one in found.cases] == ["Hi", "b", "c"]


def test_numbers_are_texts_as_they_are_written(workspace: Workspace) -> None:
    found = workspace.read(f"{LEAST}contains = [3.10, 7, 6.02e23, 6_000.5]")

    assert found.cases[0].contains == ("3.10", "7", "6.02e23", "6000.5")


@pytest.mark.parametrize("key", ["pass-rate", "min-tokens-per-second", "max-slowdown"])
@pytest.mark.parametrize(("value", "shown"), [("true", "True"), ('"1"', "1"), ("[1]", "[1]")])
def test_what_is_no_number_is_a_mistake_where_one_is_expected(
    workspace: Workspace, key: str, value: str, shown: str
) -> None:
    assert workspace.problems(f"{key} = {value}\n{LEAST}") == [
        f"q/suite.toml, line 1: `{key}`: expected a number, got `{shown}`"
    ]


def test_of_very_many_mistakes_50_are_told(workspace: Workspace) -> None:
    found = workspace.problems('cases = "more.jsonl"', more="{}\n" * 99)

    assert (len(found), found[-1]) == (51, "49 more mistakes")
