"""The image behind nginx: TLS of a private CA, packed replies, limits, connections cut, a page of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


@dataclass
class Place:
    """Where the action runs: a network, this machine's address on it, an API, and the job's folder."""

    network: str
    host: str
    world: World
    api: str
    folder: Path

    def deploy(
        self,
        there: Nginx,
        *,
        poll: str = "500ms",
        trusts: bool = True,
        on_line: Callable[[str], None] | None = None,
        cancel: runner.Cancel | None = None,
    ) -> runner.StepResult:
        """Run the image against it, trusting its CA."""
        job = runner.JobFolder(self.folder)
        job.new_step()
        (job.workspace / "ca.pem").write_bytes(there.ca)
        env = {"SSL_CERT_FILE": "/github/workspace/ca.pem"} if there.ca and trusts else {}
        step = runner.Step(MANIFEST, BASE | {"base-url": there.url, "poll-interval": poll}, env)
        return runner.run_container(ACTION, job, step, network=self.network, on_line=on_line, cancel=cancel)

    def assert_deployed_once(self, result: runner.StepResult) -> None:
        """Check the result, and the simulator's own record."""
        assert (result.outputs["result"], result.exit_code) == ("succeeded", 0)
        assert sum(request.method == "POST" for request in self.world.requests) == 1


@pytest.fixture
def place(network: str, tmp_path: Path) -> Iterator[Place]:
    world = World(time.time, speed=100)
    with running(world) as url:
        yield Place(network, host_on(network), world, url, tmp_path)


def test_tls_of_a_private_ca_and_packed_replies(place: Place) -> None:
    packs = "proxy_set_header Accept-Encoding gzip;"
    with nginx(place.api, place.host, location=packs, authority=trustme.CA()) as there:
        result = place.deploy(there)

    place.assert_deployed_once(result)


def test_without_its_ca_the_certificate_is_told_before_anything_is_sent(place: Place) -> None:
    with nginx(place.api, place.host, authority=trustme.CA(organization_name="Corp CA")) as there:
        result = place.deploy(there, trusts=False, cancel=runner.Cancel(when_line_matches="Retrying for up to "))

    assert place.world.requests == []
    first = next(line for line in result.log.lines if "TLS failed: " in line)
    assert "no CA that this container trusts has issued the certificate" in first
    assert f"the server shows a certificate for {place.host}, issued by Corp CA, valid until " in first
    assert "set SSL_CERT_FILE to its bundle" in first


@pytest.mark.parametrize(("limit", "burst", "status"), [("1r/s", "", 429), ("20r/m", "burst=1 nodelay", 503)])
def test_a_limit_on_requests(place: Place, limit: str, burst: str, status: int) -> None:
    location = f"limit_req zone=api {burst}; limit_req_status {status};"
    with nginx(place.api, place.host, limit=limit, location=location) as there:
        result = place.deploy(there, poll="4s")
        statuses = there.statuses

    place.assert_deployed_once(result)
    assert [one for one in statuses if one.endswith(str(status))]


@pytest.mark.parametrize("cut", ["keepalive_timeout 50ms;", "keepalive_requests 1;"])
def test_connections_that_are_kept_for_a_moment_only(place: Place, cut: str) -> None:
    with nginx(place.api, place.host, server=cut) as there:
        result = place.deploy(there)

    place.assert_deployed_once(result)


@pytest.mark.parametrize("status", [404, 503])
def test_a_page_of_its_own_for_3_s_in_mid_rollout(place: Place, status: int) -> None:
    with nginx(place.api, place.host, away=status) as there:
        back = threading.Timer(AWAY, there.come_back)

        def restart(line: str) -> None:
            if "In progress" in line and back.ident is None:
                there.go_away()
                back.start()

        result = place.deploy(there, on_line=restart)
        back.join()
        statuses = there.statuses

    place.assert_deployed_once(result)
    assert f"GET {status}" in statuses


@pytest.mark.parametrize("status", [401, 403])
def test_its_page_at_the_first_look_is_not_taken_for_the_apis(place: Place, status: int) -> None:
    with nginx(place.api, place.host, away=status) as there:
        there.go_away()
        result = place.deploy(there)

    message = result.log.last_annotation
    assert result.outputs["result"] == "refused"
    assert f"HTTP {status}" in message
    assert "because this reply is not the API's" in message
    assert "key" not in message
