"""The process: environment, signals, the first request. `python -I -u -m cerebras_deploy`; in the image `bundle.py`."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cerebras_deploy.api.early import EarlyRead
from cerebras_deploy.api.http import Connect, Http
from cerebras_deploy.api.message import Ask, Request
from cerebras_deploy.api.names import endpoint_path
from cerebras_deploy.api.network import open_client
from cerebras_deploy.api.proxy import no_proxy, useless_entries
from cerebras_deploy.clock import Clock
from cerebras_deploy.decide.call_bound import call_bound
from cerebras_deploy.inputs import SECRETS, Inputs, parse_inputs
from cerebras_deploy.system_clock import SystemClock
from cerebras_deploy.tell.outputs import initial_outputs
from cerebras_deploy.tell.runner import Runner

if TYPE_CHECKING:
    from cerebras_deploy.api.trace_file import OpenFile
    from cerebras_deploy.decide.suite import Suite
    from cerebras_deploy.step import Step


def main() -> int:
    """Run the step in this process, and return its exit code."""
    clock = SystemClock()
    clock.install()
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    runner = Runner(os.environ)
    return act(os.environ, clock, runner, rng=Random())  # noqa: S311 - jitter


def act(
    environ: MutableMapping[str, str],
    clock: Clock,
    runner: Runner,
    *,
    rng: Random,
    connect: Connect = open_client,
) -> int:
    """Run the step on what is given, and return its exit code. The first read is sent early: see `api.early`."""
    started = clock.now()
    runner.mask([environ.get(f"INPUT_{name.upper()}", "") for name in SECRETS])
    _drop_useless_cas(environ, runner)
    _warn_of_useless_exceptions(environ, runner)
    endpoint = environ.get("INPUT_ENDPOINT", "").strip()
    http = Http(bounded=clock.call, now=clock.now, redact=runner.redact, connect=connect)
    inputs: Inputs | Exception
    ask: Ask = http.ask
    file = suite = None
    workspace = environ.get("GITHUB_WORKSPACE") or str(Path.cwd())
    try:
        suite, mistakes = read_questions(environ.get("INPUT_SMOKE-TEST-FILE", "").strip(), workspace)
        inputs = parse_inputs(environ, mistakes)
        if inputs.trace:
            file = open_trace(inputs.trace, workspace)
        runner.write_outputs(initial_outputs(endpoint))
        if runner.has_lost_outputs:
            return 1
        read = Request("GET", inputs.base_url + endpoint_path(inputs.endpoint), inputs.api_key)
        ask = EarlyRead(http, read, call_bound(inputs.timeout), on_request_sent=import_step).ask
    except Exception as error:  # noqa: BLE001 - the step tells it
        inputs = error
    step = import_step()(endpoint, clock=clock, runner=runner, rng=rng, http=http, started=started)
    return step.run(inputs, ask, file, suite)


def read_questions(path: str, workspace: str) -> "tuple[Suite | None, tuple[str, ...]]":
    """Read the file of the input `smoke-test-file`, if there is one, and return its mistakes; see `suite_file`."""
    if not path:
        return None, ()
    from cerebras_deploy.suite_file import SuiteError, read_suite  # noqa: PLC0415 - few runs have one

    try:
        return read_suite(path, workspace), ()
    except SuiteError as error:
        return None, error.problems


def open_trace(path: str, workspace: str) -> "OpenFile":
    """Create the file of the input `trace`, before anything is sent; see `api.trace_file`."""
    from cerebras_deploy.api.trace_file import open_file  # noqa: PLC0415 - few runs have one

    return open_file(path, workspace)


def import_step() -> "type[Step]":
    """Import all that is not needed for the first request."""
    from cerebras_deploy.step import Step  # noqa: PLC0415 - that is the point

    return Step


def _drop_useless_cas(environ: MutableMapping[str, str], runner: Runner) -> None:
    """Ignore a CA bundle that is on the runner's host but not in this container, and empty settings.

    OpenSSL reads these itself, and does not take an empty one for none.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if environ.get(name) == "":
            del environ[name]
    bundle = environ.get("SSL_CERT_FILE", "")
    if bundle and not Path(bundle).exists():
        del environ["SSL_CERT_FILE"]
        runner.annotate("warning", "SSL_CERT_FILE ignored", f"{bundle} does not exist in the action's container")


def _warn_of_useless_exceptions(environ: MutableMapping[str, str], runner: Runner) -> None:
    """Name what NO_PROXY has that excepts nothing."""
    variable, entries = no_proxy(environ)
    if useless := useless_entries(entries):
        text = f"{', '.join(useless)}: neither a host, nor an address, nor a network, and not used"
        runner.annotate("warning", f"Entries of {variable} ignored", text)


if __name__ == "__main__":
    sys.exit(main())
