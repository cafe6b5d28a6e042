"""The image behind nginx: TLS of a private CA, packed replies, limits on requests, connections cut, a page of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

import runner
from cerebras_simulator.server import running
from cerebras_simulator.world.state import World
from helpers import containers
from helpers.containers import ACTION
from helpers.daemons import host_on
from helpers.nginx import Nginx, nginx
from helpers.repository import MANIFEST
from helpers.stage import BASE

pytestmark = pytest.mark.container

AWAY = 3.0  # seconds in which nginx answers by itself


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
def api(world: World) -> Iterator[str]:
    with running(world) as url:
        yield url


def deploy(there: Nginx, network: str, folder: Path, **given: str) -> runner.StepResult:
    """Run the image against it, trusting its CA."""
    job = runner.JobFolder(folder)
    job.new_step()
    if there.ca:
        (job.workspace / "ca.pem").write_bytes(there.ca)
        given |= {"SSL_CERT_FILE": "/github/workspace/ca.pem"}
    env = {name: value for name, value in given.items() if name.isupper()}
    inputs = {name.replace("_", "-"): value for name, value in given.items() if not name.isupper()}
    step = runner.Step(MANIFEST, BASE | {"base-url": there.url, "poll-interval": "500ms"} | inputs, env)
    return runner.run_container(ACTION, job, step, network=network)


def assert_deployed_once(result: runner.StepResult, world: World) -> None:
    assert (result.outputs["result"], result.exit_code) == ("succeeded", 0)
    assert sum(request.method == "POST" for request in world.requests) == 1


def test_tls_of_a_private_ca_and_packed_replies(
    tmp_path: Path, network: str, host: str, api: str, world: World
) -> None:
    packs = "proxy_set_header Accept-Encoding gzip;"
    with nginx(api, host, location=packs, authority=trustme.CA()) as there:
        result = deploy(there, network, tmp_path)

    assert_deployed_once(result, world)


def test_without_its_ca_the_certificate_is_told_before_anything_is_sent(
    tmp_path: Path, network: str, host: str, api: str, world: World
) -> None:
    with nginx(api, host, authority=trustme.CA(organization_name="Corp CA")) as there:
        unknown = runner.Step(MANIFEST, BASE | {"base-url": there.url})
        cancel = runner.Cancel(when_line_matches="trying again for")
        result = runner.run_container(ACTION, runner.JobFolder(tmp_path), unknown, network=network, cancel=cancel)

    assert world.requests == []
    first = next(line for line in result.log.lines if "TLS failed: " in line)
    assert "no CA that this container trusts has issued the certificate" in first
    assert f"the server shows a certificate for {host}, issued by Corp CA, valid until " in first
    assert "set SSL_CERT_FILE to its bundle" in first


@pytest.mark.parametrize(("limit", "burst", "status"), [("1r/s", "", 429), ("20r/m", "burst=1 nodelay", 503)])
def test_a_limit_on_requests(  # noqa: PLR0913, PLR0917 - the fixtures
    tmp_path: Path, network: str, host: str, api: str, world: World, limit: str, burst: str, status: int
) -> None:
    location = f"limit_req zone=api {burst}; limit_req_status {status};"
    with nginx(api, host, limit=limit, location=location) as there:
        result = deploy(there, network, tmp_path, poll_interval="4s")
        statuses = there.statuses

    assert_deployed_once(result, world)
    assert [one for one in statuses if one.endswith(str(status))]


@pytest.mark.parametrize("cut", ["keepalive_timeout 50ms;", "keepalive_requests 1;"])
def test_connections_that_are_kept_for_a_moment_only(
    tmp_path: Path, network: str, host: str, api: str, world: World, cut: str
) -> None:
    with nginx(api, host, server=cut) as there:
        result = deploy(there, network, tmp_path)

    assert_deployed_once(result, world)


@pytest.mark.parametrize("status", [404, 503])
def test_a_page_of_its_own_for_3_s_in_mid_rollout(
    tmp_path: Path, network: str, host: str, api: str, world: World, status: int
) -> None:
    with nginx(api, host, away=status) as there:
        back = threading.Timer(AWAY, there.come_back)

        def restart(line: str) -> None:
            if "in progress" in line and back.ident is None:
                there.go_away()
                back.start()

        result = deploy_and_watch(there, network, tmp_path, restart)
        back.join()
        statuses = there.statuses

    assert_deployed_once(result, world)
    assert f"GET {status}" in statuses


def deploy_and_watch(there: Nginx, network: str, folder: Path, on_line: Callable[[str], None]) -> runner.StepResult:
    step = runner.Step(MANIFEST, BASE | {"base-url": there.url, "poll-interval": "500ms"})
    return runner.run_container(ACTION, runner.JobFolder(folder), step, network=network, on_line=on_line)


@pytest.mark.parametrize("status", [401, 403])
def test_its_page_at_the_first_look_is_not_taken_for_the_apis(
    tmp_path: Path, network: str, host: str, api: str, status: int
) -> None:
    with nginx(api, host, away=status) as there:
        there.go_away()
        result = deploy(there, network, tmp_path)

    message = result.outputs["message"]
    assert result.outputs["result"] == "refused"
    assert f"HTTP {status}" in message
    assert "this reply is not the API's: check `base-url`, and what stands between the runner and the API" in message
    assert "key" not in message
