"""Which certificate a server shows that was not accepted. `test_tls.py` has it in the words of a failed call."""

import ssl

import pytest
import trustme

from cerebras_deploy.api.certificate import shown_certificate, words
from cerebras_deploy.api.proxy import Proxy
from helpers.forged import Forged
from helpers.servers import proxying, serving


@pytest.fixture
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA(organization_name="Corp CA").issue_cert("api.other.example").configure_cert(context)
    return context


def test_it_says_whom_it_is_for_and_who_has_issued_it_and_nothing_is_sent(tls: ssl.SSLContext) -> None:
    with serving(Forged(), tls=tls) as server:
        shown = shown_certificate(server.url, None, 5)

    assert shown.startswith("the server shows a certificate for api.other.example, issued by Corp CA, valid until ")
    assert server.lines == []


def test_through_a_proxys_tunnel_it_is_the_servers(tls: ssl.SSLContext) -> None:
    with serving(Forged(), tls=tls) as server, proxying() as proxy:
        shown = shown_certificate(server.url, Proxy("HTTPS_PROXY", proxy.url), 5)

    assert shown.startswith("the server shows a certificate for api.other.example, ")
    assert {line.partition(" ")[0] for line in proxy.lines} == {"CONNECT"}
    assert server.lines == []


def test_where_there_is_none_nothing_is_said() -> None:
    with serving(Forged()) as server:
        assert shown_certificate(server.url.replace("http:", "https:"), None, 5) == ""


def test_of_many_names_five_are_told_and_of_none_the_subject() -> None:
    issuer = ((("countryName", "DE"),), (("organizationName", "Corp"),))
    many = {"subjectAltName": [("DNS", f"{n}.example") for n in range(6)], "issuer": issuer, "notAfter": "tomorrow"}

    assert words(many) == (
        "the server shows a certificate for 0.example, 1.example, 2.example, 3.example, 4.example and others, issued "
        "by Corp, valid until tomorrow"
    )
    assert words({"subject": ((("commonName", "me"),),)}) == (
        "the server shows a certificate for me, issued by nobody, valid until"
    )
