"""A request as it is compared and shown."""

from dataclasses import replace

from cerebras_deploy.api.message import Request

REQUEST = Request("POST", "https://api.example.com/v1", "csk-0123456789", {"n": 1})


def test_a_requests_key_is_not_shown() -> None:
    assert "csk-0123456789" not in repr(REQUEST)


def test_two_requests_are_the_same_only_with_the_same_key_and_body() -> None:
    assert replace(REQUEST) == REQUEST
    assert replace(REQUEST, key="another") != REQUEST
    assert replace(REQUEST, body={"n": 2}) != REQUEST
