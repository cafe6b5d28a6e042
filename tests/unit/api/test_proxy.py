"""Which proxy the environment names for an address."""

import pytest

from cerebras_deploy.api.proxy import find_proxy, is_excepted, no_proxy, place_of, useless_entries

API = "https://api.example.com"
CORP = "http://proxy.corp:3128"


def found(url: str = API, **environ: str) -> str:
    proxy = find_proxy(environ, url)
    return f"{proxy.variable} {proxy.url}" if proxy else ""


class TestWhichOneCounts:
    def test_that_of_the_scheme_before_that_of_all(self) -> None:
        assert found(HTTPS_PROXY=CORP, ALL_PROXY="http://other:1") == f"HTTPS_PROXY {CORP}"
        assert found(HTTP_PROXY=CORP, ALL_PROXY="http://other:1") == "ALL_PROXY http://other:1"
        assert found("http://api", HTTPS_PROXY="http://other:1", HTTP_PROXY=CORP) == f"HTTP_PROXY {CORP}"

    def test_in_lower_case_before_upper_case_even_if_it_is_empty(self) -> None:
        assert found(https_proxy=CORP, HTTPS_PROXY="http://other:1") == f"https_proxy {CORP}"
        assert found(https_proxy="", HTTPS_PROXY="http://other:1") == ""

    def test_a_proxy_without_a_scheme_is_one_of_http(self) -> None:
        assert found(HTTPS_PROXY="proxy.corp:3128") == f"HTTPS_PROXY {CORP}"

    def test_one_that_is_not_asked_for_is_not_looked_at(self) -> None:
        assert found(HTTP_PROXY="zqx://") == ""


@pytest.mark.parametrize(
    "value",
    [
        "zqx://proxy",
        "http://",
        "http://proxy:zqx",
        "http://proxy:99999999",
        "http://somebody:zqx#1@proxy:3128",
        "http://somebody:zqx/1@proxy:3128",
        "http://somebody:zqx?1@proxy:3128",
        "http://\x1b[2J:1",
        "http://[::1",
        "http://[zqx]:1",
    ],
)
def test_what_cannot_be_used_is_named_and_its_password_is_not_shown(value: str) -> None:
    with pytest.raises(
        ValueError, match=r"^HTTPS_PROXY is not the address of a proxy: set it to http://HOST:PORT"
    ) as raised:
        find_proxy({"HTTPS_PROXY": value}, API)

    assert "zqx" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "SOCKS5h"])
def test_socks_is_not_supported(scheme: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"^ALL_PROXY names a SOCKS proxy, which isn't supported: set it to the address of an HTTP proxy$",
    ):
        find_proxy({"ALL_PROXY": f"{scheme}://somebody:zqx@127.0.0.1:9"}, API)


def test_a_proxy_shows_host_and_port_and_no_password() -> None:
    proxy = find_proxy({"HTTPS_PROXY": "http://somebody:zqx@[::1]:3128"}, API)

    assert proxy
    assert (proxy.host, proxy.place) == ("::1", "[::1]:3128")
    assert "zqx" not in repr(proxy)


@pytest.mark.parametrize(
    ("url", "place"),
    [(API, "api.example.com"), ("http://a:80", "a:80"), ("https://[fd00::1]", "[fd00::1]"), ("http://u:p@a", "a")],
)
def test_a_place_is_host_and_port(url: str, place: str) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    ("entries", "host", "excepted"),
    [
        ("", "api.example.com", False),
        ("*", "api.example.com", True),
        ("api.example.com", "API.example.com.", True),
        ("example.com", "api.example.com", True),
        (".example.com", "api.example.com", True),
        ("*.example.com", "api.example.com", True),
        ("example.com.", "api.example.com", True),
        ("ample.com", "api.example.com", False),
        ("api.example.com:443", "api.example.com", True),
        ("api.example.com:8443", "api.example.com", False),
        ("https://api.example.com", "api.example.com", True),
        ("other, api.example.com", "api.example.com", True),
        ("other api.example.com", "api.example.com", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("10.1.2.3:444", "10.1.2.3", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3/8", "10.200.0.1", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "api.example.com", False),
        ("1.2.3", "10.1.2.3", False),
        ("::1", "::1", True),
        ("[::1]", "::1", True),
        ("[::1]:443", "::1", True),
        ("[::1]:444", "::1", False),
        ("::1/128", "::1", True),
        ("fd00::/8", "fd12::1", True),
        ("fd00::/8", "fe80::1", False),
        ("fd00::/8", "10.1.2.3", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("FD00:0::1", "fd00::1", True),
    ],
)
def test_no_proxy_excepts(entries: str, host: str, *, excepted: bool) -> None:
    assert is_excepted(entries, host, 443) == excepted
    shown = f"[{host}]" if ":" in host else host
    assert (found(f"https://{shown}", HTTPS_PROXY=CORP, NO_PROXY=entries) == "") == excepted


def test_what_is_neither_a_name_nor_an_address_nor_a_network_is_told() -> None:
    usual = "localhost,127.0.0.1, .corp,*.corp,corp:8080,10.0.0.0/8,fd00::/8,::1/128,[::1],[::1]:80,*,https://a.b"

    assert useless_entries(usual) == []
    assert useless_entries("192.168.*,10.0.0.0/33,<local>,a..b,a:b,[zqx],corp:8080/x") == [
        *("192.168.*", "10.0.0.0/33", "<local>", "a..b", "a:b", "[zqx]", "corp:8080/x")
    ]


def test_the_variable_that_counts_is_told() -> None:
    assert no_proxy({"no_proxy": "a", "NO_PROXY": "b"}) == ("no_proxy", "a")
    assert no_proxy({}) == ("", "")
