"""The image: what is in it, and what it does where its stories (test_stories.py) do not lead."""

import json
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import runner
from helpers import containers
from helpers.containers import ACTION, docker
from helpers.repository import MANIFEST, ROOT
from helpers.stage import BASE

pytestmark = pytest.mark.container

PYTHON = "/usr/bin/python3"
BUDGET = 30_000_000  # bytes, compressed

# What is in the image and was not imported, nor its byte code used, when the action is through.
LEFT_OVER = """
import importlib.metadata as metadata, os, pathlib, sys
from cerebras_deploy.__main__ import main
code = main()
for package in metadata.distributions():
    tops = {file.parts[0].removesuffix('.py') for file in package.files if file.suffix == '.py'}
    if not any(top in sys.modules for top in tops):
        print('unused:', package.name)
for name, module in sys.modules.copy().items():
    cached = getattr(getattr(module, '__spec__', None), 'cached', None)
    if cached and not os.path.exists(cached):
        print('not compiled:', name)
sys.exit(code)
"""

# Imports all that is in the image, and prints it.
EVERY_MODULE = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")
sys.path.append("/action")
def fail(name):
    raise ImportError(name)
for module in pkgutil.walk_packages(onerror=fail):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
    print(module.name)
"""

# Prints what is opened until the process connects.
OPENED = """
import os, sys
sys.path.insert(0, "/action")
import bundle
opened = []
def heard(event, arguments):
    if event == "open":
        opened.append(str(arguments[0]))
    if event == "socket.connect":
        print("opened:", *opened, flush=True)
        os._exit(1)
