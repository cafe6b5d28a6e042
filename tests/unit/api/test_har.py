"""One call as HAR has it: no key is in it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cerebras_deploy.api import har
from cerebras_deploy.api.message import Answer, Request
from cerebras_deploy.text import Redactor

SECRET = "csk-0123456789"
REQUEST = Request("GET", "https://api.example.com/management/v1/endpoints/e?x=1", SECRET)


def ok(body: str = "{}", **headers: str) -> Answer:
    return Answer(200, {"content-type": "application/json"} | headers, body.encode(), 0.25)


class TestKeys:
    @given(text=st.text(), before=st.integers(0, 70_000))
    def test_no_key_is_in_it_wherever_it_stood(self, text: str, before: int) -> None:
        body = f"{'x' * before}{text}{SECRET}{text}"
        call = har.entry(REQUEST, ok(body, location=f"https://x/{SECRET}"), 0.0, Redactor([SECRET]))

        assert SECRET not in json.dumps(call)

    def test_no_key_is_in_it_with_escapes_between_its_letters(self) -> None:
        body = json.dumps({"said": "\x1b[31m".join(SECRET), "again": "\0".join(SECRET)})

        call = har.entry(REQUEST, ok(body), 0.0, Redactor([SECRET]))

        assert json.loads(call["response"]["content"]["text"]) == {"said": "***", "again": "***"}
