"""What is known of the deploy call: it is in doubt only from the moment it was lost until it is found, or not."""

from cerebras_deploy.api.operation import Operation
from cerebras_deploy.decide.deploy_call import DeployCall, own_ids


def test_it_is_in_doubt_while_nobody_knows() -> None:
    call = DeployCall()
    call.sent(3.0)
    assert call == DeployCall(3.0, in_doubt=False, is_accepted=False)

    call.lost()
    assert call == DeployCall(3.0, in_doubt=True, is_accepted=False)


def test_one_that_was_not_accepted_may_be_sent_again() -> None:
    call = DeployCall(3.0, in_doubt=True)
    call.not_accepted()
    call.sent(9.0)

    assert call == DeployCall(9.0, in_doubt=False, is_accepted=False)


def test_one_that_was_accepted_is_in_doubt_no_more() -> None:
    call = DeployCall(3.0, in_doubt=True)
    call.accepted()

    assert call == DeployCall(3.0, in_doubt=False, is_accepted=True)


def test_before_it_is_sent_it_is_neither_in_doubt_nor_accepted() -> None:
    assert DeployCall() == DeployCall(0.0, in_doubt=False, is_accepted=False)


def test_what_was_listed_before_the_call_is_no_form_of_our_id() -> None:
    reply = Operation.model_validate({"name": "operations/1", "response": {"deployment_id": "5"}})

    assert own_ids(reply, frozenset()) == ("5", "1")
    assert own_ids(reply, frozenset({"1", "7"})) == ("5",)
    assert own_ids(reply, frozenset({"1", "5"})) == ()