sys.addaudithook(heard)
bundle.run("/action/bundle")
"""


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    with containers.network() as network:
        yield network


def step(address: str, *, env: dict[str, str] | None = None, program: str = "", **inputs: str) -> runner.Step:
    manifest = MANIFEST
    if program:  # in place of the action, but isolated as it is
        manifest = replace(MANIFEST, entrypoint=PYTHON, args=("-I", "-B", "-u", "-c", program))
    given = BASE | {"base-url": address, "poll-interval": "200ms"}
    return runner.Step(manifest, given | {name.replace("_", "-"): value for name, value in inputs.items()}, env or {})


class TestContents:
    def test_its_size_is_within_budget(self) -> None:
        process, stream = containers.archive("save", ACTION)
        squeeze = zlib.compressobj(6, wbits=31)
        with process:
            size = sum(len(squeeze.compress(chunk)) for chunk in iter(lambda: stream.read(1 << 20), b""))
        size += len(squeeze.flush())

        print(f"\nthe image is {size / 1e6:.1f} MB compressed")
        assert size <= BUDGET

    def test_there_is_one_program_in_it(self, files: dict[str, tarfile.TarInfo]) -> None:
        libraries = ("lib/", "lib64/", "usr/lib/")
        programs = {
            name
            for name, file in files.items()
            if file.isfile() and file.mode & 0o111 and not name.startswith(libraries)
        }

        # hostname, hosts and resolv.conf are Docker's
        assert {name for name in programs if not name.startswith("etc/")} == {"usr/bin/python3"}

    @pytest.mark.parametrize("name", ["pip", "setuptools", "ensurepip", "idlelib", "tkinter", "test", "tests", "apt"])
    def test_there_is_no(self, name: str, files: dict[str, tarfile.TarInfo]) -> None:
        folders = ("usr/lib/python3.13", "usr/bin", "usr/lib")

        assert not [folder for folder in folders if f"{folder}/{name}" in files]

    def test_nothing_in_it_is_set_but_the_entrypoint_and_how_memory_is_taken(self) -> None:
        config = json.loads(docker("image", "inspect", ACTION))[0]["Config"]

        assert config["Entrypoint"] == [PYTHON, "-I", "-S", "-u", "-X", "utf8", "/action/bundle.pyc", "/action/bundle"]
        assert [one for one in config["Env"] if not one.startswith("PATH=")] == ["MALLOC_ARENA_MAX=1"]
        assert not [config[key] for key in ("User", "WorkingDir", "Cmd", "Volumes") if config.get(key)]

    def test_every_module_can_be_imported(self) -> None:
        found = docker("run", "--rm", "--network", "none", "--entrypoint", PYTHON, ACTION, "-I", "-c", EVERY_MODULE)

        source = ROOT / "src" / "cerebras_deploy"
        files = (file.relative_to(source).with_suffix("") for file in source.rglob("[a-z]*.py"))
        ours = {".".join(("cerebras_deploy", *file.parts)) for file in files}
        assert set(found.split()) > ours | {"json", "httpx._client", "pydantic_core._pydantic_core"}

    def test_byte_code_knows_where_its_source_is(self) -> None:
        program = """if True:
            import sys
            sys.path.append("/action")
            import bundle, cerebras_deploy.decide.conclusion, httpx, json
            for function in (bundle.run, cerebras_deploy.decide.conclusion.conclude, httpx.get, json.loads):
                print(function.__code__.co_filename)
        """
        files = docker("run", "--rm", "--network", "none", "--entrypoint", PYTHON, ACTION, "-I", "-c", program).split()

        library = "/usr/lib/python3.13"
        ours = ["/action/bundle.py", f"{library}/cerebras_deploy/decide/conclusion.py"]
        assert files == [*ours, f"{library}/httpx/_api.py", f"{library}/json/__init__.py"]

    def test_every_package_is_imported_by_a_whole_rollout_and_nothing_is_compiled(
        self, tmp_path: Path, network: str
    ) -> None:
        with containers.simulator(speed=50, network=network) as simulator:
            job = runner.JobFolder(tmp_path)
            result = runner.run_container(ACTION, job, step(simulator.by_name, program=LEFT_OVER), network=network)

        assert (result.exit_code, result.outputs["result"]) == (0, "succeeded")
        assert [line for line in result.log.lines if line.startswith(("unused: ", "not compiled: "))] == []

    def test_a_start_opens_one_file_before_it_connects(self, tmp_path: Path) -> None:
        unset = step("http://127.0.0.1:9", program=OPENED)
        result = runner.run_container(ACTION, runner.JobFolder(tmp_path), unset)

        (opened,) = [line for line in result.log.lines if line.startswith("opened: ")]
        output = [file for file in opened.split() if "file_commands" in file]
        assert opened.split() == ["opened:", "/action/bundle", *output]
        assert len(output) <= 1

    def test_the_cas_are_where_openssl_looks(self, files: dict[str, tarfile.TarInfo]) -> None:
        program = "import ssl; print(ssl.get_default_verify_paths().openssl_capath)"
        folder = docker("run", "--rm", "--network", "none", "--entrypoint", PYTHON, ACTION, "-I", "-c", program).strip()
        links = [file.linkname for name, file in files.items() if name.startswith(f"{folder[1:]}/") and file.issym()]

        assert len(links) > 100
        assert {f"{folder[1:]}/{link}" for link in links} < set(files)


class TestRuns:
    def test_on_the_default_bridge_by_address(self, tmp_path: Path) -> None:
        with containers.simulator(speed=50) as simulator:
            result = runner.run_container(ACTION, runner.JobFolder(tmp_path), step(simulator.url))
            deployments = simulator.tell("deployments")

        assert (result.outcome, result.exit_code, result.failures) == ("success", 0, ())
        assert result.outputs["result"] == "succeeded"
        assert result.outputs["deployment-id"] == deployments[-1]["id"]

    def test_files_stay_the_runners_and_the_workspace_stays_as_it_was(self, tmp_path: Path) -> None:
        job = runner.JobFolder(tmp_path)
        with containers.simulator("live") as simulator:
            result = runner.run_container(ACTION, job, step(simulator.url))

        assert result.outputs["result"] == "unchanged"
        assert {path.stat().st_uid for path in job.temp.rglob("*")} == {job.workspace.stat().st_uid}
        assert list(job.workspace.iterdir()) == list(job.home.iterdir()) == []

    def test_bad_input_sends_nothing(self, tmp_path: Path) -> None:
        with containers.simulator() as simulator:
            bad = step(simulator.url, endpoint="my org", timeout="soon")
            result = runner.run_container(ACTION, runner.JobFolder(tmp_path), bad)
            requests = simulator.tell("requests")

        assert (result.outcome, result.exit_code, result.outputs["result"]) == ("failure", 1, "invalid-input")
        assert requests == []

    def test_tls_is_spoken_and_a_server_that_does_not_is_told_apart(self, tmp_path: Path) -> None:
        with containers.simulator() as simulator:
            address = simulator.url.replace("http:", "https:")
            result = runner.run_container(ACTION, runner.JobFolder(tmp_path), step(address, timeout="10s"))

        assert result.outputs["result"] == "timed-out"
        assert "TLS failed" in result.log.last_annotation

    def test_the_checkout_the_home_and_the_variables_do_not_decide_what_runs(self, tmp_path: Path) -> None:
        job = runner.JobFolder(tmp_path)
        job.new_step()
        evil = "print('::error::hijacked'); raise SystemExit(0)"
        for name in ("json.py", "httpx.py", "cerebras_deploy.py", "sitecustomize.py", "startup.py"):
            (job.workspace / name).write_text(evil)
        site = job.home / ".local/lib/python3.13/site-packages"
        site.mkdir(parents=True)
        (site / "usercustomize.py").write_text(evil)
        places = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
        env = dict.fromkeys(places, str(job.workspace)) | {
            "PYTHONSTARTUP": str(job.workspace / "startup.py"),
            "PYTHONUNBUFFERED": "",
            "PYTHONINSPECT": "1",
            "PATH": "/nowhere",
            "LC_ALL": "C",
        }
        with containers.simulator("live") as simulator:
            result = runner.run_container(ACTION, job, step(simulator.url, env=env))

        assert (result.outcome, result.outputs["result"]) == ("success", "unchanged")
        assert b"hijacked" not in result.stdout + result.stderr


@pytest.mark.alone
class TestCancel:
    """The runner's own timings: SIGINT to the client, 7.5 s later SIGTERM, 2.5 s later the end of the client."""

    def assert_interrupted(self, result: runner.StepResult, deployment: str) -> None:
        print(f"\nfrom SIGINT to the container's end: {result.container_gone_after or 99:.2f} s")
        assert (result.outcome, result.outputs["result"]) == ("cancelled", "interrupted")
        assert set(result.outputs) == set(MANIFEST.outputs)
        assert result.outputs["deployment-id"] == deployment
        assert f"`deployment-id: {deployment}`" in result.outputs["message"]
        assert deployment in result.summary
        assert [one.title for one in result.annotations if one.title] == [
            "Job canceled, rollout still running: my-org-gpt-oss-120b"
        ]
        containers.assert_gone_in_time(result)

    def test_between_two_polls(self, tmp_path: Path) -> None:
        cancel = runner.Cancel(when_line_matches="  Deployment accepted: ", after_seconds=0.5)
        with containers.simulator("slow", speed=1) as simulator:
            waiting = step(simulator.url, poll_interval="10m")
            result = runner.run_container(ACTION, runner.JobFolder(tmp_path), waiting, cancel=cancel)
            deployment = simulator.tell("deployments")[-1]["id"]

        self.assert_interrupted(result, deployment)

    def test_in_a_read_that_gets_no_reply(self, tmp_path: Path) -> None:
        cancel = runner.Cancel(when_line_matches="  Deployment accepted: ", after_seconds=1.5)
        with containers.simulator("slow", speed=1) as simulator:

            def hang(line: str) -> None:
                if "  Deployment accepted: " in line:
                    docker("pause", simulator.name)

            job = runner.JobFolder(tmp_path)
            result = runner.run_container(ACTION, job, step(simulator.url), on_line=hang, cancel=cancel)
            docker("unpause", simulator.name)
            deployment = simulator.tell("deployments")[-1]["id"]

        self.assert_interrupted(result, deployment)
