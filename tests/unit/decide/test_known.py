"""What is known, to read."""

import pytest

from cerebras_deploy.api.status import Status
from cerebras_deploy.decide.facts import Facts
from helpers.known import nothing_sent, tracked


class TestStatus:
    @pytest.mark.parametrize("status", Status)
    def test_it_is_in_the_apis_words(self, status: Status) -> None:
        facts = nothing_sent()
        facts.attached(tracked(status.value), 0)

        assert facts.status == status.value
        assert facts.under_way == status.under_way

    def test_a_word_outside_the_table_is_unknown_and_may_go_on(self) -> None:
        facts = nothing_sent()
        facts.attached(tracked("frobnicating"), 0)

        assert facts.status == "unknown"
        assert facts.under_way

    def test_before_there_is_one_it_is_empty(self) -> None:
        assert (nothing_sent().status, nothing_sent().deployment_id) == ("", "")


def test_a_version_is_named_with_the_alias_that_it_was_asked_for_by() -> None:
    assert nothing_sent().what == "gpt-oss-120b version 2 (alias production)"
    assert nothing_sent("2").what == "gpt-oss-120b version 2"
    assert Facts(endpoint="e", asked="production").what == "version production"
    assert Facts(endpoint="e").what == "an unknown version"


class TestDuration:
    def test_it_counts_from_the_call_that_was_accepted(self) -> None:
        facts = nothing_sent()
        facts.deploy_call.sent(10)
        facts.deploy_call.sent(400)
        facts.deployed(tracked())
        facts.finished(600)

        assert facts.duration == 200

    def test_it_counts_from_the_attach(self) -> None:
        facts = nothing_sent()
        facts.attached(tracked(), 5)
        facts.finished(65)

        assert facts.duration == 60

    def test_without_a_deployment_there_is_none(self) -> None:
        facts = nothing_sent()
        facts.deploy_call.sent(10)
        facts.finished(600)

        assert facts.duration is None
