"""The image behind squid: an HTTPS proxy that lets through, wants a password, or denies."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

import runner
from cerebras_simulator.server import running
from cerebras_simulator.world.state import World
from helpers import containers
from helpers.containers import ACTION
from helpers.daemons import free_port, host_on
from helpers.nginx import Nginx, nginx
from helpers.repository import MANIFEST
from helpers.squid import ENCODED, PASSWORD, USER, Access, squid
from helpers.stage import BASE, KEY

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    with containers.network() as network:
        yield network


@pytest.fixture
def host(network: str) -> str:
    return host_on(network)


@pytest.fixture
def world() -> World:
    return World(time.time, speed=100)


@pytest.fixture
def api(world: World, host: str) -> Iterator[Nginx]:
    with running(world) as url, nginx(url, host, authority=trustme.CA()) as there:
        yield there


@pytest.fixture
def behind(tmp_path: Path, network: str, api: Nginx, world: World) -> tuple[Path, str, Nginx, World]:
    return tmp_path, network, api, world


AT_ITS_FIRST_FAILURE = runner.Cancel(when_line_matches="Retrying for up to ")


def deploy(
    there: Nginx, network: str, folder: Path, env: dict[str, str], cancel: runner.Cancel | None = None
) -> runner.StepResult:
    job = runner.JobFolder(folder)
    job.new_step()
    (job.workspace / "ca.pem").write_bytes(there.ca)
    inputs = BASE | {"base-url": there.url, "poll-interval": "500ms"}
    step = runner.Step(MANIFEST, inputs, env | {"SSL_CERT_FILE": "/github/workspace/ca.pem"})
    result = runner.run_container(ACTION, job, step, network=network, cancel=cancel)
    told = result.stdout.decode() + result.summary + str(result.outputs)
    assert PASSWORD not in told
    assert ENCODED not in told
    return result


def failure(result: runner.StepResult) -> str:
    """Return the first line of the log that says what failed."""
    return next(line for line in result.log.lines if "Retrying for up to " in line)


def test_https_goes_through_its_tunnel(tmp_path: Path, network: str, host: str, api: Nginx) -> None:
    with squid(host, "open") as proxy:
        result = deploy(api, network, tmp_path, {"HTTPS_PROXY": proxy.url})
        lines = proxy.lines

    assert result.outputs["result"] == "succeeded"
    assert set(lines) == {f"TCP_TUNNEL/200 CONNECT {api.url.removeprefix('https://')}"}


def test_with_a_password_in_its_address(tmp_path: Path, network: str, host: str, api: Nginx) -> None:
    with squid(host, "password") as proxy:
        result = deploy(api, network, tmp_path, {"https_proxy": proxy.url.replace("//", f"//{USER}:{ENCODED}@")})
        lines = proxy.lines

    assert result.outputs["result"] == "succeeded"
    assert {line.split()[0] for line in lines} == {"TCP_TUNNEL/200"}


@pytest.mark.parametrize(
    ("access", "words", "hint"),
    [
        ("password", "407 Proxy Authentication Required", "Set a user and a password in HTTPS_PROXY: http://USER:"),
        ("denying", "403 Forbidden", "Check HTTPS_PROXY and the proxy's rules, or add the host to NO_PROXY."),
    ],
)
def test_what_it_refuses_is_told_as_the_proxys(
    behind: tuple[Path, str, Nginx, World], access: Access, words: str, hint: str
) -> None:
    tmp_path, network, api, world = behind
    with squid(host_on(network), access) as proxy:
        result = deploy(api, network, tmp_path, {"HTTPS_PROXY": proxy.url}, AT_ITS_FIRST_FAILURE)

    first = failure(result)
    assert f"{proxy.url.removeprefix('http://')}, the proxy of HTTPS_PROXY, refused: {words}" in first
    assert hint in first
    assert world.requests == []


def test_no_proxy_with_a_network_goes_past_it(tmp_path: Path, network: str, host: str, api: Nginx) -> None:
    past = f"localhost,fd00::/8,::1/128,[::1],{host.rpartition('.')[0]}.0/24"
    with squid(host, "denying") as proxy:
        result = deploy(api, network, tmp_path, {"HTTPS_PROXY": proxy.url, "NO_PROXY": past})
        lines = proxy.lines

    assert (result.outputs["result"], lines) == ("succeeded", [])
    assert [one.title for one in result.annotations if one.level == "warning"] == []


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("http://127.0.0.1:{port}", "no connection to 127.0.0.1:{port}, the proxy of HTTPS_PROXY: Connection refused"),
        ("http://nowhere.invalid:3128", "no connection to nowhere.invalid:3128, the proxy of HTTPS_PROXY: "),
    ],
)
def test_one_that_is_not_there_is_told_by_its_host(
    tmp_path: Path, network: str, api: Nginx, proxy: str, words: str
) -> None:
    port = free_port()
    result = deploy(api, network, tmp_path, {"HTTPS_PROXY": proxy.format(port=port)}, AT_ITS_FIRST_FAILURE)

    assert words.format(port=port) in failure(result)
    assert ("because this address is the action's own container." in failure(result)) == ("127.0.0.1" in proxy)


def test_socks_is_said_not_to_be_supported(tmp_path: Path, network: str, api: Nginx, world: World) -> None:
    result = deploy(api, network, tmp_path, {"ALL_PROXY": f"socks5://{USER}:{ENCODED}@127.0.0.1:1080"})

    assert (result.outputs["result"], world.requests) == ("invalid-input", [])
    assert "ALL_PROXY names a SOCKS proxy, which isn't supported" in result.log.last_annotation
    assert KEY not in result.stdout.decode().replace(f"::add-mask::{KEY}", "")
