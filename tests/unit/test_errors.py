"""What is raised: a failed call in its own words, and a stop that carries the end of the run."""

import pytest

from cerebras_deploy.errors import CallError, Fate, Interrupted, Stop, end_of, invalid_input, refused
from cerebras_deploy.result import End, Result


class TestAFailedCall:
    def test_nothing_is_held_against_one_that_is_not_known_to_be_so(self) -> None:
        error = CallError(Fate.UNKNOWN, "HTTP 502")

        assert (error.status, error.retry_after, error.hint, error.ray, error.seconds) == (None, None, "", "", 0.0)
        assert (error.is_misread, error.is_stale, error.is_lasting) == (False, False, False)

    def test_in_one_line_it_is_its_reason_and_the_ray_where_there_is_one(self) -> None:
        assert str(CallError(Fate.UNKNOWN, "HTTP 502", ray="8f-FRA")) == "HTTP 502 (cf-ray 8f-FRA)"
        assert str(CallError(Fate.UNKNOWN, "HTTP 502")) == "HTTP 502"

    def test_the_name_of_the_call_is_put_before_the_reason_of_a_new_one_and_all_else_is_kept(self) -> None:
        error = CallError(Fate.THROTTLED, "HTTP 429", status=429, retry_after=3.0, hint="wait", ray="8f-FRA")

        assert vars(error.about("deploy")) == vars(error) | {"reason": "deploy: HTTP 429"}
        assert error.reason == "HTTP 429"

    def test_another_hint_replaces_its_own_unless_that_is_empty(self) -> None:
        error = CallError(Fate.DENIED, "HTTP 404", status=404, hint="check the id")

        assert vars(error.with_hint("there are: a, b")) == vars(error) | {"hint": "there are: a, b"}
        assert error.with_hint("").hint == error.hint == "check the id"

    def test_it_is_equal_to_no_other_as_errors_are(self) -> None:
        error = CallError(Fate.UNSENT, "refused")

        assert error != CallError(Fate.UNSENT, "refused")
        assert {error: "told"}[error] == "told"


class TestAStop:
    def test_it_is_read_as_the_reason_of_its_end(self) -> None:
        stop = Stop(End(Result.TIMED_OUT, "out of time", "raise `timeout`"))

        assert (str(stop), stop.end.hint) == ("out of time", "raise `timeout`")

    def test_a_refusal_has_a_reason_and_a_hint(self) -> None:
        assert refused("no such version", "upload it").end == End(Result.REFUSED, "no such version", "upload it")
        assert refused("no such version").end.hint == ""

    def test_an_interrupt_says_whether_a_request_was_out_and_for_how_long(self) -> None:
        plain, out = Interrupted(), Interrupted("repair it", sent=True, seconds=1.5)

        assert plain.end == End(Result.INTERRUPTED, "the job was canceled")
        assert (plain.sent, plain.seconds) == (False, 0.0)
        assert out.end == End(Result.INTERRUPTED, "the job was canceled", "repair it")
        assert (out.sent, out.seconds) == (True, 1.5)


def test_the_end_of_a_part_is_what_it_returns_or_stops_with_and_a_bug_is_neither() -> None:
    def stopped() -> End:
        raise refused("no")

    def interrupted() -> End:
        raise Interrupted

    def broken() -> End:
        raise ValueError("a bug")

    assert end_of(lambda: End(Result.SUCCEEDED)) == End(Result.SUCCEEDED)
    assert end_of(stopped) == End(Result.REFUSED, "no")
    assert end_of(interrupted).result is Result.INTERRUPTED
    with pytest.raises(ValueError, match="a bug"):
        end_of(broken)


def test_invalid_input_is_one_reason_and_a_line_for_each_problem() -> None:
    end = invalid_input("`a` is b.", "`c` is d").end

    assert end == End(Result.INVALID_INPUT, "`a` is b; `c` is d", problems=("`a` is b.", "`c` is d"))
