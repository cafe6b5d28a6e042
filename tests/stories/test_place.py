"""A hostile place: whatever lies in the checkout, in HOME or in the environment, the run is the same."""

import hashlib
import itertools
import json
import socket
import ssl
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
from cryptography import x509

import runner
from helpers.forged import Forged
from helpers.repository import MANIFEST
from helpers.servers import proxying, serving
from helpers.stage import BASE

pytestmark = pytest.mark.long  # a process for each

ARGV = [sys.executable, "-I", "-u", "-X", "utf8", "-m", "cerebras_deploy"]
EVIL = "print('::error::zqx'); import os; os._exit(0)\n"
QUICK = {"poll-interval": "100ms", "timeout": "20s"}


def given_up(tmp_path: Path, url: str, env: Mapping[str, str] | None = None) -> runner.StepResult:
    """Run until it gives up, as soon as it may."""
    return runner.run_process(ARGV, runner.JobFolder(tmp_path), step(url, env, timeout="10s"))


def step(url: str, env: Mapping[str, str] | None = None, **inputs: str) -> runner.Step:
    given = BASE | QUICK | {"base-url": url} | {name.replace("_", "-"): value for name, value in inputs.items()}
    return runner.Step(MANIFEST, given, dict(env or {}))


def run(tmp_path: Path, url: str, env: Mapping[str, str] | None = None, **inputs: str) -> runner.StepResult:
    return runner.run_process(ARGV, runner.JobFolder(tmp_path), step(url, env, **inputs))


def variables(*lines: str) -> dict[str, str]:
    """Read `NAME=value NAME=value`."""
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


def over(tmp_path: Path, url: str, **given: str) -> runner.StepResult:
    """Run with these variables in place of the runner's own."""
    script = "import json, os, sys; os.environ.update(json.loads(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
    argv = [sys.executable, "-c", script, json.dumps(given), *ARGV]
    return runner.run_process(argv, runner.JobFolder(tmp_path), step(url))


def unharmed(result: runner.StepResult) -> None:
    assert (result.outputs["result"], result.exit_code, result.stderr) == ("succeeded", 0, b"")
    assert "zqx" not in result.stdout.decode() + str(result.outputs) + result.summary
    assert [(a.level, a.title.partition(":")[0]) for a in result.annotations] == [("notice", "Deployed")]


