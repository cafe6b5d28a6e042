"""The API's calls: what is asked, and of every reply how far the request may have come."""

import gzip
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cerebras_deploy import __version__
from cerebras_deploy.errors import Fate
from helpers import make
from helpers.client import BASE, KEY, LISTED, Handler, Scene
from helpers.repository import WIRE


def answer(name: str) -> Handler:
    return lambda _: httpx.Response(200, content=(WIRE / f"{name}.json").read_bytes())


def raising(error: Exception) -> Handler:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


class TestRequests:
    def test_the_endpoints_status(self) -> None:
        scene = Scene(answer("endpoint-status"))

        endpoint = scene.api.endpoint(LISTED, 30)

        (request,) = scene.requests
        assert (request.method, str(request.url)) == ("GET", f"{BASE}/management/v1/endpoints/{LISTED}")
        assert endpoint.deployed_models[0].created == 1736700000

    def test_a_version_by_alias(self) -> None:
        scene = Scene(answer("version-status"))

        version = scene.api.version(make.name("production"), 30)

        (request,) = scene.requests
        path = "/management/v1/orgs/my-org/models/gpt-oss-120b/versions/production"
        assert (request.method, str(request.url)) == ("GET", BASE + path)
        assert version.model == make.name("1")

    def test_the_endpoints_of_an_org(self) -> None:
        scene = Scene(answer("endpoint-list"))

        found = scene.api.endpoints("my-org", 30)

        assert str(scene.requests[0].url) == f"{BASE}/management/v1/orgs/my-org/endpoints"
        assert len(found.endpoints) == 2

    def test_the_deploy_call_is_as_published_and_its_colon_stays(self) -> None:
        scene = Scene(answer("deploy-reply"))

        operation = scene.api.deploy(make.ENDPOINT, make.name("1"), 30)

        (request,) = scene.requests
        assert (request.method, request.url.raw_path) == (
            "POST",
            b"/management/v1/endpoints/my-org-gpt-oss-120b:deployModel",
        )
        assert json.loads(request.content) == json.loads((WIRE / "deploy-request.json").read_text())
        assert request.headers["content-type"] == "application/json"
        assert operation.ids[0] == "550e8400-e29b-41d4-a716-446655440000"

    def test_each_carries_the_key_and_our_own_name(self) -> None:
        scene = Scene(answer("deploy-reply"))
        scene.deploy()

        headers = scene.requests[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["user-agent"] == f"cerebras-deploy-action/{__version__}"

    def test_a_base_url_may_have_a_path(self) -> None:
        scene = Scene(answer("endpoint-status"), base="http://proxy:8080/cerebras")
        scene.endpoint()

        assert str(scene.requests[0].url) == f"http://proxy:8080/cerebras/management/v1/endpoints/{LISTED}"

    def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(self) -> None:
        scene = Scene(lambda _: httpx.Response(307, headers={"location": "https://elsewhere.example.com/"}))

        error = scene.failure()

        assert len(scene.requests) == 1
        assert error.fate is Fate.DENIED
        assert "elsewhere.example.com" in error.hint

    def test_cookies_and_netrc_are_nobodys(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / ".netrc").write_text("machine api.example.com login evil password evil")
        (tmp_path / ".netrc").chmod(0o600)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        scene = Scene(answer("deploy-reply"))
        scene.deploy()

        assert scene.requests[0].headers["authorization"] == f"Bearer {KEY}"

    def test_connections_are_kept_from_call_to_call(self) -> None:
        scene = Scene(answer("endpoint-status"))
        scene.endpoint()
        scene.endpoint()

        assert scene.connections == 1


class TestFate:
    @pytest.mark.parametrize(
        ("error", "fate"),
        [
            (httpx.ConnectError("[Errno 111] Connection refused"), Fate.UNSENT),
            (httpx.ConnectError("[Errno -2] Name or service not known"), Fate.UNSENT),
            (httpx.ConnectTimeout("timed out"), Fate.UNSENT),
            (httpx.ProxyError("407 Proxy Authentication Required"), Fate.UNSENT),
            (httpx.ReadTimeout("timed out"), Fate.UNKNOWN),
            (httpx.ReadError("[Errno 104] Connection reset by peer"), Fate.UNKNOWN),
            (httpx.WriteError("[Errno 32] Broken pipe"), Fate.UNKNOWN),
            (httpx.WriteTimeout("timed out"), Fate.UNKNOWN),
            (httpx.RemoteProtocolError("Server disconnected without sending a response."), Fate.UNKNOWN),
        ],
        ids=repr,
    )
    def test_of_what_the_network_did(self, error: Exception, fate: Fate) -> None:
        failed = Scene(raising(error)).failure()

        assert failed.fate is fate
        assert failed.status is None
        assert "Errno" not in failed.reason

    @pytest.mark.parametrize(
        ("status", "fate"), [(429, Fate.THROTTLED), (500, Fate.UNKNOWN), (503, Fate.UNKNOWN), (409, Fate.DENIED)]
    )
    def test_of_what_the_api_answered(self, status: int, fate: Fate) -> None:
        failed = Scene(lambda _: httpx.Response(status, headers={"Retry-After": "7"})).failure()

        assert (failed.fate, failed.status, failed.retry_after) == (fate, status, 7)

    def test_of_a_reply_without_end(self) -> None:
        sent = 0

        def flood() -> Iterator[bytes]:
            nonlocal sent
            while sent < 1024**3:
                sent += 1024**2
                yield b" " * 1024**2

        failed = Scene(lambda _: httpx.Response(200, content=flood())).failure()

        assert failed.fate is Fate.UNKNOWN
        assert "4 MiB" in failed.reason
        assert sent < 8 * 1024**2

    def test_of_tls_that_failed_with_what_to_do(self) -> None:
        cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
        cause.verify_message = "unable to get local issuer certificate"

        def handler(_: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("ssl") from cause

        failed = Scene(handler).failure()

        assert failed.fate is Fate.UNSENT
        assert "unable to get local issuer certificate" in failed.reason
        assert "SSL_CERT_FILE" in failed.hint


class TestWhatIsSaid:
    def test_the_key_is_in_no_error(self) -> None:
        failed = Scene(lambda _: httpx.Response(401, text=f"no such key: {KEY}")).failure()

        assert KEY not in f"{failed} {failed!r}"
        assert "no such key: ***" in failed.reason

    def test_a_key_across_the_cut_is_not_shown_in_part(self) -> None:
        failed = Scene(lambda _: httpx.Response(400, text=f"{'x' * 270} {KEY} {KEY}")).failure()

        assert "csk-" not in failed.reason

    def test_every_call_is_observed(self) -> None:
        good, bad = Scene(answer("endpoint-status")), Scene(raising(httpx.ReadTimeout("")))
        good.endpoint()
        bad.failure()

        assert [(call.method, call.ok) for call in good.calls + bad.calls] == [("GET", True), ("POST", False)]
        assert good.calls[0].path == f"/management/v1/endpoints/{LISTED}"
        assert good.calls[0].seconds >= 0


def test_a_compressed_reply_and_one_with_a_byte_order_mark_are_read() -> None:
    body = b"\xef\xbb\xbf" + (WIRE / "endpoint-status.json").read_bytes()
    zipped = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(body))
    scene = Scene(lambda _: httpx.Response(200, headers=zipped.headers, stream=httpx.ByteStream(gzip.compress(body))))

    assert scene.api.endpoint(LISTED, 30).deployed_models


def test_no_reply_of_a_cache_is_asked_for() -> None:
    scene = Scene(answer("endpoint-status"))
    scene.endpoint()

    assert scene.requests[0].headers["cache-control"] == "no-cache"


def test_a_reply_without_a_date_has_that_of_its_receipt() -> None:
    scene = Scene(lambda _: httpx.Response(200, content=(WIRE / "endpoint-status.json").read_bytes()))

    date = scene.api.endpoint(LISTED, 30).date

    assert date is not None
    assert abs(date - datetime.now(UTC).timestamp()) < 60