class TestFiles:
    def test_modules_and_packages_in_the_checkout_are_not_imported(self, tmp_path: Path) -> None:
        job = runner.JobFolder(tmp_path)
        job.new_step()
        names = ["json", "httpx", "ssl", "encodings", "re", "os", "site", "sitecustomize", "usercustomize", "pydantic"]
        for name in [*names, "actions_toolkit", "cerebras_deploy", "__main__"]:
            (job.workspace / f"{name}.py").write_text(EVIL)
            (job.workspace / name).mkdir()
            (job.workspace / name / "__init__.py").write_text(EVIL)
            (job.workspace / name / "__main__.py").write_text(EVIL)
        (job.workspace / "encodings" / "utf_8.py").write_text(EVIL)
        (job.workspace / "zqx.pth").write_text(f"import os; {EVIL}")
        (job.workspace / "pyvenv.cfg").write_text("home = /nowhere/zqx\n")
        (job.workspace / "python311._pth").write_text(".\n")
        (job.workspace / "pyproject.toml").write_text("[tool.zqx\n")
        (job.workspace / "action.yml").write_text("zqx: ::error::zqx\n")
        (job.workspace / ".env").write_text("INPUT_ENDPOINT=zqx\nHTTP_PROXY=http://127.0.0.1:9\n")

        with serving(Forged()) as server:
            unharmed(runner.run_process(ARGV, job, step(server.url)))

    def test_what_python_pip_and_netrc_look_for_in_home_is_not_read(self, tmp_path: Path) -> None:
        job = runner.JobFolder(tmp_path)
        job.new_step()
        packages = job.home / ".local" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
        packages.mkdir(parents=True)
        for name in ("usercustomize", "sitecustomize", "httpx", "json"):
            (packages / f"{name}.py").write_text(EVIL)
        (packages / "zqx.pth").write_text(f"import os; {EVIL}")
        (job.home / ".config" / "pip").mkdir(parents=True)
        (job.home / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = http://zqx\n")
        (job.home / ".pdbrc").write_text(EVIL)
        netrc = job.home / ".netrc"
        netrc.write_text("machine 127.0.0.1 login zqx password zqx\ndefault login zqx password zqx\n")
        netrc.chmod(0o600)

        with serving(Forged()) as server:
            unharmed(runner.run_process(ARGV, job, step(server.url, {"NETRC": str(netrc)})))

        assert {headers["authorization"] for headers in server.headers} == {f"Bearer {BASE['api-key']}"}


class TestPythonsVariables:
    def test_none_of_them_is_obeyed(self, tmp_path: Path) -> None:
        job = runner.JobFolder(tmp_path)
        job.new_step()
        (job.workspace / "zqx.py").write_text(EVIL)
        (job.workspace / "json.py").write_text(EVIL)
        here = str(job.workspace)
        env = variables(
            f"PYTHONPATH={here} PYTHONHOME={here} PYTHONSTARTUP={here}/zqx.py PYTHONUSERBASE={here}",
            "PYTHONWARNINGS=error PYTHONBREAKPOINT=zqx.zqx PYTHONDEVMODE=1 PYTHONINSPECT=1 PYTHONUNBUFFERED=",
            "PYTHONIOENCODING=ascii:zqx PYTHONUTF8=0 PYTHONHASHSEED=zqx PYTHONVERBOSE=1 PYTHONDEBUG=1",
            "PYTHONMALLOC=debug PYTHONTRACEMALLOC=9 PYTHONPLATLIBDIR=zqx PYTHONPROFILEIMPORTTIME=1 PYTHONSAFEPATH=",
            "PYTHONNOUSERSITE= PYTHONCASEOK=1 PYTHONOPTIMIZE=2 PYTHONDUMPREFS=1 PYTHONFAULTHANDLER=1",
            "PYTHONASYNCIODEBUG=1 PYTHONINTMAXSTRDIGITS=640",
        )

        with serving(Forged()) as server:
            unharmed(runner.run_process(ARGV, job, step(server.url, env)))

    @pytest.mark.parametrize(
        "env",
        [
            {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0"},
            {"LC_ALL": "zqx_ZQX.zqx", "LANGUAGE": "tlh", "TZ": ":zqx", "TERM": "zqx"},
            {"LANG": "tr_TR.ISO-8859-9", "LC_CTYPE": "ja_JP.eucJP", "LC_NUMERIC": "de_DE.UTF-8"},
        ],
        ids=["C", "no such locale", "locales of others"],
    )
    def test_no_locale_changes_what_is_printed(self, tmp_path: Path, env: dict[str, str]) -> None:
        with serving(Forged()) as server:
            result = run(tmp_path, server.url, env)

        unharmed(result)
        assert "▰▰▰▱▱▱▱▱" in result.stdout.decode()
        assert "✅" in result.summary

    def test_variables_that_libraries_obey_do_no_harm(self, tmp_path: Path) -> None:
        env = variables(
            "OPENSSL_CONF=/nowhere/zqx.cnf PYDANTIC_DISABLE_PLUGINS=zqx HTTPX_LOG_LEVEL=trace REQUEST_METHOD=GET",
            "REQUESTS_CA_BUNDLE=/nowhere/zqx CURL_CA_BUNDLE=/nowhere/zqx SSL_CERT_DIR=/nowhere/zqx TMPDIR=/nowhere/zqx",
            "COLUMNS=1 FORCE_COLOR=1 MALLOC_ARENA_MAX=zqx HOSTALIASES=/nowhere/zqx LOCALDOMAIN=zqx.example",
        )

        with serving(Forged()) as server:
            unharmed(run(tmp_path, server.url, env))


class TestTheRunnersFiles:
    @pytest.mark.parametrize("path", ["/nowhere/output", "/", "/dev/full"], ids=["missing", "a folder", "full"])
    def test_outputs_that_cannot_be_written_are_a_red_step_before_anything_is_sent(
        self, tmp_path: Path, path: str
    ) -> None:
        with serving(Forged()) as server:
            result = over(tmp_path, server.url, GITHUB_OUTPUT=path)

        assert (result.exit_code, result.stderr, server.lines) == (1, b"", [])
        assert {annotation.title.partition(":")[0] for annotation in result.annotations} == {"Outputs lost"}

    def test_outputs_without_a_file_are_printed(self, tmp_path: Path) -> None:
        with serving(Forged()) as server:
            result = over(tmp_path, server.url, GITHUB_OUTPUT="")

        assert (result.exit_code, result.stderr) == (0, b"")
        assert "output result: succeeded" in result.log.lines

    @pytest.mark.parametrize("path", ["", "/nowhere/s", "/", "/dev/full"], ids=["none", "missing", "a folder", "full"])
    def test_a_summary_that_cannot_be_written_is_one_warning_at_most(self, tmp_path: Path, path: str) -> None:
        with serving(Forged()) as server:
            result = over(tmp_path, server.url, GITHUB_STEP_SUMMARY=path)

        assert (result.outputs["result"], result.exit_code, result.stderr) == ("succeeded", 0, b"")
        titles = [annotation.title for annotation in result.annotations if annotation.level != "notice"]
        assert titles == (["No job summary"] if path else [])

    def test_a_text_of_control_characters_for_a_path_is_shown_as_one_line(self, tmp_path: Path) -> None:
        with serving(Forged()) as server:
            result = over(tmp_path, server.url, GITHUB_OUTPUT="/nowhere/\n::add-mask::zqx\r##[error]zqx\x1b[2J")

        assert "zqx" not in result.log.masks
        assert (result.exit_code, result.stderr, result.log.failures) == (1, b"", ())


def in_forms(hosts: list[str]) -> list[str]:
    """Keep what this machine can listen on."""

    def there(host: str) -> bool:
        try:
            socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
        except OSError:
            return False
        return True

    return [host for host in hosts if there(host)]


@pytest.mark.parametrize("host", in_forms(["127.0.0.1", "::1"]))
def test_a_base_url_on_the_loopback_may_be_plain_http(tmp_path: Path, host: str) -> None:
    with serving(Forged(), host) as server:
        result = run(tmp_path, f"{server.url}/")

    unharmed(result)
    assert f"[{host}]" in server.url or ":" not in host


@pytest.mark.parametrize("url", ["http://api.cerebras.ai", "http://8.8.8.8", "http://[2001:db9::1]", "ftp://127.0.0.1"])
def test_plain_http_to_a_public_host_is_refused_before_anything_is_sent(tmp_path: Path, url: str) -> None:
    with proxying() as proxy:
        result = run(tmp_path, url, {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url, "ALL_PROXY": proxy.url})

    assert (result.outputs["result"], proxy.lines) == ("invalid-input", [])
    assert "https://" in result.log.last_annotation


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost", "api.private.example").configure_cert(context)
    return context


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def folder(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "certificates"
    path.mkdir()
    authority.cert_pem.write_to_path(str(path / f"{subject_hash(authority.cert_pem.bytes()):08x}.0"))
    return str(path)


def subject_hash(certificate: bytes) -> int:
    """Return what OpenSSL names a CA's file by (X509_NAME_hash): of the subject in lower case, in UTF-8."""
    subject = x509.load_pem_x509_certificate(certificate).subject
    plain = [x509.NameAttribute(one.oid, str(one.value).lower()) for one in subject]
    encoded = x509.Name(plain).public_bytes()
    header = 2 + (encoded[1] & 0x7F if encoded[1] & 0x80 else 0)
    return int.from_bytes(hashlib.sha1(encoded[header:]).digest()[:4], "little")


class TestPrivateAuthorities:
    def test_one_in_ssl_cert_file_is_trusted(self, tmp_path: Path, tls: ssl.SSLContext, bundle: str) -> None:
        with serving(Forged(), tls=tls) as server:
            unharmed(run(tmp_path, server.url, {"SSL_CERT_FILE": bundle}))

    def test_one_in_ssl_cert_dir_is_trusted(self, tmp_path: Path, tls: ssl.SSLContext, folder: str) -> None:
        with serving(Forged(), tls=tls) as server:
            unharmed(run(tmp_path, server.url, {"SSL_CERT_DIR": folder}))

    def test_next_to_ssl_cert_file_ssl_cert_dir_does_not_count(
        self, tmp_path: Path, tls: ssl.SSLContext, folder: str
    ) -> None:
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
        both = {"SSL_CERT_FILE": str(tmp_path / "other.pem"), "SSL_CERT_DIR": folder}
        with serving(Forged(), tls=tls) as server:
            result = given_up(tmp_path, server.url, both)

        assert (result.outputs["result"], server.lines) == ("timed-out", [])
        assert "TLS failed" in result.log.last_annotation

    def test_without_it_the_message_says_what_failed_and_what_to_do(self, tmp_path: Path, tls: ssl.SSLContext) -> None:
        with serving(Forged(), tls=tls) as server:
            result = given_up(tmp_path, server.url)

        message = result.log.last_annotation
        assert (result.outputs["result"], server.lines) == ("timed-out", [])
        assert "(unable to get local issuer certificate" in message
        assert "SSL_CERT_FILE" in message

    def test_a_certificate_of_another_host_is_refused(self, tmp_path: Path, authority: trustme.CA, bundle: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("zqx.example").configure_cert(context)
        with serving(Forged(), tls=context) as server:
            result = given_up(tmp_path, server.url, {"SSL_CERT_FILE": bundle})

        assert (result.exit_code, server.lines) == (1, [])
        assert "(IP address mismatch" in result.log.last_annotation

    def test_a_server_without_tls_is_told_apart(self, tmp_path: Path) -> None:
        with serving(Forged()) as server:
            result = given_up(tmp_path, server.url.replace("http:", "https:"))

        assert (result.exit_code, server.lines) == (1, [])
        assert "TLS failed" in result.log.last_annotation

    @pytest.mark.parametrize("text", ["", "zqx", "-----BEGIN CERTIFICATE-----\nzqx\n"])
    def test_a_bundle_that_is_none_is_named(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "ca.pem").write_text(text)
        with serving(Forged()) as server:
            result = run(tmp_path, server.url, {"SSL_CERT_FILE": str(tmp_path / "ca.pem")})

        assert (result.outputs["result"], result.stderr, server.lines) == ("invalid-input", b"", [])
        assert "which can't be used: it contains no PEM certificate" in result.log.last_annotation

    def test_an_empty_setting_is_as_none(self, tmp_path: Path) -> None:
        """OpenSSL reads these variables itself, and an empty one would leave it without any CA."""
        program = (
            "import os; from cerebras_deploy.__main__ import main; main(); "
            "print('left:', *(name for name in os.environ if name.startswith('SSL_')))"
        )
        with serving(Forged()) as server:
            empty = step(server.url, {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""})
            result = runner.run_process([sys.executable, "-I", "-c", program], runner.JobFolder(tmp_path), empty)

        assert result.outputs["result"] == "succeeded"
        assert result.log.lines[-1] == "left:"

    @pytest.mark.parametrize("path", ["/nowhere/ca.pem", "\x1b[2Jzqx\n::error::zqx"])
    def test_a_bundle_that_is_not_in_the_container_is_a_warning(self, tmp_path: Path, path: str) -> None:
        with serving(Forged()) as server:
            result = run(tmp_path, server.url, {"SSL_CERT_FILE": path})

        assert (result.exit_code, result.stderr, result.log.failures) == (0, b"", ())
        assert [(a.level, a.title.partition(":")[0]) for a in result.annotations] == [
            ("warning", "SSL_CERT_FILE ignored"),
            ("notice", "Deployed"),
        ]


class TestProxies:
    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_plain_requests_go_through_it(self, tmp_path: Path, name: str) -> None:
        with serving(Forged()) as server, proxying() as proxy:
            port = server.url.rpartition(":")[2]
            unharmed(run(tmp_path, f"http://endpoint-proxy:{port}", {name: proxy.url}))

        assert proxy.lines[0].startswith(f"GET http://endpoint-proxy:{port}/management/v1/")
        assert len(proxy.lines) == len(server.lines)

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    def test_https_goes_through_its_tunnel_and_the_proxy_sees_no_key(
        self, tmp_path: Path, tls: ssl.SSLContext, bundle: str, name: str
    ) -> None:
        with serving(Forged(), tls=tls) as server, proxying() as proxy:
            port = server.url.rpartition(":")[2]
            env = {name: proxy.url, "SSL_CERT_FILE": bundle}
            unharmed(run(tmp_path, f"https://api.private.example:{port}", env))

        assert set(proxy.lines) == {f"CONNECT api.private.example:{port}"}
        assert BASE["api-key"] not in str(proxy.headers)
        assert {headers["authorization"] for headers in server.headers} == {f"Bearer {BASE['api-key']}"}

    @pytest.mark.parametrize("hosts", ["127.0.0.1", "zqx.example,127.0.0.1", "*"])
    def test_no_proxy_is_obeyed(self, tmp_path: Path, hosts: str) -> None:
        with serving(Forged()) as server, proxying() as proxy:
            unharmed(run(tmp_path, server.url, {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url, "NO_PROXY": hosts}))

        assert (proxy.lines, len(server.lines) > 3) == ([], True)

    @pytest.mark.parametrize(
        "url", ["zqx://127.0.0.1", "socks5://127.0.0.1:9", "http://127.0.0.1:zqx", "http://\x1b[2J:1"]
    )
    def test_one_that_cannot_be_used_is_said_and_nothing_is_sent(self, tmp_path: Path, url: str) -> None:
        with serving(Forged()) as server:
            result = run(tmp_path, server.url, {"HTTP_PROXY": url})

        assert (result.outputs["result"], result.stderr, server.lines) == ("invalid-input", b"", [])
        assert "HTTP_PROXY" in result.log.last_annotation

    @pytest.mark.parametrize("scheme", ["http", "zqx"])
    def test_its_password_is_not_shown(self, tmp_path: Path, scheme: str) -> None:
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        env = {"HTTP_PROXY": f"{scheme}://somebody:zqx-password@127.0.0.1:{port}", "RUNNER_DEBUG": "1"}

        result = given_up(tmp_path, "http://endpoint-proxy", env)

        assert result.exit_code == 1
        assert "zqx-password" not in result.stdout.decode() + result.stderr.decode() + result.summary


def test_a_home_and_a_checkout_that_cannot_be_written_do_no_harm(tmp_path: Path) -> None:
    job = runner.JobFolder(tmp_path)
    job.new_step()
    for folder in (job.home, job.workspace):
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)

    with serving(Forged()) as server:
        unharmed(runner.run_process(ARGV, job, step(server.url)))

    assert not list(itertools.chain(job.home.iterdir(), job.workspace.iterdir()))
